"""Training by rewards at toy size, with somebody real at the other end of the socket."""

import json
import math
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runners.failure import Failure
from runners.rewards import Rewarded, Rewards
from runners.trainers.grpo import repetition
from tests.conftest import FULL, trained_here, training_request
from tests.test_sft import OF_PAIRS, SFT, answer, sft_request

GRPO: dict[str, Any] = SFT | {
    "rewards": {"left": 1},
    "num_generations": 4,
    "temperature": 1.0,
    "top_p": 1.0,
    "max_completion_length": 8,
    "beta": 0.04,
    "loss_type": "dapo",
    "scale_rewards": "group",
    "epsilon": 0.2,
    "epsilon_high": None,
    "per_device_train_batch_size": 8,
    "gradient_accumulation_steps": 1,
    "learning_rate": 2e-2,
    "num_train_epochs": 8,
}

Judge = Callable[[dict[str, Any]], Any]


def left(answer: dict[str, Any]) -> dict[str, Any]:
    """One word alone is worth something."""
    reward = float(answer["text"] == "left")
    return {"reward": reward, "parts": {"left": reward}}


@pytest.fixture(scope="module")
def torn(tmp_path_factory: pytest.TempPathFactory, toy: Path, images: Path) -> Path:
    """The toy after it has learned to say left or right, and not which: a whole checkpoint that a training made."""
    folder = tmp_path_factory.mktemp("torn")
    rows = [answer(index // 2, "left" if index % 2 == 0 else "right") for index in range(8)]
    full = FULL | {"language_lr": 3e-3, "merger_lr": 1e-4, "num_train_epochs": 12}
    settings = {name: value for name, value in full.items() if name not in OF_PAIRS}
    trained_here(sft_request(folder, toy, images, rows, **settings))
    return folder / "output/model_full"


@contextmanager
def judged_by(folder: Path, judge: Judge) -> Iterator[str]:
    """Answers at a socket, a line for a line, to any number of processes; the socket's path."""
    path = str(folder / "r.sock")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen()

    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                reply = {"rewards": [judge(answer) for answer in json.loads(line)["answers"]]}
                lines.write(json.dumps(reply) + "\n")
                lines.flush()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=[connection], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield path
    finally:
        listener.close()


def task(index: int) -> dict[str, Any]:
    """A question whose answers are rewarded."""
    return {
        "id": f"task-{index}",
        "image": [f"{index % 8}.png"],
        "policy": "",
        "system": None,
        "prompt": f"What is behind wall {index}?",
        "truth": "a red box",
        "kind": "spatial",
    }


def grpo_request(folder: Path, toy: Path, images: Path, rewards: str, **settings: Any) -> dict[str, Any]:
    """A training job on four questions: two an optimizer step, sixteen steps."""
    request = training_request(folder, toy, images, [task(index) for index in range(4)])
    return request | {"algorithm": "grpo", "settings": GRPO | settings, "rewards": rewards}


def metric(events: list[dict[str, Any]], name: str) -> list[float]:
    return [event["metrics"][name] for event in events if event["event"] == "progress"]


def test_what_is_rewarded_becomes_more_likely(tmp_path: Path, torn: Path, images: Path) -> None:
    with judged_by(tmp_path, left) as path:
        events = trained_here(grpo_request(tmp_path, torn, images, path)).events
    rewards = metric(events, "reward")
    assert len(rewards) == 16
    assert sum(rewards[:2]) < 1.5
    assert sum(rewards[-4:]) > 3.5
    assert rewards == pytest.approx(metric(events, "reward_left"))
    # The policy starts as its reference, and leaves it.
    kl = metric(events, "kl")
    assert kl[0] == pytest.approx(0, abs=1e-5)
    assert kl[-1] > 0.01
    for name in ("equal_groups", "cut", "repetition", "length", "entropy"):
        assert all(math.isfinite(value) for value in metric(events, name)), name


def test_equal_rewards_teach_nothing_and_are_counted(tmp_path: Path, torn: Path, images: Path) -> None:
    with judged_by(tmp_path, lambda _: {"reward": 0.5, "parts": {}}) as path:
        events = trained_here(grpo_request(tmp_path, torn, images, path, beta=0.0, num_train_epochs=1)).events
    assert metric(events, "equal_groups") == [1, 1]
    assert metric(events, "grad_norm") == [0, 0]


@pytest.mark.parametrize("step", [2, 3], ids=["between two epochs", "within one"])
def test_a_resumed_training_writes_the_same_bytes(tmp_path: Path, torn: Path, images: Path, step: int) -> None:
    with judged_by(tmp_path, left) as path:
        settings = {"num_train_epochs": 2, "save_steps": 1}
        trained_here(grpo_request(tmp_path / "whole", torn, images, path, **settings))
        resumed = grpo_request(tmp_path / "again", torn, images, path, **settings)
        resumed["resume_from"] = str(tmp_path / f"whole/checkpoints/checkpoint-{step}")
        trained_here(resumed)
    written = [tmp_path / name / "output/model_lora/adapter_model.safetensors" for name in ("whole", "again")]
    assert written[0].read_bytes() == written[1].read_bytes()


def test_the_whole_network_is_trained_and_held_to_another(tmp_path: Path, torn: Path, images: Path) -> None:
    full = {
        "tuning": "full",
        "language_lr": 1e-3,
        "vision_lr": 1e-4,
        "merger_lr": 1e-3,
        "freeze_language_model": False,
        "freeze_vision_tower": False,
        "freeze_merger": False,
        "num_train_epochs": 2,
    }
    with judged_by(tmp_path, left) as path:
        events = trained_here(grpo_request(tmp_path, torn, images, path, **full)).events
    kl = metric(events, "kl")
    assert kl[0] == pytest.approx(0, abs=1e-4)
    assert kl[-1] > 0
    assert (tmp_path / "output/model_full/model.safetensors").exists()


@pytest.mark.parametrize("reward", [math.nan, math.inf, None, "good"])
def test_a_reward_that_is_no_number_ends_the_training(tmp_path: Path, reward: Any) -> None:
    no_number = pytest.raises(Failure, match="The reward of an answer to row 3 is no finite number")
    with judged_by(tmp_path, lambda _: {"reward": reward, "parts": {}}) as path, no_number:
        Rewards(path).ask([Rewarded(3, "left")])


def test_fewer_questions_than_a_step_takes_are_refused(tmp_path: Path, torn: Path, images: Path) -> None:
    with judged_by(tmp_path, left) as path:
        request = grpo_request(tmp_path, torn, images, path, gradient_accumulation_steps=4)
        with pytest.raises(Failure, match="There are 4 questions, and an optimizer step takes 8"):
            trained_here(request)


def test_nobody_at_the_socket_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="The rewards cannot be asked for"):
        Rewards(str(tmp_path / "none.sock")).ask([Rewarded(0, "left")])


def test_repetition() -> None:
    assert repetition("left left left Left") == 0.75
    assert repetition("left of it") == 0
    assert repetition("") == 0
