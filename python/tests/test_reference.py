"""The reference's log-probabilities, computed once: the training is the one that computes them with every batch."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from runners.adapter import WEIGHTS
from runners.failure import Failure
from runners.reference import reference
from runners.vlm import Vlm
from tests.conftest import FULL, TRAINING, Heard, pair, same_training, trained_here, training_request


def asked(request: dict[str, Any]) -> list[dict[str, Any]]:
    """What the reference finds of a request's rows."""
    Path(request["output"]).mkdir(parents=True, exist_ok=True)
    metrics = reference(request, Heard())  # type: ignore[arg-type]
    found: list[dict[str, Any]] = json.loads((Path(request["output"]) / "reference.json").read_text())
    assert metrics["pairs"] == len(found)
    return found


def with_cache(request: dict[str, Any], rows: list[dict[str, Any]], found: list[dict[str, Any]]) -> dict[str, Any]:
    """The training on rows that know what the reference finds."""
    known = [{**row, "reference": each} for row, each in zip(rows, found, strict=True)]
    Path(request["data"]).write_text(json.dumps(known))
    return request


@pytest.mark.parametrize("settings", [TRAINING, FULL], ids=["adapter", "whole network"])
def test_cached_is_computed(tmp_path: Path, toy: Path, images: Path, vlm: Vlm, settings: dict[str, Any]) -> None:
    rows = [pair(vlm, images, index) for index in range(4)]
    short = settings | {"num_train_epochs": None, "max_steps": 3, "save_steps": 50}
    live = training_request(tmp_path / "live", toy, images, rows) | {"settings": short}
    cached = training_request(tmp_path / "cached", toy, images, rows) | {"settings": short}
    found = asked(cached)
    assert [each["id"] for each in found] == [row["id"] for row in rows]
    assert all(each["chosen"] < 0 and each["rejected"] < 0 for each in found)
    same_training(trained_here(with_cache(cached, rows, found)).events, trained_here(live).events)
    name = "model_full/model.safetensors" if settings is FULL else f"model_lora/{WEIGHTS}"
    one, other = (load_file(tmp_path / each / "output" / name) for each in ("cached", "live"))
    for tensor, wanted in other.items():
        torch.testing.assert_close(one[tensor], wanted, rtol=1e-3, atol=1e-5)


def test_what_another_network_found_is_refused(tmp_path: Path, toy: Path, images: Path, vlm: Vlm) -> None:
    rows = [pair(vlm, images, index) for index in range(4)]
    request = training_request(tmp_path, toy, images, rows)
    wrong = [{**each, "chosen": each["chosen"] - 1} for each in asked(request)]
    with pytest.raises(Failure, match="of another network or other rows; nothing was trained"):
        trained_here(with_cache(request, rows, wrong))


def test_rows_of_which_some_know_nothing_are_refused(tmp_path: Path, toy: Path, images: Path, vlm: Vlm) -> None:
    rows = [pair(vlm, images, index) for index in range(4)]
    request = training_request(tmp_path, toy, images, rows)
    found = asked(request)
    Path(request["data"]).write_text(json.dumps([{**rows[0], "reference": found[0]}, *rows[1:]]))
    with pytest.raises(Failure, match="1 of 4 rows know what the reference finds of them; all must"):
        trained_here(request)


def test_other_tokens_than_the_reference_read_are_refused(tmp_path: Path, toy: Path, images: Path, vlm: Vlm) -> None:
    rows = [pair(vlm, images, index) for index in range(4)]
    request = training_request(tmp_path, toy, images, rows)
    found = asked(request)
    changed = [{**row, "chosen": row["chosen"].replace("behind", "above")} for row in rows]
    with pytest.raises(Failure, match="asked about other tokens than are trained"):
        trained_here(with_cache(request, changed, found))
