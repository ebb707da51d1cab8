"""Loads a vision-language checkpoint, with or without a LoRA adapter, and says what it needs to be spoken to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForImageTextToText, logging
from transformers.integrations import is_deepspeed_zero3_enabled

from runners.adapter import attach_adapter
from runners.ahead import in_turn
from runners.device import Compute
from runners.families import generation_config, image_tokens, kind_of, load_processor, unspeakable_in
from runners.prompt import Prompt
from runners.protocol import Body
from runners.weights import check_loaded, check_weights

logging.disable_progress_bar()


@dataclass(frozen=True)
class Speech:
    """How a model is spoken to, whoever computes it. `end_ids` end a completion; `unspeakable` stand for images and
    videos, so no completion may contain them."""

    processor: Any
    device: torch.device
    end_ids: frozenset[int]
    unspeakable: tuple[int, ...]

    @property
    def tokenizer(self) -> Any:
        return self.processor.tokenizer


@dataclass(frozen=True)
class Vlm(Speech):
    """A loaded model. `model` is the bare network, adapter layers inside it."""

    model: Any


def load_vlm(model: str, adapter: str | None, compute: Compute, min_pixels: int, max_pixels: int) -> Vlm:
    """Loads base and adapter for inference. `model` and `adapter` are folders; the adapter stays unmerged."""
    network = load_network(model, compute)
    if adapter is not None:
        network = attach_adapter(network, adapter).get_base_model()
    processor = load_processor(model, min_pixels, max_pixels)
    in_turn(processor.tokenizer)
    return vlm_of(network.eval().requires_grad_(False), processor)


def vlm_of(network: Any, processor: Any) -> Vlm:
    """The pieces that sampling and scoring need, read from a network and its processor."""
    return Vlm(
        model=network,
        processor=processor,
        device=network.device,
        end_ids=_ends(processor, network.generation_config),
        unspeakable=image_tokens(network.config),
    )


def speech_of(model: str, device: torch.device, min_pixels: int, max_pixels: int) -> Speech:
    """How a checkpoint is spoken to that something else loads."""
    processor = load_processor(model, min_pixels, max_pixels)
    in_turn(processor.tokenizer)
    return Speech(processor, device, _ends(processor, generation_config(model)), unspeakable_in(model))


def _ends(processor: Any, settings: Any) -> frozenset[int]:
    configured = getattr(settings, "eos_token_id", None)
    configured = [configured] if isinstance(configured, int) else configured or []
    return frozenset([processor.tokenizer.eos_token_id, *configured])


def load_network(model: str, compute: Compute, quantised: Body | None = None) -> Any:
    """The model's own class in the wanted dtype. A checkpoint that lacks a tensor is refused, not filled with noise.

    quantised: further arguments of from_pretrained, for weights that are held in fewer bits.
    """
    kind_of(model)
    check_weights(Path(model))
    # Tensor by tensor onto the device: loaded first, a checkpoint that is read in another dtype than it is stored in
    # would lie in host memory as a whole, once for every process of a host. Under ZeRO-3 each process takes its share.
    placed = {} if is_deepspeed_zero3_enabled() else {"device_map": {"": compute.device}}
    network, loading = AutoModelForImageTextToText.from_pretrained(
        model,
        dtype=compute.dtype,
        attn_implementation=compute.attn_implementation,
        use_safetensors=True,
        output_loading_info=True,
        **placed,
        **(quantised or {}),
    )
    check_loaded(model, loading)
    return network


@dataclass(frozen=True)
class Batch:
    """Left-padded sequences, ready for the network.

    inputs: keyword arguments of its forward, all but positions; positions: (3, rows, tokens), time, height, width.
    """

    inputs: dict[str, torch.Tensor]
    positions: torch.Tensor


def collate(vlm: Vlm, prompts: Sequence[Prompt], continuations: Sequence[Sequence[int]]) -> Batch:
    """Pads prompts, each followed by its continuation (possibly empty), to one batch whose rows end together."""
    rows = [[*prompt.ids, *more] for prompt, more in zip(prompts, continuations, strict=True)]
    width = max(map(len, rows))
    pad = vlm.tokenizer.pad_token_id or 0

    def padded(values: list[int], filler: int) -> list[int]:
        return [filler] * (width - len(values)) + values

    types = [padded([*prompt.types, *[0] * len(more)], 0) for prompt, more in zip(prompts, continuations, strict=True)]
    inputs = {
        "input_ids": torch.tensor([padded(row, pad) for row in rows]),
        "attention_mask": torch.tensor([padded([1] * len(row), 0) for row in rows]),
        "mm_token_type_ids": torch.tensor(types),
    }
    pixels = [prompt.pixel_values for prompt in prompts if prompt.pixel_values is not None]
    grids = [prompt.grids for prompt in prompts if prompt.grids is not None]
    if pixels:
        inputs |= {"pixel_values": torch.cat(pixels), "image_grid_thw": torch.cat(grids)}
    # Positions first: image by image, each would have to be asked back from the device.
    positions = _positions(vlm, inputs)
    return Batch({name: value.to(vlm.device) for name, value in inputs.items()}, positions.to(vlm.device))


def _positions(vlm: Vlm, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    # Computed here and passed in, because the network caches what it computes itself from one batch to the next.
    mask = inputs["attention_mask"]
    if "image_grid_thw" not in inputs:
        return (mask.cumsum(dim=-1) - 1).clamp(min=0).expand(3, -1, -1)
    positions, _ = vlm.model.model.get_rope_index(
        inputs["input_ids"],
        mm_token_type_ids=inputs["mm_token_type_ids"],
        image_grid_thw=inputs["image_grid_thw"],
        attention_mask=mask,
    )
    return positions  # type: ignore[no-any-return]
