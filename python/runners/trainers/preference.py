"""Preference pairs as batches: prompts through the code of the rollout, completions as the ids that it sampled."""

from collections.abc import Sequence

import torch

from runners.failure import Failure
from runners.protocol import Body
from runners.reference import digests
from runners.spelling import as_text
from runners.trainers.rows import Asked, padded, spoken


class PairCollator(Asked):
    """Makes the batches that TRL's loss expects: all chosen sequences first, then all rejected ones, right-padded."""

    def __call__(self, examples: Sequence[Body]) -> dict[str, torch.Tensor]:
        """examples: [{row: index}]. Returns input_ids, attention_mask, mm_token_type_ids, completion_mask, all
        (2 × pairs, tokens), and pixel_values with image_grid_thw if there are images; ref_chosen_logps and
        ref_rejected_logps, (pairs,), where the rows know what the reference finds."""
        rows = [self.rows[example["row"]] for example in examples]
        prompts = [self.prompt(row) for row in rows] * 2
        completions = [self._completion(row, side) for side in ("chosen", "rejected") for row in rows]
        for row, prompt, ids in zip([*rows, *rows], prompts, completions, strict=True):
            self.fits(row, len(prompt.ids) + len(ids))
        batch = padded(prompts, completions, self.processor.tokenizer.pad_token_id or 0)
        return batch | _known(rows, batch)

    def _completion(self, row: Body, side: str) -> list[int]:
        """What a side is trained on. Of what was sampled, the sampled tokens: what was cut had no end, and where the
        text alone does not give them back, the row has them. What the user wrote is text with an end."""
        tokenizer = self.processor.tokenizer
        text: str = row[side]
        end = [] if row.get(f"{side}_finish") == "length" else [tokenizer.eos_token_id]
        if not row.get("prompt_digest"):
            return [*as_text(tokenizer, text), *end]
        ids: list[int] = row.get(f"{side}_ids") or [*tokenizer(text, add_special_tokens=False)["input_ids"], *end]
        said = tokenizer.decode(
            ids[: len(ids) - len(end)], skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        if f"{side}_ids" in row and said != text:
            raise Failure("Provenance", f"Row {row['id']}: its {side}_ids are not those of its {side} text.")
        return spoken(self, row, side, ids)


def knows_reference(rows: Sequence[Body]) -> bool:
    """Do the rows know what the reference finds of them? All do, or none."""
    known = sum("reference" in row for row in rows)
    if 0 < known < len(rows):
        raise Failure("Provenance", f"{known} of {len(rows)} rows know what the reference finds of them; all must.")
    return known > 0


def _known(rows: Sequence[Body], batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What the reference found of the batch's rows, if somebody has asked it. It must have read the same tokens."""
    if not knows_reference(rows):
        return {}
    known = [row["reference"] for row in rows]
    for row, found, tokens in zip(rows, known, digests(batch), strict=True):
        if found["tokens"] != tokens:
            raise Failure(
                "Provenance", f"Row {row['id']}: the reference was asked about other tokens than are trained."
            )
    return {f"ref_{side}_logps": torch.tensor([found[side] for found in known]) for side in ("chosen", "rejected")}
