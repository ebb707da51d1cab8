"""Trains the base of the spatial demo: it sees where things are a little, and answers in the right words.

    node demo/world/write-spatial.ts --out FOLDER --questions 16000 --seed toy-spatial-base
    python demo/train/train_spatial.py --data FOLDER --start demo/snowball/evaluator --out FOLDER --seed N --steps N

It starts from a checkpoint that has learned to name what it sees, and learns from other scenes than the demo's. It is
stopped early on purpose: what is left to learn is the demo's.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from architecture import save
from dialogues import IGNORED, Spelling
from fixed_grid import FixedGrid
from made_by import write_made_by
from PIL import Image
from scenes import SIDE
from torch import Tensor
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from transformers import Qwen3VLForConditionalGeneration, Qwen3VLProcessor

BATCH = 64
LEARNING_RATE = 1.2e-3
WARM_UP = 40
LOG_EVERY = 50
LENGTH = 112
"""Tokens of a training sequence: the longest question with four choices."""
EXAMINED = 400
"""Questions of an examination, on scenes that are not learned from."""

Asked = tuple[str, str, str]
"""Picture, prompt and reply."""


def asked_in(folder: Path) -> list[Asked]:
    """The questions of all training files, each with its right answer."""
    rows: list[Asked] = []
    for line in (folder / "sft.jsonl").read_text().splitlines():
        row = json.loads(line)
        question, answer = (turn["value"] for turn in row["conversations"])
        rows.append((row["image"], question.removeprefix("<image>\n"), answer))
    for line in (folder / "dpo.jsonl").read_text().splitlines():
        row = json.loads(line)
        told = json.loads(row["text"])
        rows.append((row["image"], told["question"], told["chosen"]))
    for line in (folder / "grpo.jsonl").read_text().splitlines():
        row = json.loads(line)
        rows.append((row["image"], row["question"], row["answer"]))
    return rows


class Lesson:
    """Questions with their pictures in memory."""

    def __init__(self, folder: Path, spelling: Spelling) -> None:
        self.rows = asked_in(folder)
        self.spelling = spelling
        pictures = (np.asarray(Image.open(folder / image).convert("RGB")) for image, _, _ in self.rows)
        self.pixels = np.stack(list(pictures))

    def batch(self, chosen: Any) -> tuple[Tensor, Tensor, Tensor]:
        """Token ids and labels, (n, length), and pixels, (n, side, side, 3)."""
        rows = []
        for at in chosen:
            _, prompt, reply = self.rows[int(at)]
            rows.append((self.spelling.prompt(prompt, 1), self.spelling.reply(reply)))
        ids, labels = self.spelling.batch(rows, LENGTH)
        return ids, labels, torch.from_numpy(self.pixels[chosen])


def batches(count: int, rng: np.random.Generator) -> Iterator[Any]:
    """Endless: every row once, in an order that is drawn anew each time."""
    while True:
        order = rng.permutation(count)
        yield from (order[at : at + BATCH] for at in range(0, count - BATCH + 1, BATCH))


@torch.no_grad()
def examine(grid: FixedGrid, lesson: Lesson, count: int) -> dict[str, float]:
    """Share of replies that greedy decoding gets right, token for token: of all, of sentences, of choices."""
    right: dict[str, list[float]] = {"all": [], "sentences": [], "choices": [], "counts": []}
    for at in range(0, count, BATCH):
        chosen = np.arange(at, min(at + BATCH, count))
        ids, labels, pixels = lesson.batch(chosen)
        said = grid(ids, pixels)[:, :-1].argmax(-1)
        hits = ((said == labels[:, 1:]) | (labels[:, 1:] == IGNORED)).all(1).float().tolist()
        for place, hit in zip(chosen, hits, strict=True):
            prompt = lesson.rows[int(place)][1]
            kind = "sentences" if "true or false" in prompt else "choices" if "(A)" in prompt else "counts"
            right["all"].append(hit)
            right[kind].append(hit)
    return {kind: round(float(np.mean(hits)), 3) for kind, hits in right.items() if hits}


def say(line: dict[str, object]) -> None:
    """One JSON line of progress."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--valid", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, default=LEARNING_RATE)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)

    model = Qwen3VLForConditionalGeneration.from_pretrained(args.start, dtype=torch.float32)
    processor = Qwen3VLProcessor.from_pretrained(args.start)
    grid = FixedGrid(model, SIDE)
    forward = torch.compile(grid, dynamic=False)
    spelling = Spelling(processor)
    lesson, valid = Lesson(args.data, spelling), Lesson(args.valid, spelling)
    rng = np.random.default_rng(args.seed)
    optimizer = torch.optim.AdamW(grid.parameters(), args.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
    warm = LinearLR(optimizer, 0.02, 1.0, WARM_UP)
    cool = CosineAnnealingLR(optimizer, max(1, args.steps - WARM_UP), args.learning_rate / 50)
    schedule = SequentialLR(optimizer, [warm, cool], [WARM_UP])
    began = time.monotonic()
    for step, chosen in zip(range(1, args.steps + 1), batches(len(lesson.rows), rng), strict=False):
        ids, labels, pixels = lesson.batch(chosen)
        logits = forward(ids, pixels)[:, :-1]
        loss = F.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(grid.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % LOG_EVERY == 0:
            told: dict[str, object] = {"step": step, "loss": round(loss.item(), 4)}
            if step % (6 * LOG_EVERY) == 0:
                told |= examine(grid, valid, EXAMINED)
                save(model, processor, args.out)
            say(told | {"seconds": round(time.monotonic() - began)})
    measured = examine(grid, valid, len(valid.rows))
    say(dict(measured))
    save(model, processor, args.out)
    how = {"seed": args.seed, "steps": args.steps, "learning_rate": args.learning_rate, "rows": len(lesson.rows)}
    write_made_by(args.out, how, measured)


if __name__ == "__main__":
    main()
