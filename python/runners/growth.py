"""Signs of life from a job that writes: a checkpoint of a hundred gigabytes can take longer than the silence that means
a hang."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from runners.protocol import Body, Channel

ALIVE: Body = {"event": "alive"}

# Seconds: often enough for the shortest silence limit that makes sense.
EVERY = 10.0


def tell_growth(channel: Channel, folders: Sequence[Path], every: float = EVERY) -> None:
    """From now on says that the job lives whenever it has said nothing else for a while, and the folders have more in
    them than before. A write that hangs is silent, as any hang."""

    def watch() -> None:
        before = _extent(folders)
        while True:
            time.sleep(every)
            now = _extent(folders)
            if now != before and channel.quiet_s >= every:
                channel.send(ALIVE)
            before = now

    threading.Thread(target=watch, daemon=True).start()


def alive(channel: Channel, every: float = EVERY) -> Callable[[], None]:
    """What says that the job lives when it is called, where nothing else was said for a while."""

    def beat() -> None:
        if channel.quiet_s >= every:
            channel.send(ALIVE)

    return beat


def _extent(folders: Sequence[Path]) -> tuple[int, int]:
    """Files and bytes."""
    sizes = []
    for path in (path for folder in folders for path in folder.rglob("*")):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:
            continue  # Checkpoints are rotated meanwhile.
    return len(sizes), sum(sizes)
