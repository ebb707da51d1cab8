"""The families of checkpoints that the runners know, told apart by model_type before anything is loaded."""

import json
from pathlib import Path
from typing import Any

from transformers import AutoConfig, GenerationConfig, Qwen2_5_VLProcessor, Qwen2VLProcessor, Qwen3VLProcessor

from runners.failure import Failure

# Named one by one: the automatic class can quietly return a bare tokenizer, which drops every image.
PROCESSORS: dict[str, Any] = {
    "qwen2_vl": Qwen2VLProcessor,
    "qwen2_5_vl": Qwen2_5_VLProcessor,
    "qwen3_vl": Qwen3VLProcessor,
    "qwen3_vl_moe": Qwen3VLProcessor,
}


def kind_of(model: str) -> str:
    """The checkpoint's model_type, one of those that are known; others are refused before anything is loaded."""
    try:
        config = json.loads((Path(model) / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure("BadInput", f"The checkpoint {model} has no readable config.json: {error}") from error
    kind = config.get("model_type")
    if kind not in PROCESSORS:
        raise Failure("BadInput", f'The checkpoint {model} is of type "{kind}"; {", ".join(PROCESSORS)} are known.')
    return str(kind)


def load_processor(model: str, min_pixels: int, max_pixels: int) -> Any:
    """The processor of the model's own class; images are resized to between the two numbers of pixels."""
    processor = PROCESSORS[kind_of(model)].from_pretrained(model)
    processor.image_processor.size = {"shortest_edge": min_pixels, "longest_edge": max_pixels}
    return processor


def unspeakable_in(model: str) -> tuple[int, ...]:
    """What no completion may contain, of a checkpoint that is not loaded."""
    return image_tokens(AutoConfig.from_pretrained(model))


def generation_config(model: str) -> Any:
    """What a checkpoint that is not loaded says of generating, as its network would have it."""
    if (Path(model) / "generation_config.json").is_file():
        return GenerationConfig.from_pretrained(model)
    return GenerationConfig.from_model_config(AutoConfig.from_pretrained(model))


def context_of(model: str) -> int:
    """How many tokens a checkpoint that is not loaded has places for."""
    places: int = AutoConfig.from_pretrained(model).get_text_config().max_position_embeddings
    return places


def heads_of(model: str) -> dict[str, int]:
    """Attention heads of a checkpoint that is not loaded, by the part that has them."""
    config = AutoConfig.from_pretrained(model)
    text = config.get_text_config()
    heads = {"language model": text.num_attention_heads, "vision tower": config.vision_config.num_heads}
    return {part: int(number) for part, number in heads.items()}


def image_tokens(config: Any) -> tuple[int, ...]:
    """The ids that stand for images and videos."""
    return (config.image_token_id, config.video_token_id)
