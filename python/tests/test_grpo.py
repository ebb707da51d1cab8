"""GRPO at toy size: what is drawn, what is rewarded, and what a resumed training writes."""

import json
import math
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from runners.adapter import WEIGHTS
from runners.failure import Failure
from runners.judge import Judge, Scored, scored_of
from runners.logprob import distributions
from runners.prompt import encode, messages_of_row
from runners.ranks import ALONE
from runners.repetition import repetition
from runners.trainers.grpo import asked_of, training_of
from runners.trainers.job import Job as TrainJob
from runners.vllm_sampler import VllmSampler
from runners.vlm import Vlm
from tests.conftest import COMPUTE, Heard, trained_here, training_request
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


def early(row: int, text: str) -> dict[str, Any]:
    """The more of a text's letters stand in the first half of the alphabet, the better."""
    said = [letter for letter in text.lower() if letter.isalpha()]
    return {"reward": sum(letter < "n" for letter in said) / max(1, len(said)), "parts": {"said": len(said)}}


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
    batch = {"num_generations": 8, "per_device_train_batch_size": 32, "gradient_accumulation_steps": 1}
    loud = {"learning_rate": 0.05, "beta": 0.001, "lr_scheduler_type": "constant", "warmup_steps": 0}
    with judging(tmp_path, by(early)) as judge:
        request = grpo_request(
            tmp_path / "a", toy, images, judge, **batch, **loud, num_train_epochs=12, save_steps=None
        )
        heard = trained_here(request)
    steps = steps_of(heard)
    rewards = [step["reward"] for step in steps]
    assert sum(rewards[-3:]) / 3 > sum(rewards[:3]) / 3 + 0.05
    # A fresh adapter is its reference, and every token counts.
    assert (steps[0]["kl"], steps[0]["clipped_share"]) == (0, 0)
    assert steps[-1]["kl"] > 0
    assert heard.events[-1]["metrics"]["questions"] == 4
    # What the judge's rewards are made of is reported beside them.
    assert steps[0]["said"] > 0


def test_groups_without_a_gradient_are_counted(tmp_path: Path, toy: Path, images: Path) -> None:
    def first_question(row: int, text: str) -> dict[str, Any]:
        return early(row, text) if row == 0 else {"reward": 0.5, "parts": {}}

    with judging(tmp_path, by(first_question)) as judge:
        heard = trained_here(grpo_request(tmp_path / "a", toy, images, judge, num_train_epochs=1, save_steps=None))
    # Two questions a step, and one of all four whose completions differ.
    assert sorted(step["frac_reward_zero_std"] for step in steps_of(heard)) == [0.5, 1]


def test_questions_with_and_without_an_image_are_learned_from_together(tmp_path: Path, toy: Path, images: Path) -> None:
    with judging(tmp_path, by(early)) as judge:
        request = grpo_request(tmp_path / "a", toy, images, judge, num_train_epochs=1, save_steps=None)
        rows = [question(index) | ({"image": []} if index % 2 else {}) for index in range(4)]
        Path(request["data"]).write_text(json.dumps(rows))
        heard = trained_here(request)
    # A group a pass: two of the four passes look at nothing.
    assert [step["grad_norm"] > 0 for step in steps_of(heard)] == [True, True]


