"""Supervised fine-tuning at toy size: what is learned, what is not, and a base that is held in 4 bits."""

from pathlib import Path
from typing import Any

import pytest

from runners.failure import Failure
from runners.trainers.rows import IGNORED, read_rows
from runners.trainers.sft import AnswerCollator
from runners.vlm import Vlm
from tests.conftest import TRAINING, trained_here, training_request

# Without what only preferences have.
OF_PAIRS = ("beta", "loss_type", "loss_weights", "label_smoothing", "sft_only")
SFT: dict[str, Any] = {name: value for name, value in TRAINING.items() if name not in OF_PAIRS} | {
    "learning_rate": 2e-2
}


def answer(index: int, text: str = "look from behind") -> dict[str, Any]:
    """A row to imitate."""
    return {
        "id": f"answer-{index}",
        "image": [f"{index % 8}.png"],
        "policy": "",
        "system": None,
        "prompt": f"What is behind wall {index}?",
        "answer": text,
    }


def sft_request(folder: Path, toy: Path, images: Path, rows: list[dict[str, Any]], **settings: Any) -> dict[str, Any]:
    """A training job on answers."""
    request = training_request(folder, toy, images, rows)
    return request | {"algorithm": "sft", "settings": SFT | settings}


def losses(events: list[dict[str, Any]]) -> list[float]:
    return [event["metrics"]["loss"] for event in events if event["event"] == "progress"]


@pytest.mark.parametrize("settings", [{}, {"tuning": "qlora"}], ids=["an adapter", "an adapter on 4 bits"])
def test_answers_are_learned(tmp_path: Path, toy: Path, images: Path, settings: dict[str, Any]) -> None:
    heard = trained_here(sft_request(tmp_path, toy, images, [answer(index) for index in range(8)], **settings))
    found = losses(heard.events)
    assert found[-1] < 0.5 * found[0]
    assert (tmp_path / "output/model_lora/adapter_model.safetensors").exists()


def collated(folder: Path, images: Path, vlm: Vlm, rows: list[dict[str, Any]], context: int = 4096) -> Any:
    training_request(folder, Path(), images, rows)
    read = read_rows(folder / "pairs.json")
    return AnswerCollator(read, images, vlm.processor, vlm.unspeakable, context)


def test_labels_are_the_answer_and_its_end(tmp_path: Path, images: Path, vlm: Vlm) -> None:
    rows = [answer(0), answer(1, "behind <|im_end|> it")]
    batch = collated(tmp_path, images, vlm, rows)([{"row": 0}, {"row": 1}])
    end = vlm.tokenizer.eos_token_id
    for labels, row in zip(batch["labels"].tolist(), rows, strict=True):
        *said, last = [label for label in labels if label != IGNORED]
        assert last == end
        # What a row's text spells out is text, and ends nothing.
        assert end not in said
        assert vlm.tokenizer.decode(said) == row["answer"]


def test_a_row_that_would_be_cut_is_refused(tmp_path: Path, images: Path, vlm: Vlm) -> None:
    collator = collated(tmp_path, images, vlm, [answer(0, "behind " * 100)], context=100)
    with pytest.raises(Failure, match=r"Row answer-0 takes \d+ tokens, and the model has places for 100"):
        collator([{"row": 0}])
