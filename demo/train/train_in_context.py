"""Trains the toy critic of the pointer selector's demo: it answers from a picture, and learns from examples before it.

    node demo/world/numbered-rooms.ts --out rooms --seed train-rooms --pool 6000 --queries 0 --test 400
    python demo/train/train_in_context.py --rooms rooms --from demo/snowball/critic --out looks --seed N --stop 750
    python demo/train/train_in_context.py --rooms rooms --from looks --out FOLDER --seed N --vision-rests --stop 500

It starts from the snowball's critic, which knows the things, and learns to see them in these rooms; then, while the
vision tower rests, to read the number in what came before, which takes longer and is cheap. In every sequence each
colour has another number, drawn anew: what stands beside a thing is seen, and the number can only be read in an example
with an answer of the same colour. With none before it, all numbers are equally likely.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from architecture import build_processor, save
from dialogues import IGNORED
from fixed_grid import FixedGrid, Seen
from made_by import write_made_by
from numpy.typing import NDArray
from PIL import Image
from scenes import CELLS, SIDE
from tokens import WORDS, build_tokenizer
from torch import Tensor
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from transformers import PreTrainedTokenizerFast, Qwen3VLForConditionalGeneration

STEPS = 1500
BATCH = 24
LEARNING_RATE = 1e-3
WARM_UP = 40
LOG_EVERY = 50

SHOTS = [1, 2, 3, 3]
"""Numbers of examples, equally often. Of every example the answer is learned, too."""

COLOURS = 2
"""Different colours of the answers in a sequence: few, so that most numbers can be read in what came before."""

NUMBER_WEIGHT = 3.0
"""How much a number counts beside a word, of which there are two, and soon known."""

SHORT = "Answer with a word or a short phrase."
"""What src/pipeline/pointer-selector/prompt.ts says to the model."""


@dataclass(frozen=True)
class Room:
    """A picture of the training world, and what is asked and seen in it."""

    pixels: NDArray[np.uint8]
    question: str
    seen: str
    colour: str
    """Of what is seen."""


def load_rooms(folder: Path, name: str) -> list[Room]:
    """The rooms of a file; the numbers of its own world are left aside."""
    rooms = []
    for line in (folder / f"{name}.jsonl").read_text().splitlines():
        row = json.loads(line)
        seen = row["answer"].rsplit(" ", 1)[0]
        pixels = np.asarray(Image.open(folder / row["image"]).convert("RGB"))
        rooms.append(Room(pixels, row["question"], seen, seen.split(" ")[0]))
    return rooms


class Spelling:
    """Token ids of examples and a query, as the product's prompt and the chat template have them."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self.tokenizer = tokenizer
        self.picture = self.ids("<|vision_start|>" + "<|image_pad|>" * CELLS * CELLS + "<|vision_end|>")
        self.begin, self.turn = self.ids("<|im_start|>user\n"), self.ids("<|im_end|>\n<|im_start|>assistant\n")

    def ids(self, text: str) -> list[int]:
        found: list[int] = self.tokenizer(text)["input_ids"]
        return found

    def sequence(self, rooms: Sequence[Room], numbers: dict[str, int]) -> tuple[list[int], list[int]]:
        """Ids, and labels where answers are; the last room is asked about."""
        ids, labels = list(self.begin), [IGNORED] * len(self.begin)

        def add(more: list[int], learned: bool) -> None:
            ids.extend(more)
            labels.extend(more if learned else [IGNORED] * len(more))

        for at, room in enumerate(rooms):
            answer = f"{room.seen} {numbers[room.colour]}"
            add(self.picture, learned=False)
            if at + 1 < len(rooms):
                add(self.ids(f"Question: {room.question}\nAnswer:"), learned=False)
                add(self.ids(f" {answer}"), learned=True)
                add(self.ids("\n"), learned=False)
            else:
                add(self.ids(f"{SHORT}\nQuestion: {room.question}\nAnswer:") + self.turn, learned=False)
                add([*self.ids(answer), self.tokenizer.eos_token_id], learned=True)
        return ids, labels

    def batch(self, rows: list[tuple[list[int], list[int]]]) -> tuple[Tensor, Tensor]:
        """Ids and labels (n, length), padded on the right."""
        longest = max(len(ids) for ids, _ in rows)
        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([row + [pad] * (longest - len(row)) for row, _ in rows])
        labels = torch.tensor([row + [IGNORED] * (longest - len(row)) for _, row in rows])
        return ids, labels


def draw(rooms: list[Room], shots: int, rng: np.random.Generator) -> tuple[list[Room], dict[str, int]]:
    """Rooms with answers of a few colours, and the numbers that the colours have this time."""
    colours = list(WORDS["colours"])
    numbers = dict(zip(colours, map(int, rng.permutation(10)), strict=False))
    few = [colours[at] for at in rng.permutation(len(colours))[:COLOURS]]
    chosen: list[Room] = []
    while len(chosen) <= shots:
        room = rooms[int(rng.integers(len(rooms)))]
        if room.colour in few:
            chosen.append(room)
    return chosen, numbers


