"""Log-probabilities of given answers, against plain forward passes of the network."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from runners.decoding import decode
from runners.failure import Failure
from runners.logprob import answer_ids, answer_logprobs, distributions
from runners.prompt import Prompt, encode
from runners.sampling import Sampling
from runners.vlm import Vlm, collate, load_vlm
from tests.conftest import COMPUTE, PIXELS, question
from tests.test_prompt import SETTINGS

ANSWERS = ["red", "the red box is behind", "a green cone"]


def by_hand(vlm: Vlm, prompt: Prompt, ids: list[int]) -> list[float]:
    """One token after the other, a whole forward pass each, no padding, no cache."""
    found = []
    for index, token in enumerate(ids):
        seen = [*prompt.ids, *ids[:index]]
        logits = vlm.model(
            input_ids=torch.tensor([seen]),
            mm_token_type_ids=torch.tensor([prompt.types + [0] * index]),
            pixel_values=prompt.pixel_values,
            image_grid_thw=prompt.grids,
        ).logits[0, -1]
        found.append(math.log(float(logits.double().softmax(-1)[token])))
    return found


def test_sum_and_mean_are_those_of_single_steps(vlm: Vlm, images: Path) -> None:
    prompts = [encode(vlm.processor, question(images, index)) for index in range(3)]
    for prompt, answer, result in zip(prompts, ANSWERS, answer_logprobs(vlm, prompts, ANSWERS), strict=True):
        steps = by_hand(vlm, prompt, answer_ids(vlm, answer))
        assert result.tokens == len(steps)
        assert result.sum_logprob == pytest.approx(sum(steps), abs=1e-4)
        assert result.mean_logprob == pytest.approx(sum(steps) / len(steps), abs=1e-4)


def test_a_prompt_without_images_may_share_a_batch(vlm: Vlm, images: Path) -> None:
    text_only = encode(vlm.processor, [{"role": "user", "content": [{"type": "text", "text": "What is behind?"}]}])
    mixed = [encode(vlm.processor, question(images, 2)), text_only]
    together = answer_logprobs(vlm, mixed, ["red", "red"])
    apart = [answer_logprobs(vlm, [prompt], ["red"])[0] for prompt in mixed]
    for one, other in zip(together, apart, strict=True):
        assert one.sum_logprob == pytest.approx(other.sum_logprob, abs=1e-4)


def test_distributions_sum_to_one(vlm: Vlm, images: Path) -> None:
    logps = distributions(vlm, [encode(vlm.processor, question(images, 0))], [[40, 41, 42]])[0]
    assert logps.shape[0] == 3
    assert logps.exp().sum(-1).tolist() == pytest.approx([1, 1, 1], abs=1e-5)


def test_a_completions_own_mean_is_what_scoring_its_tokens_gives(vlm: Vlm, images: Path) -> None:
    # Sampled with settings that bend the distribution: the mean is of raw logits at temperature 1 all the same.
    sampling = Sampling(temperature=0.5, top_p=0.9, top_k=0, min_p=0, repetition_penalty=1.3, max_new_tokens=6)
    prompt = encode(vlm.processor, question(images, 1))
    draft = decode(vlm, [prompt], [0], ["s"], sampling)[0]
    logps = distributions(vlm, [prompt], [draft.ids])[0]
    scored = [float(logps[place, token]) for place, token in enumerate(draft.ids)]
    assert draft.mean_logprob == pytest.approx(sum(scored) / len(scored), abs=1e-4)


def test_an_empty_answer_has_no_probability(vlm: Vlm, images: Path) -> None:
    with pytest.raises(Failure, match="empty"):
        answer_logprobs(vlm, [encode(vlm.processor, question(images, 0))], [""])


def test_a_model_in_half_precision_is_scored_in_float32(toy: Path, vlm: Vlm, images: Path) -> None:
    half = load_vlm(str(toy), None, replace(COMPUTE, dtype=torch.bfloat16), PIXELS, PIXELS)
    prompt = encode(half.processor, question(images, 0))
    ids = answer_ids(half, ANSWERS[1])
    batch = collate(half, [prompt], [ids])
    with torch.inference_mode():
        logits = half.model(**batch.inputs, position_ids=batch.positions).logits[0, -len(ids) - 1 : -1]
    assert logits.dtype is torch.bfloat16
    exact = logits.double().log_softmax(-1).gather(1, torch.tensor(ids).unsqueeze(1)).sum()
    [scored] = answer_logprobs(half, [prompt], [ANSWERS[1]])
    assert scored.sum_logprob == pytest.approx(float(exact), abs=1e-5)
    # In bfloat16 itself a log-probability comes in steps of a hundredth and more.
    coarse = logits.log_softmax(-1).gather(1, torch.tensor(ids).unsqueeze(1)).sum()
    assert abs(float(coarse) - float(exact)) > 1e-3

    [draft] = decode(half, [prompt], [0], ["s"], Sampling.parse(SETTINGS | {"max_new_tokens": 1}))
    first = half.model(**(one := collate(half, [prompt], [[]])).inputs, position_ids=one.positions).logits[0, -1]
    assert draft.logprobs[0] == pytest.approx(float(first.double().log_softmax(-1)[draft.ids[0]]), abs=1e-5)


def test_what_is_no_number_is_neither_scored_nor_drawn(toy: Path, images: Path) -> None:
    broken = load_vlm(str(toy), None, COMPUTE, PIXELS, PIXELS)
    broken.model.lm_head.weight[7, 0] = math.nan
    prompt = encode(broken.processor, question(images, 0))
    with pytest.raises(Failure, match="not finite"):
        answer_logprobs(broken, [prompt], [ANSWERS[0]])
    # Drawn all the same, it could be a token beyond the vocabulary, which costs a GPU its process.
    with pytest.raises(Failure, match="not finite"):
        decode(broken, [prompt], [0], ["s"], Sampling.parse(SETTINGS))
