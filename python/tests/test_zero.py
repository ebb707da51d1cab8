"""DeepSpeed's ZeRO in two processes on the CPU: the same training, and whole policies from sharded weights."""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pytest

from runners import zero
from runners.adapter import WEIGHTS, tensor_shapes
from runners.checkpoint import check_checkpoint
from runners.failure import Failure
from runners.vlm import Vlm
from tests.conftest import FULL, REPO, TRAINING, in_turn, same_training, same_weights, spread_request

Run = tuple[Path, list[dict[str, Any]]]

needs_deepspeed = pytest.mark.skipif(
    not (REPO / ".tools/deepspeed/deepspeed").is_dir() and importlib.util.find_spec("deepspeed") is None,
    reason='DeepSpeed is not installed; "make deepspeed" does it',
)


# A training of each kind: where its policy lies, and what it is compared with.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "zero2 full": ("zero2", FULL),
    # As on a GPU: stage 3 and an adapter need another kind of gradient checkpointing than all else.
    "zero3 lora": ("zero3", TRAINING | {"extra": {"gradient_checkpointing": True}}),
    "zero3 full": ("zero3", FULL),
    "zero3 full again": ("zero3", FULL),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, toy: Path, images: Path, vlm: Vlm) -> dict[str, Run]:
    """One training after the other, in the same two processes; the last one resumes the one before it."""
    home = tmp_path_factory.mktemp("zero")
    jobs = []
    for kind, (stage, training) in KINDS.items():
        jobs.append(spread_request(home / kind, toy, images, vlm, training, 2) | {"deepspeed": stage})
    jobs[-1]["resume_from"] = str(home / "zero3 full/checkpoints/checkpoint-1")
    return {kind: (home / kind, part) for kind, part in zip(KINDS, in_turn(jobs, home), strict=True)}


@needs_deepspeed
@pytest.mark.parametrize("kind", ["zero2 full", "zero3 lora", "zero3 full"])
def test_sharded_or_not_it_is_the_same_training(alone: dict[str, Run], runs: dict[str, Run], kind: str) -> None:
    tuning = kind.split()[1]
    policy = "output/model_full/model.safetensors" if tuning == "full" else f"output/model_lora/{WEIGHTS}"
    (folder, events), (other, expected) = runs[kind], alone[tuning]
    same_training(events, expected)
    same_weights(folder / policy, other / policy)


@needs_deepspeed
def test_an_adapter_is_whole_in_a_checkpoint_of_stage_3_too(runs: dict[str, Run]) -> None:
    folder = runs["zero3 lora"][0] / "checkpoints/checkpoint-1"
    check_checkpoint(folder, by="deepspeed", processes=2)
    assert tensor_shapes(folder / WEIGHTS) == tensor_shapes(runs["zero3 lora"][0] / "output/model_lora" / WEIGHTS)


@needs_deepspeed
def test_a_sharded_training_resumes(runs: dict[str, Run], tmp_path: Path) -> None:
    (whole, undisturbed), (again, resumed) = runs["zero3 full"], runs["zero3 full again"]
    steps = [[event["metrics"] for event in each if event["event"] == "progress"] for each in (undisturbed, resumed)]
    assert steps[1] == steps[0][1:]
    policy = "output/model_full/model.safetensors"
    assert (again / policy).read_bytes() == (whole / policy).read_bytes()


@needs_deepspeed
@pytest.mark.parametrize(
    ("lost", "named"),
    [("latest", "latest"), ("rng_state_1.pth", "rng_state_1"), ("*rank_1*_optim_states.pt", "for 2 processes")],
)
def test_a_sharded_checkpoint_that_lacks_a_share_is_refused(
    runs: dict[str, Run], tmp_path: Path, lost: str, named: str
) -> None:
    folder = Path(shutil.copytree(runs["zero3 full"][0] / "checkpoints/checkpoint-1", tmp_path / "checkpoint-1"))
    check_checkpoint(folder, full=True, by="deepspeed", processes=2)
    next(folder.rglob(lost)).unlink()
    with pytest.raises(Failure, match=named) as caught:
        check_checkpoint(folder, full=True, by="deepspeed", processes=2)
    assert caught.value.kind == "ArtifactLost"


def test_without_deepspeed_its_setup_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert zero.zero_of(None, full=False) is None
    with pytest.raises(Failure, match="make deepspeed"):
        zero.zero_of("zero2", full=False)


def test_a_configuration_must_leave_room_for_what_the_recipe_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: True)
    own = {"optimizer": {"type": "AdamW"}, "zero_optimization": {"stage": 3}}
    with pytest.raises(Failure, match="language_lr"):
        zero.zero_of(own, full=True)
    gathered = zero.zero_of(own, full=False)
    assert gathered is not None and gathered["zero_optimization"] == {"stage": 3, zero.GATHER: True}
    assert zero.is_sharded(gathered) and not zero.is_sharded(zero.zero_of("zero2", full=True))
    with pytest.raises(Failure, match="could not be saved"):
        zero.zero_of({"zero_optimization": {"stage": 3, zero.GATHER: False}}, full=False)
    with pytest.raises(Failure, match="zero1, zero2, zero3"):
        zero.zero_of("zero9", full=False)
