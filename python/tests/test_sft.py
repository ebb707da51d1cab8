"""Supervised fine-tuning at toy size: what is learned, what is refused, and what a resumed training writes."""

from pathlib import Path
from typing import Any

import pytest

from runners.failure import Failure
from runners.prompt import encode, messages_of_row
from runners.trainers.sft import AnswerCollator
from runners.vlm import Vlm
from tests.conftest import TRAINING, trained_here, training_request

SFT: dict[str, Any] = {
    **{name: TRAINING[name] for name in TRAINING if name not in ("beta", "loss_type", "loss_weights", "sft_only")},
    "num_train_epochs": 4,
}


def answer(index: int, text: str = "look from behind") -> dict[str, Any]:
    return {
        "id": f"answer-{index}",
        "image": [f"{index % 8}.png"],
        "policy": "",
        "system": None,
        "prompt": f"What is behind wall {index}?",
        "answer": text,
    }


def sft_request(folder: Path, toy: Path, images: Path, rows: list[dict[str, Any]], **settings: Any) -> dict[str, Any]:
    request = training_request(folder, toy, images, rows)
    return request | {"algorithm": "sft", "settings": SFT | settings}


def losses(events: list[dict[str, Any]]) -> list[float]:
    return [event["metrics"]["loss"] for event in events if event["event"] == "progress"]


def test_it_learns(tmp_path: Path, toy: Path, images: Path) -> None:
    heard = trained_here(sft_request(tmp_path, toy, images, [answer(index) for index in range(8)]))
    print(heard.events)
    found = losses(heard.events)
    assert found[-1] < 0.5 * found[0]


def test_labels_are_the_answer_and_its_end(images: Path, vlm: Vlm) -> None:
    from runners.trainers.rows import read_rows
    rows = [answer(0), answer(1, "behind <|im_end|> it")]
    collator = AnswerCollator([{**row, "prompt": "<image>" + row["prompt"]} for row in rows], images, vlm.processor, vlm.unspeakable, 4096)
    batch = collator([{"row": 0}, {"row": 1}])
    tok = vlm.tokenizer
    for i, row in enumerate(rows):
        labels = batch["labels"][i].tolist()
        kept = [l for l in labels if l != -100]
        assert kept[-1] == tok.eos_token_id
        assert tok.decode(kept[:-1]) == row["answer"]
        assert kept[:-1].count(tok.eos_token_id) == 0


def test_qlora(tmp_path: Path, toy: Path, images: Path) -> None:
    heard = trained_here(sft_request(tmp_path, toy, images, [answer(index) for index in range(8)], tuning="qlora", learning_rate=2e-2))
    print(heard.events)
    found = losses(heard.events)
    assert found[-1] < 0.5 * found[0]
