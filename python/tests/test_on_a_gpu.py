"""What can only be seen on a GPU: the same work there as on the CPU, real want of memory, a real fault in a kernel.

Gathered only where torch sees a GPU (conftest.py). SNOWBALL_TEST_GPU names another device than the first GPU; with
"cpu" the comparisons run against themselves, which checks that they can be made.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from runners.adapter import WEIGHTS
from runners.vlm import Vlm
from tests.conftest import FULL, TRAINING, Job, question, runner_env, same_training, spread_request
from tests.test_editing import FLUX, SERVER, SETTINGS, views
from tests.test_merge import merge_request
from tests.test_prompt import SETTINGS as SAMPLING
from tests.test_protocol import Server, load
from tests.test_zero import needs_deepspeed

GPU = os.environ.get("SNOWBALL_TEST_GPU", "cuda:0")
VISIBLE = os.environ.get("CUDA_VISIBLE_DEVICES")
GPUS = torch.cuda.device_count()

pytestmark = pytest.mark.skipif(GPUS == 0 and GPU != "cpu", reason="torch sees no GPU on this host")
cuda_only = pytest.mark.skipif(GPU == "cpu", reason="a CPU has neither")
two_gpus = pytest.mark.skipif(GPUS < 2, reason="two GPUs are needed")


@pytest.fixture(autouse=True)
def _all_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    # A job that ran in this process has hidden them from it.
    if VISIBLE is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", VISIBLE)


def served(toy: Path, images: Path, **compute: str) -> tuple[list[str], list[float]]:
    """Greedy and sampled texts, and log-probabilities, of a server on this device."""
    server = Server()
    assert server.ask(load(toy, **compute))["ok"]
    items = [{"messages": question(images, index), "seeds": ["a", "b", "c"]} for index in range(4)]
    texts = []
    for settings in ({"temperature": 0, "max_new_tokens": 12}, {"top_p": 0.95, "max_new_tokens": 12}):
        request = {"op": "sample", "id": 1, "items": items, "micro_batch": 6, "sampling": SAMPLING | settings}
        answer = server.ask(request)
        texts += [each["text"] for item in answer["result"] for each in item["completions"]]
    answers = [{"messages": question(images, index), "answer": "the red box is behind"} for index in range(4)]
    scored = server.ask({"op": "logprob", "id": 2, "items": answers, "micro_batch": 3})
    server.process.kill()
    return texts, [each["sum_logprob"] for each in scored["result"]]


def test_a_model_says_there_what_it_says_here(toy: Path, images: Path) -> None:
    (here, scores), (there, others) = served(toy, images), served(toy, images, device=GPU)
    # Sums of another order, seen only where two tokens are all but equally likely.
    assert sum(text == other for text, other in zip(here, there, strict=True)) >= 0.9 * len(here)
    assert others == pytest.approx(scores, abs=1e-3)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_scores_nearly_the_same(toy: Path, images: Path, dtype: str) -> None:
    exact, half = served(toy, images)[1], served(toy, images, device=GPU, dtype=dtype)[1]
    assert half == pytest.approx(exact, rel=0.05, abs=0.5)


@pytest.mark.parametrize("tuning", ["lora", "full"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_training_goes_there_as_here(
    alone: dict[str, Any], tmp_path: Path, toy: Path, images: Path, vlm: Vlm, tuning: str, dtype: str
) -> None:
    training = {"lora": TRAINING, "full": FULL}[tuning]
    request = spread_request(tmp_path, toy, images, vlm, training, 1) | {"device": GPU, "dtype": dtype}
    job = Job("runners.train", request, tmp_path)
    events = list(job)
    assert job.process.returncode == 0, (tmp_path / "stderr.txt").read_text()[-2000:]
    steps, expected = (
        [event["metrics"] for event in each if event["event"] == "progress"] for each in (events, alone[tuning][1])
    )
    tolerance = {"float32": 1e-3, "bfloat16": 0.1}[dtype]
    assert [step["sigmoid"] for step in steps] == pytest.approx([step["sigmoid"] for step in expected], rel=tolerance)
    assert [step["sft"] for step in steps] == pytest.approx([step["sft"] for step in expected], rel=tolerance)


def test_a_merge_passes_its_canary_there(
    trained: tuple[Path, list[dict[str, Any]]], toy: Path, images: Path, tmp_path: Path
) -> None:
    job = Job("runners.merge", merge_request(trained, toy, images, tmp_path, device=GPU), tmp_path)
    done = list(job)[-1]
    assert done["event"] == "done", done
    # In float32, and not in TF32: what another batch shape alone does is far below what the training changed.
    assert done["metrics"]["kl_adapter_base"] > 1000 * done["metrics"]["noise"]


@pytest.mark.parametrize("offload", ["none", "model", "sequential"])
def test_views_are_there_what_they_are_here(images: Path, tmp_path: Path, offload: str) -> None:
    for name, device in (("here", "cpu"), ("there", GPU)):
        server = Server(SERVER)
        asked = {"device": device, "threads": 1, "dtype": "float32", "lock": None, "offload": offload}
        assert server.ask({"op": "load", "id": 0, "serving": "digest", "model": str(FLUX), **asked})["ok"]
        items = views(images, tmp_path / name, [0, 1, 2])
        assert server.ask({"op": "edit", "id": 1, "items": items, "micro_batch": 4, "settings": SETTINGS})["ok"]
        server.process.kill()
    here, there = (
        np.stack([np.asarray(Image.open(path), np.int16) for path in sorted((tmp_path / name).iterdir())])
        for name in ("here", "there")
    )
    assert np.abs(here - there).max() <= 2


def said(program: str) -> list[str]:
    """What a process of its own prints; it may break its GPU."""
    # Not in good order: a broken GPU may abort it.
    whole = f"import os, torch\nfrom runners.failure import *\n{program}\nprint(end='', flush=True)\nos._exit(0)"
    command = [sys.executable, "-c", whole]
    done = subprocess.run(command, env=runner_env(), capture_output=True, text=True, check=True, timeout=300)
    return done.stdout.split()


@cuda_only
def test_real_want_of_memory_is_known_and_passes() -> None:
    program = (
        "free, total = torch.cuda.mem_get_info()\n"
        "try:\n    torch.empty(2 * total, dtype=torch.uint8, device='cuda')\n"
        "except Exception as error: print(failure_of(error).kind, device_is_lost(error))\n"
        "print(float(torch.ones(3, device='cuda').sum()))"
    )
    assert said(program) == ["OutOfMemory", "False", "3.0"]


@cuda_only
def test_a_real_fault_in_a_kernel_is_known_and_stays() -> None:
    fails = "torch.zeros(3, device='cuda')[torch.tensor([7], device='cuda')].cpu()"
    vague = "torch.ones(2, 2, device='cuda') @ torch.ones(2, 2, device='cuda')"
    program = "\n".join(
        f"try:\n    {each}\nexcept Exception as error: print(failure_of(error).kind, device_is_lost(error))"
        for each in (fails, vague, "torch.ones(3).cuda()")
    )
    assert said(program) == ["Infrastructure", "True"] * 3


@two_gpus
@pytest.mark.parametrize("stage", [None, *(pytest.param(stage, marks=needs_deepspeed) for stage in ("zero2", "zero3"))])
@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_two_gpus_train_what_one_does(
    alone: dict[str, Any], tmp_path: Path, toy: Path, images: Path, vlm: Vlm, tuning: str, stage: str | None
) -> None:
    training = {"lora": TRAINING, "full": FULL}[tuning]
    request = spread_request(tmp_path, toy, images, vlm, training, 2)
    job = Job("runners.train", request | {"devices": ["cuda:0", "cuda:1"], "deepspeed": stage}, tmp_path, 2)
    events = list(job)
    assert job.process.returncode == 0, (tmp_path / "stderr.txt").read_text()[-2000:]
    progress = [event for event in events if event["event"] == "progress"]
    same_training(progress, [event for event in alone[tuning][1] if event["event"] == "progress"])
    if tuning == "lora":
        assert load_file(tmp_path / "output/model_lora" / WEIGHTS)


@two_gpus
def test_a_server_touches_no_gpu_but_its_own(toy: Path) -> None:
    server = Server()
    assert server.ask(load(toy, device="cuda:1"))["ok"]
    query = ["nvidia-smi", "--query-compute-apps=pid,gpu_uuid", "--format=csv,noheader"]
    listed = subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()
    own = {line.split(", ")[1] for line in listed if line.startswith(f"{server.process.pid},")}
    server.process.kill()
    assert len(own) == 1
