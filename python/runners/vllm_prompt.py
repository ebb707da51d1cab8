"""Prompts and sampling settings in vLLM's words. Token ids and pixels are the house's own (runners/prompt.py): vLLM
neither renders, nor tokenises, nor resizes anything."""

import hashlib
from itertools import groupby
from typing import Any

import torch
from vllm import SamplingParams
from vllm.inputs.engine import mm_input, tokens_input
from vllm.multimodal.inputs import MultiModalFieldConfig, MultiModalKwargsItems, PlaceholderRange
from vllm.sampling_params import RequestOutputKind

from runners.failure import Failure
from runners.prompt import IMAGE, Prompt
from runners.vllm_draw import TOKENS, Drawn, Given


def input_of(prompt: Prompt) -> Any:
    """vLLM's input for a prompt."""
    if prompt.pixel_values is None or prompt.grids is None:
        return tokens_input(prompt.ids)
    patches = prompt.grids.prod(-1)
    fields = {
        "pixel_values": MultiModalFieldConfig.flat_from_sizes("image", patches),
        "image_grid_thw": MultiModalFieldConfig.batched("image", keep_on_cpu=True),
    }
    read = {"pixel_values": prompt.pixel_values, "image_grid_thw": prompt.grids}
    images = torch.split(prompt.pixel_values, patches.tolist())
    return mm_input(
        prompt.ids,
        MultiModalKwargsItems.from_hf_inputs(read, fields),
        {"image": [_digest(image.numpy().tobytes(), grid) for image, grid in zip(images, prompt.grids, strict=True)]},
        {"image": _places(prompt)},
    )


def _places(prompt: Prompt) -> list[Any]:
    """Where each image's tokens stand."""
    places = []
    at = 0
    for kind, run in groupby(prompt.types):
        length = len(list(run))
        if kind == IMAGE:
            places.append(PlaceholderRange(offset=at, length=length))
        at += length
    if prompt.grids is None or len(places) != len(prompt.grids):
        raise Failure("BadInput", "A prompt's images stand side by side without a token between them; vLLM needs one.")
    return places


def _digest(pixels: bytes, grid: Any) -> str:
    return hashlib.sha256(str(grid.tolist()).encode() + pixels).hexdigest()


def params_of(tokens: Drawn | Given, most: int, end_ids: frozenset[int]) -> Any:
    """How vLLM is asked for at most so many tokens: which ones is the house's own affair, and nothing of it comes from
    vLLM's defaults or the checkpoint's."""
    return SamplingParams(
        temperature=0,
        max_tokens=most,
        stop_token_ids=sorted(end_ids),
        ignore_eos=not end_ids,
        # Of raw logits, at temperature 1, of the token alone.
        logprobs=0,
        detokenize=False,
        output_kind=RequestOutputKind.FINAL_ONLY,
        extra_args={TOKENS: tokens},
    )
