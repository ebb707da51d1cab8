"""FLUX.2 klein through diffusers: its checkpoint on its device, and what it declines to edit."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLFlux2, Flux2KleinPipeline, Flux2Transformer2DModel
from PIL import Image
from transformers import Qwen3ForCausalLM, logging

from runners.device import Compute
from runners.failure import Failure
from runners.spelling import control_tokens
from runners.weights import DIFFUSION, MODEL, check_loaded, check_weights

logging.disable_progress_bar()

INDEX = "model_index.json"
PIPELINE = "Flux2KleinPipeline"


def load_pipeline(model: str, compute: Compute, offload: str) -> Any:
    """The pipeline of the folder `model`, on its device. A checkpoint that lacks a tensor is refused: diffusers would
    fill it with noise and say so only in a warning. Nothing is ever downloaded."""
    index = Path(model) / INDEX
    name = json.loads(index.read_text(encoding="utf-8")).get("_class_name") if index.is_file() else None
    if name != PIPELINE:
        found = f'holds a "{name}"' if name else f"has no {INDEX}"
        raise Failure("BadInput", f"The folder {model} {found}; name that of a {PIPELINE}.")
    device, stays = compute.device, compute.device.type == "cpu" or offload == "none"
    if not stays:
        compute = replace(compute, device=torch.device("cpu"))
    parts = {
        "transformer": _load(Flux2Transformer2DModel, model, "transformer", DIFFUSION, compute),
        "vae": _load(AutoencoderKLFlux2, model, "vae", DIFFUSION, compute),
        "text_encoder": _load(Qwen3ForCausalLM, model, "text_encoder", MODEL, compute, attn_implementation="sdpa"),
    }
    pipeline = Flux2KleinPipeline.from_pretrained(model, local_files_only=True, use_safetensors=True, **parts)
    pipeline.set_progress_bar_config(disable=True)
    # Decoding is where a batch of large views needs most memory and gains least.
    pipeline.vae.enable_slicing()
    if stays:
        return pipeline.to(device)
    if offload == "model":
        pipeline.enable_model_cpu_offload(device=device)
    elif offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=device)
    else:
        raise Failure("BadInput", f'offload is "{offload}"; none, model or sequential is needed.')
    return pipeline


def _load(kind: Any, model: str, part: str, weights: str, compute: Compute, **options: Any) -> Any:
    check_weights(Path(model) / part, weights)
    network, loading = kind.from_pretrained(
        model,
        subfolder=part,
        dtype=compute.dtype,
        local_files_only=True,
        use_safetensors=True,
        output_loading_info=True,
        **options,
    )
    check_loaded(f"{model}/{part}", loading)
    # Each part leaves the host's memory before the next one is read.
    return network.eval().requires_grad_(False).to(compute.device)


def check_settings(pipeline: Any, width: int, height: int, guidance: float) -> None:
    """Refuses what the pipeline would quietly do in another way."""
    grid = 2 * pipeline.vae_scale_factor
    if width % grid or height % grid:
        raise Failure(
            "BadInput",
            f"executor.width × height is {width} × {height}; multiples of {grid} are needed for this editor.",
        )
    if guidance > 1 and pipeline.config.is_distilled:
        raise Failure(
            "BadInput", f"executor.guidance_scale is {guidance:g}, which a distilled checkpoint ignores; 1 is needed."
        )


def declined(pipeline: Any, given: Sequence[Image.Image], instruction: str) -> str | None:
    """Why the editor will not make this view, as far as it can be known beforehand."""
    for image in given:
        try:
            pipeline.image_processor.check_image_input(image)
        except ValueError as error:
            return f"the editor does not take the given image: {error}"
    spelt = control_tokens(pipeline.tokenizer).search(instruction)
    if spelt:
        # The pipeline encodes text by itself: there it would end the turn.
        return f"the instruction spells out the control token {spelt.group()}"
    messages = [{"role": "user", "content": instruction}]
    text = pipeline.tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    tokens, limit = len(pipeline.tokenizer(text)["input_ids"]), pipeline.tokenizer_max_length
    # The pipeline would cut the rest off without a word.
    return f"the instruction has {tokens} tokens; the editor reads {limit}" if tokens > limit else None
