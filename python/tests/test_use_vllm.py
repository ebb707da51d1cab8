"""GRPO whose completions vLLM draws, in its own environment, compared with the same training without it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from runners.adapter import WEIGHTS
from runners.decoding import decode
from runners.failure import Failure
from runners.prompt import encode
from runners.sampling import Sampling
from runners.vllm_sampler import gap
from runners.vlm import Vlm
from runners.whole import WEIGHTS as CHECKPOINT
from tests.conftest import FULL, VLLM_PYTHON, Job, same_training, same_weights, trained_here
from tests.conftest import question as asked
from tests.test_grpo import by, early, grpo_request, judging, question

VLLM: dict[str, Any] = {
    "use_vllm": True,
    "vllm": {"max_model_len": 160, "memory_share": 0.5, "cache_gib": 0.25},
}
# Eight completions of two questions, and one of each of the two that are held out.
HEARD_A_STEP = 10
Events = list[dict[str, Any]]
Heard = list[tuple[int, str]]


def listening(heard: Heard) -> Callable[[Any], Any]:
    """A judge that notes which completions it was asked about."""

    def score(row: int, text: str) -> dict[str, Any]:
        heard.append((row, text))
        return early(row, text)

    return by(score)


def request_in(folder: Path, toy: Path, images: Path, judge: str, **settings: Any) -> dict[str, Any]:
    """A training whose questions show an image or none, and that is validated."""
    request = grpo_request(folder / "training", toy, images, judge, save_steps=1, **settings)
    rows = [question(index) for index in range(6)]
    rows[1]["image"] = []
    Path(request["data"]).write_text(json.dumps(rows[:4]))
    held_out = folder / "held-out.json"
    held_out.write_text(json.dumps(rows[4:]))
    return request | {"validation": str(held_out)}


def without(folder: Path, toy: Path, images: Path, **settings: Any) -> tuple[Events, Heard]:
    """The same training with transformers alone, in this process."""
    folder.mkdir()
    heard: Heard = []
    with judging(folder, listening(heard)) as judge:
        return trained_here(request_in(folder, toy, images, judge, **settings)).events, heard


def steps_of(events: Events) -> Events:
    """Its steps, without what only vLLM says."""
    steps = [event for event in events if event["event"] == "progress"]
    return [
        {**step, "metrics": {name: value for name, value in step["metrics"].items() if name != "sampler_gap"}}
        for step in steps
    ]


LORA: dict[str, Any] = {"lora_dropout": 0.1}
# Steps so large that an engine with any part of an older network is found out.
WHOLE: dict[str, Any] = {name: FULL[name] for name in FULL if name.startswith("freeze")} | {
    "tuning": "full",
    "language_lr": 2e-3,
    "vision_lr": 1e-3,
    "merger_lr": 3e-3,
}


@dataclass(frozen=True)
class Drawn:
    """A training for which vLLM drew. killed: what a first attempt said, which ended after two steps."""

    folder: Path
    killed: Events
    events: Events
    heard: Heard


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, toy: Path, images: Path) -> dict[str, Drawn]:
    """An adapter's training, killed and resumed, and then, to spare a start of vLLM, one of a whole network."""
    lora, whole = tmp_path_factory.mktemp("lora"), tmp_path_factory.mktemp("whole")
    heard: dict[str, Heard] = {"lora": [], "full": []}
    killed: Events = []
    with judging(lora, listening(heard["lora"])) as one, judging(whole, listening(heard["full"])) as other:
        first = request_in(lora, toy, images, one, **LORA, **VLLM)
        second = request_in(whole, toy, images, other, **WHOLE, **VLLM)
        job = Job("runners.train", first, lora, python=VLLM_PYTHON)
        for event in job:
            killed.append(event)
            if event["event"] == "checkpoint" and event["step"] == 2:
                job.process.kill()
                first |= {"resume_from": event["folder"], "output": str(lora / "output")}
        # What it went on to draw after that checkpoint is drawn again.
        del heard["lora"][2 * HEARD_A_STEP :]
        events = list(Job("tests.jobs_in_turn", {"jobs": [first, second]}, lora, python=VLLM_PYTHON))
    assert events[-1]["event"] == "done", events[-1]
    end = next(at for at, event in enumerate(events) if event["event"] == "done") + 1
    return {
        "lora": Drawn(lora, killed, events[:end], heard["lora"]),
        "full": Drawn(whole, [], events[end:], heard["full"]),
    }


def test_an_adapter_learns_from_the_same_completions_also_killed_and_resumed(
    drawn: dict[str, Drawn], tmp_path: Path, toy: Path, images: Path
) -> None:
    expected, expected_heard = without(tmp_path / "without", toy, images, **LORA)
    found = drawn["lora"]
    same_training([*steps_of(found.killed)[:2], *steps_of(found.events)], steps_of(expected))
    # Completions of the questions, and the greedy ones of those that nothing is learned from.
    assert found.heard == expected_heard
    adapter = f"model_lora/{WEIGHTS}"
    same_weights(found.folder / "output" / adapter, tmp_path / "without/training/output" / adapter)
    assert max(event["metrics"]["sampler_gap"] for event in found.events if event["event"] == "progress") < 1e-5


def test_a_network_that_is_trained_as_a_whole_is_followed_in_all_its_parts(
    drawn: dict[str, Drawn], tmp_path: Path, toy: Path, images: Path
) -> None:
    expected, expected_heard = without(tmp_path / "without", toy, images, **WHOLE)
    found = drawn["full"]
    same_training(steps_of(found.events), steps_of(expected))
    assert found.heard == expected_heard
    checkpoint = f"training/output/model_full/{CHECKPOINT}"
    same_weights(found.folder / checkpoint, tmp_path / "without" / checkpoint)


def test_an_engine_that_lags_behind_is_refused(vlm: Vlm, images: Path) -> None:
    prompts = [encode(vlm.processor, asked(images, index)) for index in range(2)]
    sampling = Sampling(1, 1, 0, 0, 1, 8)
    drafts = decode(vlm, prompts, [0, 1], ["a", "b"], sampling)
    assert gap(vlm, prompts, drafts, 1e-3) < 1e-5
    late = [replace(draft, logprobs=[each - 0.01 for each in draft.logprobs]) for draft in drafts]
    with pytest.raises(Failure, match=r"0\.01 nats apart, where 0\.001 is rounding") as caught:
        gap(vlm, prompts, late, 1e-3)
    assert caught.value.kind == "Provenance"
