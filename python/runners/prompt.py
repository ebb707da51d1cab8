"""The one place where messages become token ids and image grids, for rollout, scoring and training alike."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from runners.failure import Failure
from runners.pictures import read_picture
from runners.protocol import Body
from runners.spelling import fill, filled_ids, masked, spells_one

IMAGE_MARKER = "<image>"
# The kind of an image's tokens, in a prompt's types.
IMAGE = 1


@dataclass(frozen=True)
class Prompt:
    """A prompt as the model reads it.

    ids: token ids, each image expanded to its placeholder tokens; types: 0 text, 1 image, per token;
    pixel_values: (patches, channels * time * patch * patch) float32, or None without images;
    grids: (images, 3) patches in time, height, width, or None without images.
    """

    ids: list[int]
    types: list[int]
    pixel_values: torch.Tensor | None
    grids: torch.Tensor | None

    @property
    def digest(self) -> str:
        """sha256 over the token ids and the image grids: equal digests mean that a model saw the same prompt."""
        seen = {"ids": self.ids, "grids": [] if self.grids is None else self.grids.tolist()}
        return hashlib.sha256(json.dumps(seen, separators=(",", ":")).encode()).hexdigest()


def encode(processor: Any, messages: Sequence[Body]) -> Prompt:
    """The prompt of a conversation, up to where the assistant begins to speak. Its texts are text: a control token that
    one of them spells out ends no turn and is no image.

    messages: [{role, content: [{type: "text", text} | {type: "image", image: path}]}].
    """
    if spells_one(processor.tokenizer, messages):
        return encode_apart(processor, messages)
    return _encode(processor, messages, _render(processor, messages))


def encode_apart(processor: Any, messages: Sequence[Body]) -> Prompt:
    """The same for any texts: what the template adds and what the texts say are encoded apart from each other.

    Where no text spells out a control token, the ids are those of `encode`, which is the plainer way to them.
    """
    named, texts = masked(messages)
    rendered = _render(processor, named)
    if fill(rendered, texts) != _render(processor, messages):
        raise Failure(
            "BadInput",
            "A text spells out a control token, and this model's chat template changes the texts that it is given, so "
            "that it cannot be kept apart; take the token out of the data.",
        )
    prompt = _encode(processor, named, rendered)
    ids, types = filled_ids(processor.tokenizer, rendered, prompt.ids, prompt.types, texts)
    return Prompt(ids, types, prompt.pixel_values, prompt.grids)


def _render(processor: Any, messages: Sequence[Body]) -> str:
    text: str = processor.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
    return text


def _encode(processor: Any, messages: Sequence[Body], text: str) -> Prompt:
    images = [
        read_picture(part["image"]) for message in messages for part in message["content"] if part["type"] == "image"
    ]
    try:
        encoded = processor(text=[text], images=images or None, return_tensors="pt")
    except (ValueError, IndexError, StopIteration) as error:
        raise Failure("BadInput", f"A prompt with {len(images)} images cannot be encoded: {error}") from error
    ids = encoded["input_ids"][0].tolist()
    types = encoded["mm_token_type_ids"][0].tolist() if "mm_token_type_ids" in encoded else [0] * len(ids)
    return Prompt(ids, types, encoded.get("pixel_values"), encoded.get("image_grid_thw"))


def messages_of_row(row: Body, image_root: Path) -> list[Body]:
    """The messages behind a row that is trained on: its leading image markers stand for its images, the rest is the
    text. A row of the user's own may have no system message."""
    images: list[str] = row["image"]
    markers = IMAGE_MARKER * len(images)
    prompt: str = row["prompt"]
    if not prompt.startswith(markers) or prompt.startswith(markers + IMAGE_MARKER):
        raise Failure(
            "BadInput",
            f"Row {row['id']}: its prompt must begin with {IMAGE_MARKER} once per image ({len(images)} times).",
        )
    content = [{"type": "image", "image": str(image_root / image)} for image in images]
    user = {"role": "user", "content": [*content, {"type": "text", "text": prompt.removeprefix(markers)}]}
    if not row.get("system") and not row.get("prompt_digest"):
        return [user]
    return [{"role": "system", "content": [{"type": "text", "text": row["system"]}]}, user]
