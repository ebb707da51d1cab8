"""Full fine-tuning as a real process: what it trains, what it writes, and what survives kill -9."""

import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from runners.checkpoint import check_checkpoint
from runners.failure import Failure
from runners.parts import rates_of
from runners.vlm import Vlm, load_vlm
from runners.whole import WEIGHTS, check_trained
from tests.conftest import COMPUTE, FULL, PIXELS, Job, pair, training_request

Trained = tuple[Path, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def request_of(toy: Path, images: Path, vlm: Vlm) -> Any:
    """Two passes over ten pairs: six optimizer steps, three checkpoints."""
    rows = [pair(vlm, images, index) for index in range(10)]
    training = FULL | {"num_train_epochs": 2, "extra": {"weight_decay": 0.1}}
    return lambda folder: training_request(folder, toy, images, rows) | {"settings": training}


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory, request_of: Any) -> Trained:
    folder = tmp_path_factory.mktemp("tuned")
    return folder, list(Job("runners.train", request_of(folder), folder))


def progress(events: list[dict[str, Any]]) -> list[dict[str, float]]:
    return [event["metrics"] for event in events if event["event"] == "progress"]


def test_policy_and_reference_start_equal_and_part(tuned: Trained) -> None:
    _, events = tuned
    first, last = progress(events)[0], progress(events)[-1]
    assert first["sigmoid"] == pytest.approx(math.log(2), abs=1e-6)
    assert first["margin"] == 0
    assert last["sigmoid"] < 0.4
    assert (events[-1]["event"], events[-1]["metrics"]["steps"]) == ("done", 6)
    # In float32 hardly a weight stays where it was.
    assert events[-1]["metrics"]["changed"] > 0.99


def test_the_checkpoint_is_the_base_s_in_all_but_its_weights(tuned: Trained, toy: Path) -> None:
    folder = tuned[0] / "output/model_full"
    assert {path.name for path in folder.iterdir()} == {path.name for path in toy.iterdir()}
    for path in folder.iterdir():
        if path.suffix != ".safetensors" and path.name != "config.json":
            assert path.read_bytes() == (toy / path.name).read_bytes(), path.name
    trained, base = load_file(folder / WEIGHTS), load_file(toy / WEIGHTS)
    assert {name: tensor.shape for name, tensor in trained.items()} == {
        name: tensor.shape for name, tensor in base.items()
    }
    loaded = load_vlm(str(folder), None, COMPUTE, PIXELS, PIXELS).model
    tied = loaded.config.tie_word_embeddings
    assert tied is (loaded.lm_head.weight is loaded.model.language_model.embed_tokens.weight)


def test_nothing_of_this_host_is_in_policy_or_checkpoint(tuned: Trained, toy: Path) -> None:
    folder, _ = tuned
    files = [*(folder / "output").rglob("*.*"), *(folder / "checkpoints/checkpoint-2").rglob("*.*")]
    assert {WEIGHTS, "config.json", "optimizer.pt", "trainer_state.json"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        assert str(folder).encode() not in content and str(toy).encode() not in content, path


def test_killed_and_resumed_it_writes_the_same_bytes(tuned: Trained, tmp_path: Path, request_of: Any) -> None:
    whole, undisturbed = tuned
    request = request_of(tmp_path)
    job = Job("runners.train", request, tmp_path)
    newest = None
    for event in job:
        if event["event"] == "checkpoint" and event["step"] == 2:
            newest = event["folder"]
        if event["event"] == "progress" and event["step"] == 3:
            job.process.kill()
    assert job.process.returncode == -9
    assert newest is not None and not (tmp_path / "output/model_full").exists()

    again = tmp_path / "again"
    again.mkdir()
    folders = {"output": str(again / "output"), "checkpoints": str(again / "checkpoints"), "resume_from": newest}
    events = list(Job("runners.train", request | folders, again))
    assert [event for event in undisturbed if event["event"] == "progress"][2:] == [
        event for event in events if event["event"] == "progress"
    ]
    assert events[-1] == undisturbed[-1]
    for path in (whole / "output/model_full").iterdir():
        assert (again / "output/model_full" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("name", ["optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json", WEIGHTS])
def test_half_a_checkpoint_is_refused(tuned: Trained, tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(tuned[0] / "checkpoints/checkpoint-4", tmp_path / "checkpoint-4"))
    check_checkpoint(folder, full=True)
    (folder / name).write_bytes(b"")
    with pytest.raises(Failure, match=name) as caught:
        check_checkpoint(folder, full=True)
    assert caught.value.kind == "ArtifactLost"


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [("none", "equals its base"), ("nan", "NaN or infinity"), ("lost", "do not both have"), ("cut", "its base")],
)
def test_a_checkpoint_that_is_no_training_of_its_base_is_refused(
    toy: Path, tmp_path: Path, damage: str, sentence: str
) -> None:
    folder = Path(shutil.copytree(toy, tmp_path / "model_full"))
    tensors = load_file(folder / WEIGHTS)
    name = next(name for name in sorted(tensors) if "down_proj" in name)
    if damage == "nan":
        tensors[name][0, 0] = torch.nan
    elif damage == "lost":
        del tensors[name]
    elif damage == "cut":
        tensors[name] = tensors[name][:-1].clone()
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    with pytest.raises(Failure, match=sentence) as caught:
        check_trained(folder, toy)
    assert caught.value.kind == "CanaryFailed"


def test_the_changed_share_is_counted_in_the_dtype_that_is_stored(toy: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(toy, tmp_path / "model_full"))
    tensors = {name: tensor.bfloat16() for name, tensor in load_file(folder / WEIGHTS).items()}
    name = next(name for name in sorted(tensors) if "down_proj" in name)
    tensors[name][:2] += 1
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    total = sum(tensor.numel() for tensor in tensors.values())
    assert check_trained(folder, toy) == 2 * tensors[name].shape[1] / total


def test_what_is_frozen_has_no_rate() -> None:
    assert rates_of(FULL | {"freeze_vision_tower": True}).of == {"language_model": 2e-4, "merger": 3e-4}
    # Pairs without images teach only what sees nothing.
    assert rates_of(FULL, with_images=False).of == {"language_model": 2e-4}
    frozen = FULL | {"freeze_language_model": True}
    with pytest.raises(Failure, match="no images"):
        rates_of(frozen, with_images=False)
    with pytest.raises(Failure, match="Everything is frozen"):
        rates_of(frozen | {"freeze_vision_tower": True, "freeze_merger": True})
