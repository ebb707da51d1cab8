"""DPO training as a real process: what it reports, what it refuses, and what survives kill -9."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
from peft import PeftModel
from safetensors.torch import load_file, save_file

from runners.adapter import CONFIG, WEIGHTS, attach_adapter
from runners.checkpoint import check_checkpoint
from runners.failure import Failure
from runners.options import lora_config
from runners.ranks import ALONE
from runners.trainers.dpo import dpo_config
from runners.trainers.job import Job as TrainJob
from runners.vlm import Vlm, load_network
from tests.conftest import COMPUTE, TRAINING, Job, pair, training_request

Trained = tuple[Path, list[dict[str, Any]]]


def progress(events: list[dict[str, Any]]) -> list[dict[str, float]]:
    return [event["metrics"] for event in events if event["event"] == "progress"]


def test_a_fresh_adapter_starts_at_log_two(trained: Trained) -> None:
    first = progress(trained[1])[0]
    assert first["sigmoid"] == pytest.approx(math.log(2), abs=1e-6)
    assert (first["margin"], first["reward_chosen"], first["reward_rejected"]) == (0, 0, 0)


def test_terms_are_reported_apart_and_add_up(trained: Trained) -> None:
    for metrics in progress(trained[1]):
        assert metrics["loss"] == pytest.approx(metrics["sigmoid"] + 0.5 * metrics["sft"], rel=1e-4)
        assert metrics["margin"] == pytest.approx(metrics["reward_chosen"] - metrics["reward_rejected"], abs=1e-5)


def test_training_separates_chosen_from_rejected(trained: Trained) -> None:
    _, events = trained
    assert [event["step"] for event in events if event["event"] == "checkpoint"] == [2, 4, 6, 8, 10, 12]
    done = events[-1]
    assert done["event"] == "done"
    assert (done["metrics"]["pairs"], done["metrics"]["steps"]) == (10, 12)
    last = progress(events)[-1]
    assert last["sigmoid"] < 0.5 < math.log(2)
    assert last["sft"] < progress(events)[0]["sft"]
    assert last["accuracy"] == 1


def test_nothing_of_this_host_is_in_adapter_or_checkpoint(trained: Trained) -> None:
    folder, _ = trained
    files = [*(folder / "output").rglob("*.*"), *(folder / "checkpoints/checkpoint-2").rglob("*.*")]
    assert {WEIGHTS, CONFIG, "optimizer.pt", "trainer_state.json"} <= {path.name for path in files}
    for path in files:
        assert str(folder).encode() not in path.read_bytes(), path


def test_killed_and_resumed_it_writes_the_same_bytes(
    trained: Trained, tmp_path: Path, toy: Path, images: Path, vlm: Vlm
) -> None:
    whole, undisturbed = trained
    request = training_request(tmp_path, toy, images, [pair(vlm, images, index) for index in range(10)])
    job = Job("runners.train", request, tmp_path)
    newest = None
    for event in job:
        # Step 4 is in the middle of an epoch; the job dies some steps later, between two checkpoints or in one.
        if event["event"] == "checkpoint" and event["step"] == 4:
            newest = event["folder"]
        if event["event"] == "progress" and event["step"] == 5:
            job.process.kill()
    assert job.process.returncode == -9
    assert newest is not None
    assert not (tmp_path / "output/model_lora").exists()

    again = tmp_path / "again"
    again.mkdir()
    resumed = request | {
        "output": str(again / "output"),
        "checkpoints": str(again / "checkpoints"),
        "resume_from": newest,
    }
    events = list(Job("runners.train", resumed, again))
    assert progress(events)[0]["sigmoid"] < math.log(2)
    assert next(event["step"] for event in events if event["event"] == "progress") == 5
    assert [event for event in undisturbed if event["event"] == "progress"][4:] == [
        event for event in events if event["event"] == "progress"
    ]
    assert events[-1] == undisturbed[-1]
    for name in (f"model_lora/{WEIGHTS}", f"model_lora/{CONFIG}"):
        assert (again / "output" / name).read_bytes() == (whole / "output" / name).read_bytes(), name


def test_a_prompt_that_the_policy_never_saw_stops_the_job(tmp_path: Path, toy: Path, images: Path, vlm: Vlm) -> None:
    rows = [pair(vlm, images, index) for index in range(4)]
    rows[3]["system"] = "You are someone else."
    job = Job("runners.train", training_request(tmp_path, toy, images, rows), tmp_path)
    events = list(job)
    assert job.process.returncode == 1
    assert [(event["event"], event["type"]) for event in events] == [("error", "Provenance")]
    assert "pair-3" in events[0]["message"]
    assert not (tmp_path / "checkpoints").exists() or not any((tmp_path / "checkpoints").glob("checkpoint-*"))


def config_for(folder: Path, settings: dict[str, Any]) -> Any:
    """TRL's configuration of a training with these settings."""
    job = TrainJob(
        settings=settings,
        model="",
        reference=None,
        data=folder,
        image_root=folder,
        processor=None,
        unspeakable=(),
        context=0,
        compute=COMPUTE,
        rank=ALONE,
        seed=0,
        checkpoints=str(folder),
        zero=None,
        judge=None,
    )
    return dpo_config(job, settings)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"weight_decy": 0.1}, 'Did you mean "weight_decay"'),
        ({"learning_rate": 0.1}, "sets itself"),
        ({"max_length": 10}, "sets itself"),
        ({"optim": "no_such_optimizer"}, "TRL does not accept"),
    ],
)
def test_extra_options_are_checked(tmp_path: Path, extra: dict[str, Any], message: str) -> None:
    with pytest.raises(Failure, match=message) as caught:
        config_for(tmp_path, TRAINING | {"extra": extra})
    assert caught.value.kind == "BadInput"


