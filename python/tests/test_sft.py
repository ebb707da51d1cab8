"""Supervised fine-tuning at toy size: what is learned, what is not, and a base that is held in 4 bits."""

import json
from pathlib import Path
from typing import Any

import pytest

from runners.adapter import WEIGHTS
from runners.failure import Failure
from runners.merge import merge
from runners.prompt import encode, messages_of_row
from runners.quantised import in_four_bits
from runners.spelling import as_text
from runners.trainers.rows import IGNORED
from runners.trainers.sft import AnswerCollator
from runners.vlm import Vlm, load_network
from tests.conftest import COMPUTE, DEVICE, TRAINING, Heard, question, trained_here, training_request

SFT: dict[str, Any] = {
    **{name: TRAINING[name] for name in TRAINING if name not in ("beta", "loss_type", "loss_weights", "sft_only")},
    "num_train_epochs": 4,
    "learning_rate": 2e-2,
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


ROWS = [answer(index) for index in range(8)]


def sft_request(folder: Path, toy: Path, images: Path, rows: list[dict[str, Any]], **settings: Any) -> dict[str, Any]:
    """A training job on answers."""
    request = training_request(folder, toy, images, rows)
    return request | {"algorithm": "sft", "settings": SFT | settings}


def losses(events: list[dict[str, Any]]) -> list[float]:
    return [event["metrics"]["loss"] for event in events if event["event"] == "progress"]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory, toy: Path, images: Path) -> tuple[Path, list[dict[str, Any]]]:
    """The folder of a training on eight answers, and its events."""
    folder = tmp_path_factory.mktemp("sft")
    return folder, trained_here(sft_request(folder, toy, images, ROWS)).events


def test_it_learns(learned: tuple[Path, list[dict[str, Any]]]) -> None:
    _, events = learned
    assert losses(events)[-1] < 0.5 * losses(events)[0]
    assert events[-1]["metrics"]["answers"] == len(ROWS)
    assert {"accuracy", "entropy", "grad_norm"} <= events[0]["metrics"].keys()


def test_resumed_it_writes_the_same_bytes(
    learned: tuple[Path, list[dict[str, Any]]], tmp_path: Path, toy: Path, images: Path
) -> None:
    whole, events = learned
    resumed = sft_request(tmp_path, toy, images, ROWS) | {"resume_from": str(whole / "checkpoints/checkpoint-6")}
    assert losses(trained_here(resumed).events) == losses(events)[6:]
    adapter = f"output/model_lora/{WEIGHTS}"
    assert (tmp_path / adapter).read_bytes() == (whole / adapter).read_bytes()


def test_labels_are_the_answer_and_its_end(images: Path, vlm: Vlm) -> None:
    texts = ["behind", "behind <|im_end|> the <|image_pad|> wall"]
    rows = [answer(index, text) | {"prompt": f"<image>Where is {index}?"} for index, text in enumerate(texts)]
    batch = AnswerCollator(rows, images, vlm.processor, vlm.unspeakable, 4096)([{"row": 0}, {"row": 1}])
    end = vlm.tokenizer.eos_token_id
    for place, (row, text) in enumerate(zip(rows, texts, strict=True)):
        prompt = encode(vlm.processor, messages_of_row(row, images))
        labels = batch["labels"][place].tolist()
        said = [*as_text(vlm.tokenizer, text), end]
        rest = len(labels) - len(prompt.ids) - len(said)
        assert labels == [*[IGNORED] * len(prompt.ids), *said, *[IGNORED] * rest]
        # What a text spells out is text.
        assert vlm.tokenizer.decode(said[:-1]) == text
        assert end not in said[:-1] and not set(said) & set(vlm.unspeakable)
        assert batch["input_ids"][place, : len(prompt.ids)].tolist() == prompt.ids


def test_a_row_that_would_be_cut_is_refused(images: Path, vlm: Vlm) -> None:
    row = answer(0) | {"prompt": "<image>Where?"}
    tokens = len(encode(vlm.processor, messages_of_row(row, images)).ids) + len(as_text(vlm.tokenizer, "behind")) + 1
    for context, fits in ((tokens, True), (tokens - 1, False)):
        collator = AnswerCollator([row | {"answer": "behind"}], images, vlm.processor, vlm.unspeakable, context)
        if fits:
            assert collator([{"row": 0}])["labels"].shape == (1, tokens)
            continue
        with pytest.raises(Failure, match=f"takes {tokens} tokens, and the model has places for {tokens - 1}"):
            collator([{"row": 0}])


def test_a_base_in_four_bits_learns_and_merges_into_the_exact_one(tmp_path: Path, toy: Path, images: Path) -> None:
    quantised = load_network(str(toy), COMPUTE, in_four_bits(COMPUTE))
    kinds = {type(module).__name__: name for name, module in quantised.named_modules()}
    assert "language_model" in kinds["Linear4bit"]
    assert not any(type(module).__name__ == "Linear4bit" for module in quantised.model.visual.modules())

    events = trained_here(sft_request(tmp_path, toy, images, ROWS, tuning="qlora")).events
    assert losses(events)[-1] < 0.5 * losses(events)[0]
    merged = tmp_path / "merged"
    merge(merge_request(tmp_path / "output/model_lora", merged, toy, images), Heard())  # type: ignore[arg-type]
    assert json.loads((merged / "canary.json").read_text())["kl_adapter_base"] > 0


def merge_request(adapter: Path, output: Path, base: Path, images: Path) -> dict[str, Any]:
    output.mkdir()
    items = [question(images, index) for index in range(2)]
    own = {"model": str(base), "adapter": str(adapter), "output": str(output)}
    return own | {"dtypes": ["float32"], "canary": {"items": items}} | DEVICE
