"""SFT and GRPO in two processes: the same training as in one, whether or not it is sharded."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runners.adapter import WEIGHTS
from tests.conftest import FULL, REPO, STEADY, in_turn, same_training, same_weights, trained_here, training_request
from tests.test_grpo import GRPO, by, early, judging
from tests.test_grpo import question as rewarded
from tests.test_sft import SFT, answer

Run = tuple[Path, list[dict[str, Any]]]

FEW: dict[str, Any] = {"num_train_epochs": 1, "lr_scheduler_type": "constant", "warmup_steps": 0, "save_steps": 1}
PARTS = {name: value for name, value in FULL.items() if name.endswith("_lr") or name.startswith("freeze")}

# Gathered only where DeepSpeed is: a test that was skipped did not pass.
SHARDED = importlib.util.find_spec("deepspeed") is not None or (REPO / ".tools/deepspeed/deepspeed").is_dir()

# What is trained, by its algorithm; rows a step are the same in one process and in two.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "sft lora": ("sft", SFT),
    "grpo lora": ("grpo", GRPO | {"learning_rate": 5e-3}),
    "grpo full": ("grpo", GRPO | PARTS | {"tuning": "full"}),
}
if SHARDED:
    # As on a GPU: stage 3 and an adapter need another kind of gradient checkpointing than all else.
    KINDS["grpo lora zero3"] = ("grpo", GRPO | {"learning_rate": 5e-3, "extra": {"gradient_checkpointing": True}})
    KINDS["grpo full zero3"] = KINDS["grpo full"]


def request_of(folder: Path, toy: Path, images: Path, kind: str, judge: str, processes: int) -> dict[str, Any]:
    algorithm, settings = KINDS[kind]
    rows = [answer(index) for index in range(8)] if algorithm == "sft" else [rewarded(index) for index in range(4)]
    request = training_request(folder, toy, images, rows)
    shares = {
        "num_processes": processes,
        "per_device_train_batch_size": 2,
        "gradient_accumulation_steps": 4 // processes,
    }
    steady = {"extra": settings["extra"] | STEADY}
    request |= {"algorithm": algorithm, "judge": judge, "settings": settings | FEW | shares | steady}
    if processes > 1 and kind.endswith("zero3"):
        request["deepspeed"] = "zero3"
    if processes > 1:
        locks = [str(folder / f"cpu-{index}.lock") for index in range(processes)]
        request |= {"devices": ["cpu"] * processes, "locks": locks}
    return request


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with judging(tmp_path_factory.mktemp("judge"), by(early)) as path:
        yield path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, toy: Path, images: Path, judge: str) -> dict[str, Run]:
    """One training after the other, in the same two processes."""
    home = tmp_path_factory.mktemp("several")
    jobs = [request_of(home / kind, toy, images, kind, judge, 2) for kind in KINDS]
    return {kind: (home / kind, part) for kind, part in zip(KINDS, in_turn(jobs, home), strict=True)}


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_train_what_one_does(
    runs: dict[str, Run], tmp_path: Path, toy: Path, images: Path, judge: str, kind: str
) -> None:
    folder, events = runs[kind]
    alone = trained_here(request_of(tmp_path, toy, images, kind, judge, 1))
    same_training(events, alone.events)
    policy = "model_full/model.safetensors" if "full" in kind else f"model_lora/{WEIGHTS}"
    same_weights(folder / "output" / policy, tmp_path / "output" / policy)
