"""Preference pairs as batches: prompts through the code of the rollout, completions as the ids that it sampled."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from runners.failure import Failure
from runners.prompt import IMAGE_MARKER, Prompt, encode, messages_of_pair
from runners.protocol import Body
from runners.ranks import ALONE, Rank
from runners.spelling import as_text

# A wrong prompt is nearly always wrong in every row, so this many, spread over the file, are looked at before the
# training starts. The others are checked when their batch is made, before they teach anything.
CHECKED_FIRST = 512

LEADING_MARKERS = re.compile(rf"^(?:\s*{IMAGE_MARKER})*\s*")


def read_pairs(path: Path) -> list[Body]:
    """The JSON array of preference rows."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure("BadInput", f"The preference data {path} cannot be read: {error}") from error
    if not isinstance(rows, list) or not rows:
        raise Failure("BadInput", f"The preference data {path} holds no pairs.")
    return [row if row.get("prompt_digest") else _given(row) for row in rows]


def _given(row: Body) -> Body:
    """A pair of the user's own, whose prompt nobody has sampled from: its images are one or several names, and its
    markers stand before the text, however they are spaced, or are left out."""
    image = row.get("image") or []
    images = [image] if isinstance(image, str) else image
    text = LEADING_MARKERS.sub("", row["prompt"])
    if IMAGE_MARKER in text or row["prompt"].count(IMAGE_MARKER) not in (0, len(images)):
        raise Failure("BadInput", f"Pair {row['id']}: its prompt needs {IMAGE_MARKER} once per image, before its text.")
    return {**row, "image": images, "prompt": IMAGE_MARKER * len(images) + text}


def sees_images(rows: Sequence[Body], processes: int) -> bool:
    """Do the pairs show images? With several processes, all or none must: each waits for the others in every part of
    the network that its own pair goes through."""
    with_images = sum(bool(row["image"]) for row in rows)
    if processes > 1 and 0 < with_images < len(rows):
        raise Failure(
            "BadInput",
            f"{len(rows) - with_images} of {len(rows)} pairs have no image; with training.num_processes above 1 every "
            "pair needs one, or none may have any.",
        )
    return with_images > 0


@dataclass(frozen=True)
class PairCollator:
    """Makes the batches that TRL's loss expects: all chosen sequences first, then all rejected ones, right-padded."""

    rows: Sequence[Body]
    image_root: Path
    processor: Any
    unspeakable: tuple[int, ...]

    def check_prompts(self, rank: Rank = ALONE) -> None:
        """Compares prompt digests of rows spread over the data with those noted at rollout; each process its share."""
        step = max(1, len(self.rows) // CHECKED_FIRST)
        for row in self.rows[::step][rank.index :: rank.count]:
            self._prompt(row)

    def __call__(self, examples: Sequence[Body]) -> dict[str, torch.Tensor]:
        """examples: [{row: index}]. Returns input_ids, attention_mask, mm_token_type_ids, completion_mask, all
        (2 × pairs, tokens), and pixel_values with image_grid_thw if there are images."""
        rows = [self.rows[example["row"]] for example in examples]
        prompts = [self._prompt(row) for row in rows] * 2
        completions = [self._completion(row, side) for side in ("chosen", "rejected") for row in rows]
        width = max(len(prompt.ids) + len(ids) for prompt, ids in zip(prompts, completions, strict=True))
        pad = self.processor.tokenizer.pad_token_id or 0
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
        batch = {name: torch.tensor(values) for name, values in parts.items()}
        pixels = [prompt.pixel_values for prompt in prompts if prompt.pixel_values is not None]
        grids = [prompt.grids for prompt in prompts if prompt.grids is not None]
        if pixels:
            batch |= {"pixel_values": torch.cat(pixels), "image_grid_thw": torch.cat(grids)}
        return batch

    def _prompt(self, row: Body) -> Prompt:
        prompt = encode(self.processor, messages_of_pair(row, self.image_root))
        if row.get("prompt_digest") and prompt.digest != row["prompt_digest"]:
            raise Failure(
                "Provenance",
                f"Pair {row['id']}: training would see another prompt ({prompt.digest[:12]}) than the rollout did "
                f"({str(row['prompt_digest'])[:12]}); prompt files, images or pixel limits changed in between.",
            )
        return prompt

    def _completion(self, row: Body, side: str) -> list[int]:
        """What a side is trained on. Of what was sampled, the sampled tokens: what was cut had no end, and where the
        text alone does not give them back, the row has them. What the user wrote is text with an end."""
        tokenizer = self.processor.tokenizer
        text: str = row[side]
        end = [] if row.get(f"{side}_finish") == "length" else [tokenizer.eos_token_id]
        if not row.get("prompt_digest"):
            return [*as_text(tokenizer, text), *end]
        ids: list[int] = row.get(f"{side}_ids") or [*tokenizer(text, add_special_tokens=False)["input_ids"], *end]
        spoken = tokenizer.decode(
            ids[: len(ids) - len(end)], skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        if f"{side}_ids" in row and spoken != text:
            raise Failure("Provenance", f"Pair {row['id']}: its {side}_ids are not those of its {side} text.")
        if set(ids) & set(self.unspeakable):
            raise Failure("BadInput", f"Pair {row['id']}: its {side} text contains an image token.")
        return ids
