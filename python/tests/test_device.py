"""What a process sees of its host's GPUs, and what is decided before the first of them is touched."""

import fcntl
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from runners import device
from runners.device import FLASH, claim_device, claim_devices, show_only
from runners.failure import Failure
from tests.conftest import DEVICE, runner_env


@pytest.fixture(autouse=True)
def _afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    device._shown.cache_clear()


def test_a_gpu_that_is_not_shown_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5")
    with pytest.raises(Failure, match="cuda:2 was asked for; CUDA_VISIBLE_DEVICES is 4,5") as caught:
        show_only(["cuda:0", "cuda:2"])
    assert caught.value.kind == "BadInput"


def test_a_server_hides_the_other_gpus_too_and_can_be_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6")
    for _ in range(2):
        with pytest.raises(Failure, match="The device cuda:1 was asked for, but torch sees no such GPU") as caught:
            claim_device({**DEVICE, "device": "cuda:1"})
        assert (caught.value.kind, os.environ["CUDA_VISIBLE_DEVICES"]) == ("BadInput", "5")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert claim_device({**DEVICE, "device": "cuda:1"}).device == torch.device("cuda:0")


def test_one_process_can_claim_several_and_sees_no_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6")
    locks = [str(tmp_path / name) for name in ("cuda-6", "cuda-5")]
    several = {**DEVICE, "device": "cuda:2", "devices": ["cuda:2", "cuda:1"], "locks": locks}
    assert claim_devices(several).device == torch.device("cuda:0")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "6,5"
    for path in locks:
        with Path(path).open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize(
    ("there", "request_", "why"),
    [
        (False, {"device": "cuda:0", "dtype": "bfloat16"}, "whose package flash-attn is not there; use sdpa"),
        (True, {"dtype": "bfloat16"}, "for bfloat16 and float16 on a GPU; use sdpa"),
        (True, {"device": "cuda:0", "dtype": "float32"}, "for bfloat16 and float16 on a GPU; use sdpa"),
    ],
)
def test_an_attention_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, there: bool, request_: dict[str, Any], why: str
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object() if there else None)
    with pytest.raises(Failure, match=why) as caught:
        claim_device({**DEVICE, **request_, "attn_implementation": FLASH})
    assert caught.value.kind == "BadInput"


def test_float32_is_float32_and_memory_grows_in_segments() -> None:
    # Another process: the flags are its own, and the allocator's settings are read once.
    program = (
        "import os\nfrom runners.device import claim_device\n"
        f"claim_device({DEVICE!r})\nimport torch\n"
        "print(torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32)\n"
        "print(os.environ.get('PYTORCH_ALLOC_CONF'), os.environ['CUDA_DEVICE_ORDER'])\n"
    )

    def said(**env: str) -> list[str]:
        command = [sys.executable, "-c", program]
        known = {name: value for name, value in runner_env().items() if not name.startswith(("PYTORCH_", "CUDA_"))}
        return subprocess.run(command, env=known | env, capture_output=True, text=True, check=True).stdout.splitlines()

    assert said() == ["False False", "expandable_segments:True PCI_BUS_ID"]
    # What the user set stays.
    assert said(PYTORCH_CUDA_ALLOC_CONF="max_split_size_mb:512")[1] == "None PCI_BUS_ID"
