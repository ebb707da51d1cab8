"""What a training would see of its rows: prompts, image tokens, and which tokens it learns."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from runners.failure import Failure
from runners.prompt import IMAGE, Prompt
from runners.protocol import Body
from runners.trainers.rows import IGNORED, Asked


@dataclass(frozen=True)
class Answer:
    """One sequence of a row as the loss sees it.

    answer: tokens learned but for the end; leaked: tokens of the prompt, or behind the end, that are learned; missed:
    tokens of the answer that are not; ended: is the end learned, where there is one?
    """

    id: str
    answer: int
    leaked: int
    missed: int
    ended: bool


def look_at(asked: Asked, places: Sequence[int], beat: Callable[[], None]) -> Body:
    """What the rows at these places ask and, where they bring their answers, teach.

    Returns {prompts: [{id, images, image_tokens, tokens}], answers: [Answer], alike: ids of rows whose two sides are
    the same tokens, sides: sequences of a row, refused: [{id, problem}]}; tokens are those of the longest sequence.
    """
    found: Body = {"prompts": [], "answers": [], "alike": [], "refused": [], "sides": 0}
    for place in places:
        beat()
        row = asked.rows[place]
        try:
            prompt = asked.prompt(row)
            batch = asked([{"row": place}]) if callable(asked) else None
        except Failure as failure:
            found["refused"].append({"id": row["id"], "problem": str(failure)})
            continue
        longest = len(prompt.ids) + asked.room if batch is None else batch["input_ids"].shape[1]
        images = prompt.types.count(IMAGE)
        found["prompts"].append(
            {"id": row["id"], "images": len(row["image"]), "image_tokens": images, "tokens": longest}
        )
        if batch is None:
            continue
        found["answers"] += [asdict(answer) for answer in answers_in(asked, row, prompt, batch)]
        sides = [
            ids[mask.bool()].tolist() for ids, mask in zip(batch["input_ids"], batch["attention_mask"], strict=True)
        ]
        found["sides"] = len(sides)
        if len(sides) > 1 and sides[0] == sides[1]:
            found["alike"].append(row["id"])
    return found


def answers_in(asked: Asked, row: Body, prompt: Prompt, batch: Body) -> Iterator[Answer]:
    """A row's sequences in its own batch: the one answer, or first the chosen, then the rejected one.

    batch: as the trainer's collator makes it of this row alone, (sequences, tokens).
    """
    learned = batch["labels"] != IGNORED if "labels" in batch else batch["completion_mask"].bool()
    end: Any = asked.processor.tokenizer.eos_token_id
    sides = [""] if len(learned) == 1 else ["chosen", "rejected"]
    for at, side in enumerate(sides):
        there = batch["attention_mask"][at].bool()
        own = there.clone()
        own[: len(prompt.ids)] = False
        mask = learned[at]
        taught = batch["input_ids"][at][mask].tolist()
        has_end = bool(taught) and taught[-1] == end
        # What was cut when it was sampled had no end.
        cut = row.get(f"{side}_finish") == "length"
        yield Answer(
            id=row["id"],
            answer=len(taught) - has_end,
            leaked=int((mask & ~own).sum()),
            missed=int((own & ~mask).sum()),
            ended=cut or has_end,
        )


def spread(rows: int, most: int) -> list[int]:
    """At most so many places, spread over all rows."""
    if rows <= most:
        return list(range(rows))
    return [place * rows // most for place in range(most)]
