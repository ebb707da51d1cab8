"""Rows as they are trained on: read, and what they ask encoded through the code of the rollout."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from runners.failure import Failure
from runners.prompt import IMAGE_MARKER, Prompt, encode, messages_of_row
from runners.protocol import Body
from runners.ranks import ALONE, Rank

# A wrong prompt is nearly always wrong in every row, so this many, spread over the file, are looked at before the
# training starts. The others are checked when their batch is made, before they teach anything.
CHECKED_FIRST = 512

LEADING_MARKERS = re.compile(rf"^(?:\s*{IMAGE_MARKER})*\s*")

# What the loss leaves out, in labels.
IGNORED = -100


def read_rows(path: Path) -> list[Body]:
    """The JSON array of an algorithm's rows."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure("BadInput", f"The training data {path} cannot be read: {error}") from error
    if not isinstance(rows, list) or not rows:
        raise Failure("BadInput", f"The training data {path} holds no rows.")
    return [row if row.get("prompt_digest") else _given(row) for row in rows]


def _given(row: Body) -> Body:
    """A row whose prompt nobody has sampled from: its images are one or several names, and its markers stand before
    the text, however they are spaced, or are left out."""
    image = row.get("image") or []
    images = [image] if isinstance(image, str) else image
    text = LEADING_MARKERS.sub("", row["prompt"])
    if IMAGE_MARKER in text or row["prompt"].count(IMAGE_MARKER) not in (0, len(images)):
        raise Failure("BadInput", f"Row {row['id']}: its prompt needs {IMAGE_MARKER} once per image, before its text.")
    return {**row, "image": images, "prompt": IMAGE_MARKER * len(images) + text}


def sees_images(rows: Sequence[Body], processes: int) -> bool:
    """Do the rows show images? With several processes, all or none must: each waits for the others in every part of
    the network that its own row goes through."""
    with_images = sum(bool(row["image"]) for row in rows)
    if processes > 1 and 0 < with_images < len(rows):
        raise Failure(
            "BadInput",
            f"{len(rows) - with_images} of {len(rows)} rows have no image; with training.num_processes above 1 every "
            "row needs one, or none may have any.",
        )
    return with_images > 0


@dataclass(frozen=True)
class Asked:
    """What rows ask.

    context: tokens that the model has places for; room: those of them that a completion may take; places: whose
    the number is, in words.
    """

    rows: Sequence[Body]
    image_root: Path
    processor: Any
    unspeakable: tuple[int, ...]
    context: int
    room: int = 0
    places: str = "the model has places for"

    def check_prompts(self, rank: Rank = ALONE) -> None:
        """Looks at prompts spread over the data, each process at its share."""
        step = max(1, len(self.rows) // CHECKED_FIRST)
        for row in self.rows[::step][rank.index :: rank.count]:
            self.prompt(row)

    def prompt(self, row: Body) -> Prompt:
        """What a row asks; where the rollout has noted what it saw, training must see the same."""
        prompt = encode(self.processor, messages_of_row(row, self.image_root))
        if row.get("prompt_digest") and prompt.digest != row["prompt_digest"]:
            raise Failure(
                "Provenance",
                f"Row {row['id']}: training would see another prompt ({prompt.digest[:12]}) than the rollout did "
                f"({str(row['prompt_digest'])[:12]}); prompt files, images or pixel limits changed in between.",
            )
        self.fits(row, len(prompt.ids) + self.room)
        return prompt

    def fits(self, row: Body, tokens: int) -> None:
        """Refuses what the model has no places for: cut, it would teach something else."""
        if tokens > self.context:
            raise Failure(
                "BadInput",
                f"Row {row['id']} takes {tokens} tokens, and {self.places} {self.context}; lower max_pixels "
                "or shorten its texts.",
            )


def spoken(asked: Asked, row: Body, name: str, ids: list[int]) -> list[int]:
    """A completion's ids, none of which may stand for an image."""
    if set(ids) & set(asked.unspeakable):
        raise Failure("BadInput", f"Row {row['id']}: its {name} text contains an image token.")
    return ids


def padded(prompts: Sequence[Prompt], completions: Sequence[Sequence[int]], pad: int) -> dict[str, torch.Tensor]:
    """Prompts, each followed by its completion, right-padded: input_ids, attention_mask, mm_token_type_ids,
    completion_mask, all (rows, tokens), and pixel_values with image_grid_thw if there are images."""
    width = max(len(prompt.ids) + len(ids) for prompt, ids in zip(prompts, completions, strict=True))
    parts: dict[str, list[list[int]]] = {
        "input_ids": [],
        "attention_mask": [],
        "mm_token_type_ids": [],
        "completion_mask": [],
    }
    for prompt, ids in zip(prompts, completions, strict=True):
        length = len(prompt.ids) + len(ids)
        rest = width - length
        parts["input_ids"].append([*prompt.ids, *ids, *[pad] * rest])
        parts["attention_mask"].append([1] * length + [0] * rest)
        parts["mm_token_type_ids"].append([*prompt.types, *[0] * (len(ids) + rest)])
        parts["completion_mask"].append([0] * len(prompt.ids) + [1] * len(ids) + [0] * rest)
    return {name: torch.tensor(values) for name, values in parts.items()} | pixels_of(prompts)


def pixels_of(prompts: Sequence[Prompt]) -> dict[str, torch.Tensor]:
    """The pixels of all prompts' images, one after the other; nothing where there are none."""
    pixels = [prompt.pixel_values for prompt in prompts if prompt.pixel_values is not None]
    grids = [prompt.grids for prompt in prompts if prompt.grids is not None]
    return {"pixel_values": torch.cat(pixels), "image_grid_thw": torch.cat(grids)} if pixels else {}
