"""A training is tried before it costs anything: what is measured of rows, of the checkpoint and of a step."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from runners.check import check
from runners.vlm import Vlm
from tests.conftest import Heard, pair, training_request
from tests.test_grpo import GRPO, early, judging, question
from tests.test_sft import answer, sft_request

CHECK: dict[str, Any] = {
    "rows": 6,
    "answers": "given",
    "questions": 2,
    "completions": 2,
    "sampling": {
        "temperature": 1,
        "top_p": 1,
        "top_k": 0,
        "min_p": 0,
        "repetition_penalty": 1,
        "max_new_tokens": 8,
    },
    "micro_batch": 4,
}


def measured(request: dict[str, Any], **how: Any) -> dict[str, Any]:
    Path(request["output"]).mkdir(exist_ok=True)
    check(request | {"check": CHECK | how}, Heard())  # type: ignore[arg-type]
    found: dict[str, Any] = json.loads((Path(request["output"]) / "measured.json").read_text())
    return found


def test_answers_are_looked_at_and_a_step_is_made(tmp_path: Path, toy: Path, images: Path) -> None:
    rows = [answer(0), answer(1, ""), *(answer(index) for index in range(2, 8))]
    found = measured(sft_request(tmp_path, toy, images, rows), rows=8)
    assert (found["rows"], found["looked"], found["refused"]) == (8, 8, [])
    # 128 × 128 pixels: 16 tokens of 32 × 32.
    assert {each["image_tokens"] for each in found["prompts"]} == {16}
    assert all(each["leaked"] == each["missed"] == 0 and each["ended"] for each in found["answers"])
    assert [each["id"] for each in found["answers"] if each["answer"] == 0] == ["answer-1"]
    assert len(found["said"]) == 2
    for each in found["said"]:
        assert all(one["tokens"] <= 8 for one in each["completions"])
        assert each["completions"][0]["text"] != each["completions"][1]["text"]
    step = found["step"]
    assert (step["rows"], step["scaled"]) == (4, False)
    assert math.isfinite(step["loss"]) and step["grad_norm"] > 0
    assert found["memory"] > 0
    # Nothing is left of the step: what a training makes is no measurement.
    assert [each.name for each in Path(tmp_path / "output").iterdir()] == ["measured.json"]


def test_rows_that_a_training_would_refuse_are_named_and_the_rest_is_tried(
    tmp_path: Path, toy: Path, images: Path, vlm: Vlm
) -> None:
    rows = [pair(vlm, images, index) for index in range(4)]
    rows[1]["prompt_digest"] = "0" * 64
    rows[2] = rows[2] | {"rejected": rows[2]["chosen"]}
    rows[3] = rows[3] | {"chosen": "word " * 40_000}
    found = measured(training_request(tmp_path, toy, images, rows))
    assert [each["id"] for each in found["refused"]] == ["pair-1", "pair-3"]
    assert "another prompt" in found["refused"][0]["problem"]
    assert "has places for" in found["refused"][1]["problem"]
    assert found["alike"] == ["pair-2"]
    assert math.isfinite(found["step"]["loss"])


def test_pairs_are_made_of_what_the_checkpoint_says_where_none_are_given(
    tmp_path: Path, toy: Path, images: Path, vlm: Vlm
) -> None:
    rows = [pair(vlm, images, index) | {"chosen": "", "rejected": ""} for index in range(4)]
    for row in rows:
        del row["prompt_digest"]
    found = measured(training_request(tmp_path, toy, images, rows), answers="sampled", questions=3)
    assert (found["rows"], found["pairs"], found["refused"], found["alike"]) == (4, 3, [], [])
    # Prompts alone are short; the pairs' sequences are those that were sampled, cut and so without an end.
    assert len(found["prompts"]) == 4
    assert len(found["answers"]) == 6
    assert all(each["answer"] > 0 and each["leaked"] == 0 and each["ended"] for each in found["answers"])
    assert math.isfinite(found["step"]["loss"]) and found["step"]["grad_norm"] > 0


def test_a_step_that_asks_for_rewards_is_made_with_the_judge(tmp_path: Path, toy: Path, images: Path) -> None:
    request = training_request(tmp_path, toy, images, [question(index) for index in range(4)])
    with judging(
        tmp_path, lambda asked: {"rewards": [early(each["row"], each["text"]) for each in asked["rows"]]}
    ) as judge:
        found = measured(request | {"algorithm": "grpo", "settings": GRPO, "judge": judge})
    # With room for a completion behind each.
    assert all(each["tokens"] > 16 + GRPO["max_completion_length"] for each in found["prompts"])
    assert found["answers"] == []
    assert math.isfinite(found["step"]["loss"])


def test_what_fails_is_measured_too(tmp_path: Path, toy: Path, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise MemoryError("no memory left")

    monkeypatch.setattr("runners.vlm.load_network", full)
    monkeypatch.setattr("runners.policy.load_network", full)
    found = measured(sft_request(tmp_path, toy, images, [answer(0)]))
    assert found["said"]["type"] == found["step"]["type"] == "OutOfMemory"
    assert found["prompts"] != []


def test_a_divided_training_is_not_tried_in_one_process(tmp_path: Path, toy: Path, images: Path) -> None:
    found = measured(sft_request(tmp_path, toy, images, [answer(0)]) | {"deepspeed": "zero3"})
    assert found["step"] is None
    assert len(found["said"]) == 1