def test_extra_options_arrive_and_defaults_are_safe(tmp_path: Path) -> None:
    config = config_for(tmp_path, TRAINING | {"extra": {"weight_decay": 0.125}})
    assert (config.weight_decay, config.max_length, config.bf16) == (0.125, None, False)
    assert config.disable_dropout
    # Longer than any policy takes to be written while the other processes wait.
    assert config.ddp_timeout == 2 * 24 * 3600
    assert config_for(tmp_path, TRAINING | {"loss_weights": None}).loss_weights == [1, 1]
    assert not config_for(tmp_path, TRAINING | {"lora_dropout": 0.1}).disable_dropout


@pytest.mark.parametrize(("lengths", "epochs", "steps"), [({}, 4, -1), ({"max_steps": 7}, 3, 7)])
def test_the_length_is_max_steps_else_epochs(tmp_path: Path, lengths: dict[str, int], epochs: int, steps: int) -> None:
    config = config_for(tmp_path, TRAINING | lengths)
    assert (config.num_train_epochs, config.max_steps) == (epochs, steps)


def test_a_layer_that_is_not_there_is_refused(vlm: Vlm) -> None:
    with pytest.raises(Failure, match='Did you mean "q_proj"'):
        lora_config(TRAINING | {"lora_target": ["qq_proj"]}, vlm.model)
    # A layer of the vision tower alone is none of the language model's.
    with pytest.raises(Failure, match="linear_fc1"):
        lora_config(TRAINING | {"lora_target": ["linear_fc1"]}, vlm.model)


def copy_adapter(trained: Trained, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained[0] / "output/model_lora", tmp_path / "adapter"))


def test_an_adapter_lives_in_the_language_model_only(trained: Trained, toy: Path) -> None:
    adapted = attach_adapter(load_network(str(toy), COMPUTE), str(trained[0] / "output/model_lora"))
    assert isinstance(adapted, PeftModel)
    names = load_file(trained[0] / "output/model_lora" / WEIGHTS)
    # Three layers, three kinds of weights each, two factors.
    assert len(names) == 3 * 3 * 2
    assert all("language_model" in name for name in names)


@pytest.mark.parametrize("damage", ["missing", "empty", "torn", "no config", "no weights"])
def test_a_damaged_adapter_is_refused(trained: Trained, toy: Path, tmp_path: Path, damage: str) -> None:
    folder = copy_adapter(trained, tmp_path)
    tensors = load_file(folder / WEIGHTS)
    first = sorted(tensors)[0]
    if damage == "missing":
        del tensors[first]
        save_file(tensors, folder / WEIGHTS)
    elif damage == "empty":
        tensors[first] = tensors[first][:0]
        save_file(tensors, folder / WEIGHTS)
    elif damage == "torn":
        whole = (folder / WEIGHTS).read_bytes()
        (folder / WEIGHTS).write_bytes(whole[:-100])
    else:
        (folder / (CONFIG if damage == "no config" else WEIGHTS)).unlink()
    with pytest.raises(Failure) as caught:
        attach_adapter(load_network(str(toy), COMPUTE), str(folder))
    # A whole file that lacks a layer was made on another model; the others are damaged.
    assert caught.value.kind == ("BadInput" if damage == "missing" else "ArtifactLost")


@pytest.mark.parametrize("name", ["optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json", WEIGHTS])
def test_half_a_checkpoint_is_refused(trained: Trained, tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(trained[0] / "checkpoints/checkpoint-4", tmp_path / "checkpoint-4"))
    check_checkpoint(folder)
    (folder / name).write_bytes(b"")
    with pytest.raises(Failure, match=name) as caught:
        check_checkpoint(folder)
    assert caught.value.kind == "ArtifactLost"


def test_checkpoint_state_names_no_folder_of_this_host(trained: Trained) -> None:
    state = json.loads((trained[0] / "checkpoints/checkpoint-4/trainer_state.json").read_text())
    assert state["global_step"] == 4
