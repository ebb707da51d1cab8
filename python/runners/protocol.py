"""JSON Lines between a runner and the worker that started it.

stdout carries nothing but the protocol, so it is claimed before any library can print to it; stdin closing means that
the worker is gone.
"""

import ctypes
import json
import os
import signal
import stat
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from runners.failure import Failure, failure_of

Body = dict[str, Any]
T = TypeVar("T")

_PR_SET_PDEATHSIG = 1


class Channel:
    """The line to the worker: one JSON object per line, from any thread."""

    def __init__(self, descriptor: int) -> None:
        self._stream = os.fdopen(descriptor, "w", encoding="utf-8")
        self._lock = threading.Lock()
        self._said = time.monotonic()

    @property
    def quiet_s(self) -> float:
        """Seconds since the last line."""
        return time.monotonic() - self._said

    def send(self, body: Body) -> None:
        """Writes one line. NaN and infinity are refused: JSON has neither, and neither is a measurement."""
        line = json.dumps(body, allow_nan=False) + "\n"
        with self._lock:
            self._stream.write(line)
            self._stream.flush()
            self._said = time.monotonic()


def open_channel() -> Channel:
    """Takes stdout for the protocol, sends everybody else's prints to stderr, and ties this process to its parent."""
    channel = Channel(os.dup(1))
    os.dup2(2, 1)
    die_with_parent()
    # ^C in a terminal reaches the whole process group: the worker decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return channel


def requests(channel: Channel) -> Iterator[Body]:
    """The worker's requests, one JSON object per line of stdin. When stdin closes, the process ends at once, also in
    the middle of a request: nobody is left to read the answer, and the device is wanted elsewhere."""
    lines: SimpleQueue[bytes] = SimpleQueue()

    def read() -> None:
        for line in sys.stdin.buffer:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        line = lines.get()
        try:
            body = json.loads(line)
        except ValueError as error:
            message = f"A request is not valid JSON: {error}"
            channel.send({"id": None, "ok": False, "error": {"type": "BadInput", "message": message}})
            continue
        yield body


def run_job(work: Callable[[Body, Channel], dict[str, float] | None]) -> None:
    """Runs a job: a request file in, events out. Ends the process with 0 after `done`, with 1 after `error`. Where
    several processes work on a job, `work` returns None in all but the one that speaks for them; all may fail."""
    channel = open_channel()
    _end_with_stdin()
    try:
        request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        metrics = work(request, channel)
        if metrics is not None:
            channel.send({"event": "done", "metrics": metrics})
    except Exception as error:  # noqa: BLE001 - the last frame of the process: whatever it is, it is reported, typed
        failure = report(error)
        channel.send({"event": "error", "type": failure.kind, "message": str(failure)})
        _leave(1)
    _leave(0)


def _leave(code: int) -> None:
    # Not in good order: between the processes of a job that would wait for the others, or abort in a thread of theirs.
    sys.stderr.flush()
    os._exit(code)


def report(error: Exception) -> Failure:
    """The typed failure of an exception; the traceback goes to stderr, where the worker's log keeps it."""
    traceback.print_exception(error, file=sys.stderr)
    return failure_of(error)


def field(body: Body, name: str, kind: type[T] | tuple[type[T], ...]) -> T:
    """A field of a request, checked: `BadInput` names the field that is missing or of another type."""
    value = body.get(name)
    is_flag = isinstance(value, bool) and kind is not bool
    if not isinstance(value, kind) or is_flag:
        raise Failure("BadInput", f'The request\'s "{name}" is {value!r}; {_names(kind)} is needed.')
    return value


def optional(body: Body, name: str, kind: type[T]) -> T | None:
    """Like `field`, where null or absence has a meaning of its own."""
    return None if body.get(name) is None else field(body, name, kind)


def number(body: Body, name: str) -> float:
    """A number of a request; JSON does not tell 1 from 1.0."""
    return float(field(body, name, (int, float)))


def _names(kind: type[Any] | tuple[type[Any], ...]) -> str:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(each.__name__ for each in kinds)


def die_with_parent() -> None:
    """Has the kernel kill this process when the one that started it ends."""
    # Linux only; elsewhere, and if the parent died before this line, the end of stdin does it. The signal follows the
    # parent's thread, not its process: a worker must start its runners from Node's main thread.
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _end_with_stdin() -> None:
    # A job started by hand has a terminal or /dev/null as stdin, whose end says nothing about a parent.
    mode = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
