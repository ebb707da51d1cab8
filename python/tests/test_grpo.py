"""GRPO at toy size: what is drawn, what is rewarded, and what a resumed training writes."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runners.failure import Failure
from runners.judge import Judge, scored_of
from runners.repetition import repetition
from tests.conftest import Heard, trained_here, training_request
from tests.test_sft import SFT

GRPO: dict[str, Any] = SFT | {
    "rewards": {"spatial": 1},
    "num_generations": 4,
    "temperature": 1.0,
    "top_p": 1,
    "max_completion_length": 8,
    "beta": 0.04,
    "loss_type": "dapo",
    "scale_rewards": "group",
    "epsilon": 0.2,
    "epsilon_high": None,
    "use_vllm": False,
    "vllm_gpu_memory_utilization": 0.8,
    "per_device_train_batch_size": 4,
    "gradient_accumulation_steps": 2,
    "learning_rate": 2e-2,
    "num_train_epochs": 2,
}


def question(index: int) -> dict[str, Any]:
    return {
        "id": f"question-{index}",
        "image": [f"{index % 8}.png"],
        "policy": "",
        "system": "You look at walls.",
        "prompt": f"What is behind wall {index}?",
        "truth": "left",
        "kind": "spatial",
    }


def letters(row: int, text: str) -> dict[str, Any]:
    """The more of a text is the letter e, the better."""
    return {"reward": text.count("e") / (len(text) + 1), "parts": {"length": len(text)}}


@contextmanager
def judging(folder: Path, answer: Callable[[Any], Any]) -> Iterator[str]:
    """A judge on a socket, as the worker's."""
    path = str(folder / "s")
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    server.listen()

    def speak(line: socket.socket) -> None:
        with line, line.makefile("rw") as stream:
            for text in stream:
                stream.write(json.dumps(answer(json.loads(text))) + "\n")
                stream.flush()

    def accept() -> None:
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=speak, args=(line,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield path
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def by(score: Callable[[int, str], dict[str, Any]]) -> Callable[[Any], Any]:
    return lambda request: {"rewards": [score(each["row"], each["text"]) for each in request["rows"]]}


def grpo_request(folder: Path, toy: Path, images: Path, judge: str, **settings: Any) -> dict[str, Any]:
    request = training_request(folder, toy, images, [question(index) for index in range(4)])
    return request | {"algorithm": "grpo", "judge": judge, "settings": GRPO | settings}


def steps_of(heard: Heard) -> list[dict[str, float]]:
    return [event["metrics"] for event in heard.events if event["event"] == "progress"]


def test_it_learns_what_is_rewarded(tmp_path: Path, toy: Path, images: Path) -> None:
    with judging(tmp_path, by(letters)) as judge:
        heard = trained_here(grpo_request(tmp_path / "a", toy, images, judge, num_train_epochs=6))
    for step in steps_of(heard):
        print(step)
    assert 0
