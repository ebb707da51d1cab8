"""Noise, filters and the draw; then whole completions, which must depend on their seed alone."""

import hashlib
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from runners.decoding import decode
from runners.failure import Failure
from runners.prompt import encode
from runners.sampling import Sampling, draw, uniform
from runners.vlm import Vlm
from tests.conftest import question

PLAIN = Sampling(temperature=1, top_p=1, top_k=0, min_p=0, repetition_penalty=1, max_new_tokens=12)
GREEDY = replace(PLAIN, temperature=0)


def test_uniform_is_the_top_53_bits_of_the_first_eight_bytes() -> None:
    word = int.from_bytes(hashlib.sha256(b"s:3").digest()[:8], "little")
    assert uniform("s", 3) == math.floor(word / 2**11) / 2**53
    assert uniform("s", 3) != uniform("s", 4) != uniform("t", 4)


def test_draw_inverts_the_cumulative_distribution() -> None:
    scores = torch.tensor([0.5, 0.25, 0.25]).log().repeat(6, 1)
    assert draw(scores, [0.0, 0.49, 0.51, 0.74, 0.76, 1 - 2**-53]).tolist() == [0, 0, 1, 1, 2, 2]


def test_draw_never_takes_a_filtered_token() -> None:
    scores = torch.tensor([[-torch.inf, 0.3, -torch.inf, 0.1, -torch.inf]]).repeat(2, 1)
    assert draw(scores, [0.0, 1 - 2**-53]).tolist() == [1, 3]


def test_draw_follows_softmax() -> None:
    scores = torch.tensor([1.0, 0.0, -1.0, 2.0])
    count = 20_000
    drawn = draw(scores.repeat(count, 1), [uniform(f"seed {index}", 0) for index in range(count)])
    for token, p in enumerate(scores.softmax(-1).tolist()):
        share = int((drawn == token).sum()) / count
        assert abs(share - p) < 4 * math.sqrt(p * (1 - p) / count)


def test_filters_work_in_the_order_of_generate() -> None:
    # At temperature .5 the odds are squared: .64 .16 .04 .0016, the first three as shares .762 .190 .048. Cut by top_p
    # before the temperature, the third would have a share of .143 and stay.
    scores = torch.tensor([[0.8, 0.4, 0.2, 0.04]]).log()
    context = torch.zeros(1, 1, dtype=torch.long)
    sampling = replace(PLAIN, temperature=0.5, top_k=3, top_p=0.9)
    assert torch.isfinite(sampling.filters()(context, scores)).tolist() == [[True, True, False, False]]
    sampling = replace(sampling, top_p=0.96)
    assert torch.isfinite(sampling.filters()(context, scores)).tolist() == [[True, True, True, False]]


@pytest.mark.parametrize("change", [{"temperature": -1}, {"top_p": 0}, {"max_new_tokens": 0}, {"top_k": None}])
def test_a_setting_out_of_range_or_absent_is_refused(change: dict[str, float | None]) -> None:
    with pytest.raises(Failure, match=next(iter(change))) as caught:
        Sampling.parse({**vars(PLAIN), **change})
    assert caught.value.kind == "BadInput"


def test_a_completion_depends_on_its_seed_alone(vlm: Vlm, images: Path) -> None:
    prompts = [encode(vlm.processor, question(images, index)) for index in range(4)]
    sampling = replace(PLAIN, temperature=0.9, top_p=0.95, repetition_penalty=1.2)
    alone = decode(vlm, [prompts[1]], [0], ["mine"], sampling)[0]
    crowd = decode(vlm, prompts, [3, 0, 1, 2, 1, 3], ["a", "b", "mine", "c", "d", "mine"], sampling)
    assert crowd[2].ids == alone.ids
    assert crowd[2].mean_logprob == pytest.approx(alone.mean_logprob, abs=1e-5)
    assert crowd[4].ids != alone.ids
    assert crowd[5].ids != alone.ids


def test_greedy_decoding_is_that_of_transformers(vlm: Vlm, images: Path) -> None:
    prompts = [encode(vlm.processor, question(images, index)) for index in range(3)]
    ours = [draft.ids for draft in decode(vlm, prompts, [0, 1, 2], ["", "", ""], GREEDY)]
    for prompt, ids in zip(prompts, ours, strict=True):
        theirs = vlm.model.generate(
            input_ids=torch.tensor([prompt.ids]),
            mm_token_type_ids=torch.tensor([prompt.types]),
            pixel_values=prompt.pixel_values,
            image_grid_thw=prompt.grids,
            suppress_tokens=list(vlm.unspeakable),
            max_new_tokens=GREEDY.max_new_tokens,
            do_sample=False,
        )[0, len(prompt.ids) :].tolist()
        assert ids == [token for token in theirs if token not in vlm.end_ids]


def test_the_checkpoints_own_sampling_settings_play_no_part(vlm: Vlm, images: Path) -> None:
    prompt = encode(vlm.processor, question(images, 0))
    before = decode(vlm, [prompt], [0], ["s"], PLAIN)[0].ids
    settings = vlm.model.generation_config
    settings.do_sample, settings.top_k, settings.temperature, settings.repetition_penalty = True, 1, 0.01, 5.0
    assert decode(vlm, [prompt], [0], ["s"], PLAIN)[0].ids == before


def test_completions_end_at_the_end_token_and_not_after(vlm: Vlm, images: Path) -> None:
    prompt = encode(vlm.processor, question(images, 0))
    sampled = decode(vlm, [prompt], [0], ["s"], PLAIN)[0].ids
    cut = sampled.index(sampled[4])
    short = decode(replace(vlm, end_ids=frozenset([sampled[4]])), [prompt], [0], ["s"], PLAIN)[0]
    assert (short.ids, short.finish) == (sampled[:cut], "stop")
    assert decode(vlm, [prompt], [0], ["s"], PLAIN)[0].finish == "length"


def test_image_tokens_are_never_sampled(vlm: Vlm, images: Path) -> None:
    # Of what the seed would have said, everything is forbidden: none of it may come back.
    prompt = encode(vlm.processor, question(images, 0))
    sampled = decode(vlm, [prompt], [0], ["s"], PLAIN)[0].ids
    mute = replace(vlm, unspeakable=tuple(sampled))
    assert not set(decode(mute, [prompt], [0], ["s"], PLAIN)[0].ids) & set(sampled)
