"""Locks on devices, host-wide: held by a process for as long as it lives, and by no dead one."""

import fcntl
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

# An open file keeps its flock; the kernel drops it with the process, however that ends.
_held: dict[str, TextIO] = {}

# Seconds between two looks at what the other processes of a job have locked.
LOOK = 0.05


def lock(path: str) -> None:
    """Waits for the lock of a device and keeps it."""
    # A second open of the same file would wait for the first one for ever.
    if path in _held:
        return
    file = open(path, "a+", encoding="utf-8")  # noqa: SIM115, PTH123 - stays open as long as the process lives
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write(f"Waiting for the device lock {path}.\n")
        fcntl.flock(file, fcntl.LOCK_EX)
    _held[path] = file


def lock_in_turn(paths: Sequence[str], index: int) -> None:
    """Waits for the lock `paths[index]` as one of a launcher's processes, and then for the others to have theirs.

    The locks are taken in their order: two jobs that want the same devices would each wait for the other's otherwise.
    """
    # Written into a lock, this says whose it is: the processes of a job have one parent.
    mark = f"{os.getppid()} {os.environ.get('MASTER_PORT', '')}"
    _await_marks(paths[:index], mark)
    lock(paths[index])
    file = _held[paths[index]]
    file.truncate(0)
    file.write(mark)
    file.flush()
    _await_marks(paths, mark)


def _await_marks(paths: Sequence[str], mark: str) -> None:
    while any(_read(path) != mark for path in paths):
        time.sleep(LOOK)


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