def test_resumed_it_writes_the_same_bytes(tmp_path: Path, toy: Path, images: Path) -> None:
    with judging(tmp_path, by(early)) as judge:
        request = grpo_request(tmp_path / "a", toy, images, judge, save_steps=1)
        undisturbed = trained_here(request)
        # In the middle of the second epoch, whose order is another one than the first's.
        again = grpo_request(tmp_path / "b", toy, images, judge, save_steps=1)
        resumed = trained_here(again | {"resume_from": str(tmp_path / "a/checkpoints/checkpoint-3")})
    assert steps_of(resumed) == steps_of(undisturbed)[3:]
    adapter = f"output/model_lora/{WEIGHTS}"
    assert (tmp_path / "b" / adapter).read_bytes() == (tmp_path / "a" / adapter).read_bytes()


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_best_checkpoint_is_kept_beside_the_last_also_when_resumed(tmp_path: Path, toy: Path, images: Path) -> None:
    # What of the held-out questions, rows 4 and 5, is worth after each of four steps.
    worths = [0.25, 0.75, 0.5, 0.75]

    def judged(asked: list[float]) -> Callable[[int, str], dict[str, Any]]:
        def worth(row: int, text: str) -> dict[str, Any]:
            if row < 4:
                return early(row, text)
            asked.append(worths[len(asked) // 2])
            return {"reward": asked[-1], "parts": {}}

        return worth

    def request_in(folder: str, judge: str) -> dict[str, Any]:
        request = grpo_request(tmp_path / folder, toy, images, judge, save_steps=1)
        held_out = tmp_path / folder / "held-out.json"
        held_out.write_text(json.dumps([question(index) for index in (4, 5)]))
        return request | {"validation": str(held_out)}

    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    with judging(tmp_path / "a", by(judged([]))) as judge:
        undisturbed = trained_here(request_in("a", judge))
    with judging(tmp_path / "b", by(judged([0.25] * 4))) as judge:
        checkpoint = tmp_path / "a/checkpoints/checkpoint-2"
        resumed = trained_here(request_in("b", judge) | {"resume_from": str(checkpoint)})
    assert [step["val_reward"] for step in steps_of(undisturbed)] == worths
    assert steps_of(resumed) == steps_of(undisturbed)[2:]
    made = files_below(tmp_path / "a/output")
    assert json.loads(made["validation.json"])["best"] == 2
    assert made[f"best/model_lora/{WEIGHTS}"] == made[f"checkpoint-2/model_lora/{WEIGHTS}"]
    assert made[f"model_lora/{WEIGHTS}"] == made[f"checkpoint-4/model_lora/{WEIGHTS}"]
    assert made[f"best/model_lora/{WEIGHTS}"] != made[f"model_lora/{WEIGHTS}"]
    assert files_below(tmp_path / "b/output") == made


def job_of(tmp_path: Path, toy: Path, images: Path, vlm: Vlm, **settings: Any) -> TrainJob:
    return TrainJob(
        settings=GRPO | settings,
        model=str(toy),
        reference=None,
        data=tmp_path / "rows.json",
        image_root=images,
        processor=vlm.processor,
        unspeakable=vlm.unspeakable,
        context=4096,
        compute=COMPUTE,
        rank=ALONE,
        seed=0,
        checkpoints=str(tmp_path),
        zero=None,
        judge="",
    )


def test_what_is_drawn_is_what_is_weighed(tmp_path: Path, toy: Path, images: Path, vlm: Vlm) -> None:
    job = job_of(tmp_path, toy, images, vlm)
    rows = [question(index) for index in range(4)]
    rows[1] |= {"prompt": "What does <|im_end|> spell, and what does <|image_pad|>?"}
    job.data.write_text(json.dumps(rows))
    trainer = training_of(job).trainer
    trainer.model.train()
    trainer._reward = trainer.reward_funcs[0] = lambda completion_ids, **_: [
        float(len(set(ids))) for ids in completion_ids
    ]
    drawn = trainer._generate_and_score_completions([{"prompt": str(index)} for index in (0, 0, 0, 0, 1, 1, 1, 1)])
    inputs = {name: drawn[name] for name in ("pixel_values", "image_grid_thw", "mm_token_type_ids", "num_images")}
    ids = torch.cat([drawn["prompt_ids"], drawn["completion_ids"]], dim=1)
    mask = torch.cat([drawn["prompt_mask"], drawn["completion_mask"]], dim=1)
    width = drawn["completion_ids"].shape[1]
    with torch.no_grad():
        logps, _, _ = trainer._get_per_token_logps_and_entropies(trainer.model, ids, mask, width, 4, **inputs)
    for at, place in enumerate((0, 0, 0, 0, 1, 1, 1, 1)):
        prompt = encode(
            vlm.processor, messages_of_row({**rows[place], "prompt": f"<image>{rows[place]['prompt']}"}, images)
        )
        # The prompt is the rollout's: what a text spells out is no token.
        assert drawn["prompt_ids"][at][drawn["prompt_mask"][at].bool()].tolist() == prompt.ids
        said = drawn["completion_ids"][at][drawn["completion_mask"][at].bool()].tolist()
        expected = distributions(vlm, [prompt], [said])[0].gather(1, torch.tensor(said).unsqueeze(1)).squeeze(1)
        assert torch.allclose(logps[at, : len(said)], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ({"rewards": []}, "Infrastructure", "asked for 8 rewards"),
        ({"rewards": [{"reward": None}] * 8}, "Infrastructure", "a finite reward is needed"),
        ({"error": {"type": "BadInput", "message": 'Row "a" has no truth.'}}, "BadInput", 'Row "a" has no truth'),
        ("nothing", "Infrastructure", "asked for 8 rewards"),
    ],
)
def test_no_completion_has_a_reward_by_default(
    tmp_path: Path, toy: Path, images: Path, answer: Any, kind: str, said: str
) -> None:
    with judging(tmp_path, lambda _: answer) as judge, pytest.raises(Failure, match=said) as caught:
        trained_here(grpo_request(tmp_path / "a", toy, images, judge))
    assert caught.value.kind == kind


def test_a_judge_that_is_gone_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="does not answer") as caught:
        Judge(str(tmp_path / "nobody")).ask([(0, "left")])
    assert caught.value.kind == "Infrastructure"


