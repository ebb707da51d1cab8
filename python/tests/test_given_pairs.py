"""Pairs of the user's own: rows in the field's format, which no rollout of ours has seen."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from runners.failure import Failure
from runners.trainers.rows import read_rows, sees_images
from runners.vlm import Vlm
from tests.conftest import FULL, TRAINING, pair, trained_here, training_request

ROW: dict[str, Any] = {"id": "own-1", "prompt": "What is behind?", "chosen": "A red box.", "rejected": "Nothing."}
STEPS = {
    "num_train_epochs": None,
    "warmup_steps": 0,
    "max_steps": 1,
    "save_steps": None,
    "per_device_train_batch_size": 1,
}


def rows_of(folder: Path, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    (folder / "pairs.json").write_text(json.dumps(rows))
    return read_rows(folder / "pairs.json")


@pytest.mark.parametrize(
    ("image", "prompt"),
    [
        ("0.png", "What is behind?"),
        ("0.png", "<image>\nWhat is behind?"),
        (["0.png"], " <image> What is behind?"),
        (["0.png"], "<image>What is behind?"),
    ],
)
def test_one_row_written_in_several_ways(tmp_path: Path, image: Any, prompt: str) -> None:
    (row,) = rows_of(tmp_path, ROW | {"image": image, "prompt": prompt})
    assert (row["image"], row["prompt"]) == (["0.png"], "<image>What is behind?")


def test_a_row_without_images_and_our_own_stay_as_they_are(tmp_path: Path, vlm: Vlm, images: Path) -> None:
    own = pair(vlm, images, 0)
    assert rows_of(tmp_path, own) == [own]
    assert rows_of(tmp_path, ROW | {"prompt_digest": "", "system": ""})[0]["image"] == []


@pytest.mark.parametrize("prompt", ["<image><image>What?", "What <image> is behind?"])
def test_markers_that_do_not_fit_are_refused(tmp_path: Path, prompt: str) -> None:
    with pytest.raises(Failure, match="Row own-1"):
        rows_of(tmp_path, ROW | {"image": "0.png", "prompt": prompt})


def test_several_processes_need_images_in_all_rows_or_in_none() -> None:
    rows: list[dict[str, Any]] = [{"image": ["0.png"]}, {"image": []}]
    assert sees_images(rows, 1)
    assert not sees_images(rows[1:], 2)
    with pytest.raises(Failure, match="1 of 2 rows have no image"):
        sees_images(rows, 2)


def test_the_users_own_rows_are_trained_on(tmp_path: Path, toy: Path, images: Path) -> None:
    rows = [ROW | {"image": ["0.png"]}, ROW | {"id": "own-2", "image": "1.png", "system": "You are a planner."}]
    request = training_request(tmp_path, toy, images, rows) | {"settings": TRAINING | STEPS}
    assert trained_here(request).events[-1]["metrics"]["sigmoid"] == pytest.approx(math.log(2), abs=1e-6)


def test_rows_without_images_train_the_language_model(tmp_path: Path, toy: Path, images: Path) -> None:
    request = training_request(tmp_path, toy, images, [ROW, ROW | {"id": "own-2"}]) | {"settings": FULL | STEPS}
    metrics = trained_here(request).events[-1]["metrics"]
    assert metrics["sigmoid"] == pytest.approx(math.log(2), abs=1e-6)
    assert 0 < metrics["changed"] < 1
