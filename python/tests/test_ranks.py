"""Training in two processes, started as the worker starts them: the same training, one voice, and no orphans."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from runners.failure import Failure
from runners.ranks import ALONE, TOLD, rank_of
from runners.vlm import Vlm
from tests.conftest import FULL, REPO, TRAINING, Job, runner_env, same_training, same_weights, spread_request

# Seconds in which nothing may be left of a job whose launcher or worker is gone.
SOON = 5.0


def ranks_of(launcher: int) -> list[int]:
    """The launcher's children, those that are not zombies."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue
        if int(parent) == launcher and state != "Z":
            found.append(int(path.parent.name))
    return found


def gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_two_processes_train_what_one_does(
    alone: dict[str, Any], tmp_path: Path, toy: Path, images: Path, vlm: Vlm
) -> None:
    folder, expected = alone["full"]
    job = Job("runners.train", spread_request(tmp_path, toy, images, vlm, FULL, 2), tmp_path, processes=2)
    events = list(job)
    assert job.process.returncode == 0
    # One voice: each event once.
    assert [event["event"] for event in events] == ["progress", "checkpoint"] * 2 + ["done"]
    same_training(events, expected)
    assert events[-1]["metrics"] == pytest.approx(expected[-1]["metrics"], rel=1e-4, abs=1e-5)
    same_weights(tmp_path / "output/model_full/model.safetensors", folder / "output/model_full/model.safetensors")
    random_states = sorted(path.name for path in (tmp_path / "checkpoints/checkpoint-2").glob("rng_state*"))
    assert random_states == ["rng_state_0.pth", "rng_state_1.pth"]


linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, and needs Linux's death signal")


def ends_soon(processes: list[int]) -> bool:
    """Waits until none of them is left."""
    end = time.monotonic() + SOON
    while not all(map(gone, processes)) and time.monotonic() < end:
        time.sleep(0.05)
    return all(map(gone, processes))


@linux
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM"])
def test_nothing_is_left_of_a_job_whose_launcher_is_ended(tmp_path: Path, how: str) -> None:
    job = Job("tests.waiting_job", {}, tmp_path, processes=2)
    events = iter(job)
    ranks = sorted(next(events)["step"] for _ in range(2))
    assert ranks == sorted(ranks_of(job.process.pid))
    # They lead their own sessions: a signal to the launcher's group would not reach them.
    assert [os.getsid(rank) for rank in ranks] == ranks
    job.process.send_signal(signal.Signals[how])
    assert ends_soon(ranks)
    assert job.process.wait(timeout=SOON) != 0


@linux
def test_nothing_is_left_of_a_training_whose_worker_is_gone(tmp_path: Path, toy: Path, images: Path, vlm: Vlm) -> None:
    request = spread_request(tmp_path, toy, images, vlm, TRAINING, 2)
    request["settings"] |= {"num_train_epochs": 1000, "save_steps": None}
    job = Job("runners.train", request, tmp_path, processes=2)
    assert next(iter(job))["event"] == "progress"
    ranks = ranks_of(job.process.pid)
    assert len(ranks) == 2
    assert job.process.stdin is not None
    job.process.stdin.close()
    assert ends_soon(ranks)
    assert job.process.wait(timeout=SOON) != 0


@linux
def test_a_process_that_is_killed_is_no_error_of_the_others(tmp_path: Path, toy: Path, images: Path, vlm: Vlm) -> None:
    request = spread_request(tmp_path, toy, images, vlm, TRAINING, 2)
    request["settings"] |= {"num_train_epochs": 1000, "save_steps": None}
    job = Job("runners.train", request, tmp_path, processes=2)
    events = iter(job)
    assert next(events)["event"] == "progress"
    os.kill(max(ranks_of(job.process.pid)), signal.SIGKILL)
    # The launcher ends the other one; what that still says of its lost peer must not stop the run.
    said = {event["type"] for event in events if event["event"] == "error"}
    assert said <= {"Infrastructure"}
    assert job.process.returncode != 0


def test_a_lone_process_hears_no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TOLD:
        monkeypatch.setenv(name, "7")
    with pytest.raises(Failure, match="num_processes is 2, but 7 were started"):
        rank_of(2)
    assert rank_of(7).index == 7
    assert rank_of(1) == ALONE
    assert not any(name in os.environ for name in TOLD)


LOCKER = """
import json, os, sys, time
from runners.locks import lock_in_turn
locks, seconds = json.loads(sys.argv[1]), 0.05
for index in range(len(locks)):
    if os.fork() == 0:
        lock_in_turn(locks, index)
        begun = time.monotonic()
        time.sleep(seconds)
        os.write(1, (json.dumps([index, begun, time.monotonic()]) + "\\n").encode())
        os._exit(0)
for _ in locks: os.wait()
"""


def test_jobs_that_want_the_same_devices_take_turns(tmp_path: Path) -> None:
    locks = json.dumps([str(tmp_path / f"{index}.lock") for index in range(3)])
    jobs = [
        subprocess.Popen([sys.executable, "-c", LOCKER, locks], env=runner_env(), cwd=REPO, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    # Three processes each; were the locks taken in any order, two jobs would wait for each other for ever.
    held = [[json.loads(line) for line in job.communicate(timeout=20)[0].splitlines()] for job in jobs]
    assert [sorted(index for index, _, _ in each) for each in held] == [[0, 1, 2]] * 4
    spans = sorted((max(begun for _, begun, _ in each), min(ended for _, _, ended in each)) for each in held)
    for (_, ended), (begun, _) in itertools.pairwise(spans):
        assert ended <= begun