class Eyes:
    """What is seen in rooms; where the vision tower rests, each of them is looked at once."""

    def __init__(self, grid: FixedGrid, rooms: list[Room] | None) -> None:
        self.grid = grid
        self.place = {id(room): at for at, room in enumerate(rooms or [])}
        if rooms is not None:
            with torch.no_grad():
                parts = [grid.see(pixels_of(rooms[at : at + BATCH])) for at in range(0, len(rooms), BATCH)]
            self.all = Seen(
                torch.cat([part.tokens for part in parts]),
                [torch.cat(deep) for deep in zip(*(part.deep for part in parts), strict=True)],
            )

    def see(self, rooms: list[Room]) -> Seen:
        if not self.place:
            return self.grid.see(pixels_of(rooms))
        at = torch.tensor([self.place[id(room)] for room in rooms])
        return Seen(self.all.tokens[at], [deep[at] for deep in self.all.deep])


def pixels_of(rooms: list[Room]) -> Tensor:
    return torch.from_numpy(np.stack([room.pixels for room in rooms]))


def spoken(eyes: Eyes, spelling: Spelling, drawn: list[tuple[list[Room], dict[str, int]]]) -> tuple[Tensor, Tensor]:
    """Logits that predict each token after the first, and their labels."""
    ids, labels = spelling.batch([spelling.sequence(rooms, numbers) for rooms, numbers in drawn])
    seen = eyes.see([room for rooms, _ in drawn for room in rooms])
    return eyes.grid.read(ids, seen)[:, :-1], labels[:, 1:]


@torch.no_grad()
def examine(eyes: Eyes, spelling: Spelling, rooms: list[Room], count: int) -> dict[str, float]:
    """Shares of queries answered right: the thing alone, and all of it, by what the examples before it are."""
    colours = list(WORDS["colours"])
    rng = np.random.default_rng(0)
    measured: dict[str, float] = {}

    def other(room: Room, same: bool) -> Room:
        fitting = [each for each in rooms if (each.colour == room.colour) is same and each is not room]
        return fitting[int(rng.integers(len(fitting)))]

    kinds: dict[str, list[bool]] = {"none": [], "other": [False], "same": [True]}
    kinds |= {"same_other": [True, False], "other_same": [False, True], "two_others": [False, False]}
    for kind, before in kinds.items():
        drawn = []
        for at in range(count):
            room = rooms[at % len(rooms)]
            numbers = dict(zip(colours, map(int, rng.permutation(10)), strict=False))
            drawn.append(([*(other(room, same) for same in before), room], numbers))
        right, seen = [], []
        for at in range(0, count, 2 * BATCH):
            logits, labels = spoken(eyes, spelling, drawn[at : at + 2 * BATCH])
            hit = (logits.argmax(-1) == labels) | (labels == IGNORED)
            # The query's reply is the last five tokens of each row: colour, shape, blank, number, end.
            for row, ok in zip(labels, hit, strict=True):
                places = (row != IGNORED).nonzero().flatten()[-5:]
                right.append(bool(ok[places].all()))
                seen.append(bool(ok[places[:2]].all()))
        measured[kind] = round(sum(right) / count, 3)
        measured[f"{kind}_seen"] = round(sum(seen) / count, 3)
    return measured


def say(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=Path, required=True)
    parser.add_argument("--from", type=Path, required=True, dest="start")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--stop", type=int, default=STEPS, help="end after this step of the schedule")
    parser.add_argument("--vision-rests", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)

    tokenizer = build_tokenizer()
    spelling = Spelling(tokenizer)
    model = Qwen3VLForConditionalGeneration.from_pretrained(args.start, dtype=torch.float32)
    grid = FixedGrid(model, SIDE)
    rooms, valid = load_rooms(args.rooms, "pool"), load_rooms(args.rooms, "test")
    model.model.visual.requires_grad_(not args.vision_rests)
    eyes, looking = (Eyes(grid, some if args.vision_rests else None) for some in (rooms, valid))
    rng = np.random.default_rng(args.seed)
    began = time.monotonic()

    optimizer = torch.optim.AdamW(grid.parameters(), LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    warm = LinearLR(optimizer, 0.02, 1.0, WARM_UP)
    schedule = SequentialLR(
        optimizer, [warm, CosineAnnealingLR(optimizer, STEPS - WARM_UP, LEARNING_RATE / 50)], [WARM_UP]
    )
    weight = torch.ones(len(tokenizer))
    weight[[spelling.ids(str(digit))[0] for digit in range(10)]] = NUMBER_WEIGHT
    for step in range(1, args.stop + 1):
        shots = SHOTS[int(rng.integers(len(SHOTS)))]
        logits, labels = spoken(eyes, spelling, [draw(rooms, shots, rng) for _ in range(BATCH)])
        loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), weight, ignore_index=IGNORED)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(grid.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % LOG_EVERY == 0:
            say({"step": step, "loss": round(loss.item(), 4), "seconds": round(time.monotonic() - began)})
        if step % (5 * LOG_EVERY) == 0:
            say(dict(examine(looking, spelling, valid, 96)))
            save(model, build_processor(tokenizer), args.out)

    final = examine(looking, spelling, valid, len(valid))
    say(dict(final))
    save(model, build_processor(tokenizer), args.out)
    how = {"seed": args.seed, "rooms": len(rooms), "steps": args.stop, "vision_rests": args.vision_rests}
    write_made_by(args.out, how | {"batch": BATCH, "from": str(args.start)}, final)


if __name__ == "__main__":
    main()