@pytest.mark.parametrize("reward", [math.nan, math.inf, True, "1", None])
def test_a_reward_is_a_finite_number(reward: Any) -> None:
    assert scored_of({"rewards": [{"reward": 1, "parts": {"a": 0}}]}, 1) == [Scored(1.0, {"a": 0.0})]
    with pytest.raises(Failure, match="finite"):
        scored_of({"rewards": [{"reward": reward}]}, 1)
    with pytest.raises(Failure, match="finite"):
        scored_of({"rewards": [{"reward": 1, "parts": {"a": reward}}]}, 1)


def test_repetition_is_the_share_of_what_was_said_before() -> None:
    # Runs of three: 1 2 3, 2 3 1, 3 1 2, and 1 2 3 again.
    assert repetition([1, 2, 3, 1, 2, 3]) == 0.25
    assert repetition([7] * 5) == pytest.approx(2 / 3)
    assert repetition([1, 1]) == 0


VLLM = {"use_vllm": True, "vllm": {"max_model_len": 40, "memory_share": 0.3}}


def test_without_vllm_its_command_is_named(tmp_path: Path, toy: Path, images: Path) -> None:
    with pytest.raises(Failure, match='run "make vllm"'):
        trained_here(grpo_request(tmp_path, toy, images, "", **VLLM))


def test_what_vllm_cannot_hold_is_refused_before_it_starts(tmp_path: Path, toy: Path, images: Path, vlm: Vlm) -> None:
    with pytest.raises(Failure, match="tuning qlora, whose base vLLM has not"):
        VllmSampler(job_of(tmp_path, toy, images, vlm, **VLLM, tuning="qlora"))
    sharded = replace(job_of(tmp_path, toy, images, vlm, **VLLM), zero={"zero_optimization": {"stage": 3}})
    with pytest.raises(Failure, match="ZeRO's stage 3; use stage 1 or 2"):
        VllmSampler(sharded)
    # Also a prompt for which it has no places: found later, it would end a training that has gone on for days.
    job = job_of(tmp_path, toy, images, vlm, **VLLM)
    row = {**question(0), "prompt": "<image>What is behind the wall?"}
    with pytest.raises(Failure, match=r"question-0 takes \d+ tokens, and training.vllm.max_model_len is 40; lower"):
        asked_of(job, [row]).check_prompts()


def test_too_few_questions_for_a_step_are_refused(tmp_path: Path, toy: Path, images: Path) -> None:
    with pytest.raises(Failure, match="takes 8 questions and there are 4"):
        trained_here(grpo_request(tmp_path, toy, images, "", gradient_accumulation_steps=8))
