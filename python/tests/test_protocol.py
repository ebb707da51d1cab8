"""The model server as a real process: what it says on stdout, and when it ends."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DEVICE, REPO, question, runner_env
from tests.test_prompt import SETTINGS

SERVER = [sys.executable, "-m", "runners.vlm_server"]
SECONDS = 60


class Server:
    """A model server over pipes."""

    def __init__(self, command: list[str] = SERVER) -> None:
        self.process = subprocess.Popen(
            command, cwd=REPO, env=runner_env(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def send(self, body: dict[str, Any] | str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((body if isinstance(body, str) else json.dumps(body)) + "\n")
        self.process.stdin.flush()

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        body: dict[str, Any] = json.loads(self.process.stdout.readline())
        return body

    def ask(self, body: dict[str, Any] | str) -> dict[str, Any]:
        """The closing answer to a request; progress lines are skipped."""
        self.send(body)
        while "progress" in (answer := self.line()):
            pass
        return answer


def load(toy: Path, **changes: Any) -> dict[str, Any]:
    return {"op": "load", "id": 0, "serving": "digest", "model": str(toy), "adapter": None, **DEVICE, **changes}


def test_a_conversation(toy: Path, images: Path) -> None:
    server = Server()
    early = server.ask({"op": "logprob", "id": 9, "items": [], "micro_batch": 1})
    assert (early["id"], early["ok"], early["serving"], early["error"]["type"]) == (9, False, None, "BadInput")
    assert server.ask("{half a line")["error"]["type"] == "BadInput"
    assert server.ask(load(toy, dtype="float99"))["error"]["message"].startswith('dtype is "float99"')
    assert server.ask(load(toy)) == {"id": 0, "serving": "digest", "ok": True, "result": {}}

    server.send(
        {"op": "sample", "id": 1, "micro_batch": 2, "sampling": SETTINGS | {"max_new_tokens": 3}}
        | {"items": [{"messages": question(images, 0), "seeds": ["a", "b", "c"]}]}
    )
    assert server.line() == {"id": 1, "progress": [2, 3]}
    assert server.line() == {"id": 1, "progress": [3, 3]}
    answer = server.line()
    assert (answer["ok"], answer["serving"], answer["notes"]) == (True, "digest", {"micro_batch": 2})
    completions = answer["result"][0]["completions"]
    said = {"text", "finish", "tokens", "mean_logprob", "retokenized_equal"}
    assert [set(each) - {"ids"} for each in completions] == [said] * 3

    scored = server.ask(
        {"op": "logprob", "id": 2, "micro_batch": 8}
        | {"items": [{"messages": question(images, 0), "answer": "red box"}]}
    )
    assert set(scored["result"][0]) == {"tokens", "mean_logprob", "sum_logprob"}
    assert scored["result"][0]["sum_logprob"] < 0
    broken = server.ask(
        {"op": "logprob", "id": 3, "micro_batch": 8}
        | {"items": [{"messages": question(images / "nowhere", 0), "answer": "red box"}]}
    )
    assert (broken["error"]["type"], "cannot be read" in broken["error"]["message"]) == ("BadInput", True)

    assert server.process.stdin is not None and server.process.stdout is not None
    server.process.stdin.close()
    assert server.process.wait(SECONDS) == 0
    assert server.process.stdout.read() == ""


def test_a_servers_prints_never_reach_its_stdout() -> None:
    program = (
        "import os, sys\nfrom runners.protocol import open_channel\nchannel = open_channel()\n"
        "print('a library says hello')\nos.system('echo and so does a program')\nchannel.send({'id': 1})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=runner_env(), capture_output=True, text=True, check=True, timeout=SECONDS
    )
    assert done.stdout == '{"id": 1}\n'
    assert "hello" in done.stderr and "program" in done.stderr


def test_numbers_that_are_none_do_not_travel() -> None:
    program = "from runners.protocol import open_channel\nopen_channel().send({'score': float('nan')})\n"
    done = subprocess.run(
        [sys.executable, "-c", program], env=runner_env(), capture_output=True, check=False, timeout=SECONDS
    )
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_server_dies_with_its_parent() -> None:
    # stdin stays open in this test, so that only the kernel's signal can end the server.
    read, write = os.pipe()
    parent_program = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen({SERVER!r}, stdin={read}, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\nprint(child.pid, flush=True)\ntime.sleep(1000)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_program],
        cwd=REPO,
        env=runner_env(),
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[read],
    )
    # The answer to this line shows that the server has tied itself to its parent.
    os.write(write, b"not json\n")
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    os.kill(child, 0)
    parent.send_signal(signal.SIGKILL)
    parent.wait(SECONDS)
    deadline = time.monotonic() + SECONDS
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)
    os.close(read)
    os.close(write)


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_locked_device_is_waited_for(toy: Path, tmp_path: Path) -> None:
    lock = tmp_path / "device.lock"
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        server = Server()
        # Bad input is found only behind the lock: an answer now would mean that the device was touched.
        server.send(load(toy, lock=str(lock), dtype="float99"))
        assert server.process.stdout is not None
        os.set_blocking(server.process.stdout.fileno(), False)
        time.sleep(1)
        assert not server.process.stdout.readline()
    os.set_blocking(server.process.stdout.fileno(), True)
    assert server.line()["error"]["type"] == "BadInput"
    with lock.open("a") as second, pytest.raises(BlockingIOError):
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    server.process.kill()
    server.process.wait(SECONDS)
    with lock.open("a") as second:
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
