"""FSDP in two processes on the CPU: the same training, whole policies from divided weights, and checkpoints that
resume."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from runners import fsdp
from runners.adapter import WEIGHTS, tensor_shapes
from runners.checkpoint import check_checkpoint
from runners.failure import Failure
from runners.vlm import Vlm
from tests.conftest import FULL, TRAINING, in_turn, same_training, same_weights, spread_request
from tests.test_reference import asked, with_cache

Run = tuple[Path, list[dict[str, Any]]]

# A training of each kind, by its tuning. The preferences' reference is the network without its adapter, or a second
# network, divided as well; or it is known already, and looked at again in the divided network.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    # As on a GPU: gradient checkpointing reads each layer's weights once more.
    "lora": ("full_shard", TRAINING | {"extra": {"gradient_checkpointing": True}}),
    "full": ("full_shard", FULL),
    "lora cached": ("shard_grad_op", TRAINING),
    "full cached": ("shard_grad_op", FULL),
    "lora again": ("shard_grad_op", TRAINING),
    "full again": ("full_shard", FULL),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, toy: Path, images: Path, vlm: Vlm) -> dict[str, Run]:
    """One training after the other, in the same two processes; the last ones resume the first ones."""
    home = tmp_path_factory.mktemp("fsdp")
    jobs = []
    for kind, (sharding, training) in KINDS.items():
        request = spread_request(home / kind, toy, images, vlm, training | {"fsdp": sharding}, 2)
        if kind.endswith("cached"):
            rows = json.loads(Path(request["data"]).read_text())
            once = spread_request(home / kind / "reference", toy, images, vlm, training, 1)
            with_cache(request, rows, asked(once))
        if kind.endswith("again"):
            request["resume_from"] = str(home / kind.split()[0] / "checkpoints/checkpoint-1")
        jobs.append(request)
    return {kind: (home / kind, part) for kind, part in zip(KINDS, in_turn(jobs, home), strict=True)}


def policy_of(folder: Path, tuning: str) -> Path:
    return folder / "output" / ("model_full/model.safetensors" if tuning == "full" else f"model_lora/{WEIGHTS}")


@pytest.mark.parametrize("kind", ["lora", "full", "lora cached", "full cached"])
def test_divided_or_not_it_is_the_same_training(alone: dict[str, Run], runs: dict[str, Run], kind: str) -> None:
    tuning = kind.split(maxsplit=1)[0]
    (folder, events), (other, expected) = runs[kind], alone[tuning]
    same_training(events, expected)
    same_weights(policy_of(folder, tuning), policy_of(other, tuning))


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_resumed_it_ends_as_if_it_had_not_been_stopped(runs: dict[str, Run], tuning: str) -> None:
    (folder, events), (other, expected) = runs[f"{tuning} again"], runs[tuning]
    steps = [event for event in expected if event["event"] == "progress"][1:]
    same_training([event for event in events if event["event"] == "progress"], steps)
    same_weights(policy_of(folder, tuning), policy_of(other, tuning))


def test_a_checkpoint_that_lacks_a_part_is_refused(runs: dict[str, Run]) -> None:
    for tuning in ("lora", "full"):
        folder = runs[tuning][0] / "checkpoints/checkpoint-1"
        check_checkpoint(folder, full=tuning == "full", by="fsdp", processes=2)
        with pytest.raises(Failure, match="rng_state_2"):
            check_checkpoint(folder, full=tuning == "full", by="fsdp", processes=3)
    adapter = runs["lora"][0] / "checkpoints/checkpoint-2" / WEIGHTS
    assert tensor_shapes(adapter) == tensor_shapes(policy_of(runs["lora"][0], "lora"))
    (folder / "optimizer.bin").unlink()
    with pytest.raises(Failure, match="no optimizer"):
        check_checkpoint(folder, full=True, by="fsdp", processes=2)


def test_a_network_that_was_not_divided_is_not_trained() -> None:
    with pytest.raises(Failure, match="had no effect: 2 of the network's tensors are whole"):
        fsdp.Divided().on_train_begin(None, None, None, model=torch.nn.Linear(2, 2))
    with pytest.raises(Failure, match="is 'half'; full_shard or shard_grad_op is needed"):
        fsdp.arguments_of({"fsdp": "half"})
