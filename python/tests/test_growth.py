"""Signs of life while a job writes, and silence when it does not."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runners.checkpoint import settle_checkpoint
from runners.growth import alive, tell_growth
from runners.protocol import Channel

EVERY = 0.05


class Line:
    """A channel, and what comes out at its other end."""

    def __init__(self) -> None:
        self._read, write = os.pipe()
        os.set_blocking(self._read, False)
        self.channel = Channel(write)

    def heard(self) -> list[str]:
        try:
            lines = os.read(self._read, 65536).decode().splitlines()
        except BlockingIOError:
            return []
        return [json.loads(line)["event"] for line in lines]


@pytest.fixture
def line() -> Iterator[Line]:
    yield Line()


def test_a_job_that_writes_is_heard_and_one_that_hangs_is_not(line: Line, tmp_path: Path) -> None:
    tell_growth(line.channel, [tmp_path, tmp_path / "not there yet"], every=EVERY)
    time.sleep(4 * EVERY)
    assert line.heard() == []
    heard: list[str] = []
    deadline = time.monotonic() + 10
    with (tmp_path / "weights").open("wb", buffering=0) as file:
        while len(heard) < 3 and time.monotonic() < deadline:
            file.write(b"x")
            time.sleep(EVERY / 5)
            heard += line.heard()
    assert heard[:3] == ["alive"] * 3
    time.sleep(3 * EVERY)
    line.heard()
    time.sleep(4 * EVERY)
    assert line.heard() == []


def test_what_is_said_anyhow_needs_no_sign_of_life(line: Line, tmp_path: Path) -> None:
    (tmp_path / "checkpoint-1").mkdir()
    (tmp_path / "checkpoint-1/weights").write_bytes(b"x")
    line.channel.send({"event": "progress"})
    settle_checkpoint(tmp_path / "checkpoint-1", alive(line.channel))
    assert line.heard() == ["progress"]
    # The file, then the folder.
    settle_checkpoint(tmp_path / "checkpoint-1", alive(line.channel, every=0))
    assert line.heard() == ["alive"] * 2
