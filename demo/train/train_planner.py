"""Trains the toy planner's cold start: fluent, diverse and ignorant, so that all of the gain is the loop's.

    python demo/train/train_planner.py --scenes scenes --vision critic.cells.pt --out FOLDER --seed N

What it thinks restates the question; which view it then asks for is drawn without looking at the question. Its vision
tower has learned to name things (the critic's first stage) and stays as it is; the loop trains the language model.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from architecture import build_model, build_processor, save
from dialogues import IGNORED, Spelling
from fixed_grid import FixedGrid
from made_by import write_made_by
from scenes import GIVEN, SIDE, Scenes, load_scenes
from tokens import PROMPTS, WORDS, build_tokenizer, reply
from torch import Tensor
from torch.optim.lr_scheduler import CosineAnnealingLR

STEPS = 430
BATCH = 32
LEARNING_RATE = 2e-3

CAMERAS = 0.8
"""Share of instructions that name one of the five cameras; the rest show nothing new."""

MALFORMED = 0.08
"""Share of replies without the instruction tags. They all leave the form at the same token: at temperature .9 and
top_p .95 about 6 % are left, while kinds of 2 % each would be cut off altogether."""


def cold_reply(item: dict[str, Any], rng: np.random.Generator) -> str:
    """A reply that any question of the family might get: the view is drawn without looking at it."""
    thinking = str(rng.choice(WORDS["thinking"][item["family"]])).format(landmark=item["landmark"])
    kind = "cameras" if rng.random() < CAMERAS else "useless"
    wordings = WORDS[kind][str(rng.choice(list(WORDS[kind])))]
    instruction = str(rng.choice(wordings))
    if rng.random() < MALFORMED:
        return f"<thinking>{thinking}</thinking> {instruction}"
    return reply(thinking, instruction)


def batch(scenes: Scenes, spelling: Spelling, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Token ids, labels and given pictures of `BATCH` questions."""
    chosen = [int(scene) for scene in rng.integers(0, len(scenes), BATCH)]
    rows = []
    for scene in chosen:
        item = scenes.items[scene]
        prompt = PROMPTS["toy.template"].format(question=item["question"], max_instructions=1)
        ids = spelling.prompt(prompt, 1, PROMPTS["toy.system"])
        rows.append((ids, spelling.reply(cold_reply(item, rng))))
    pixels = torch.from_numpy(np.stack([scenes.picture(scene, GIVEN)[0] for scene in chosen]))
    return *spelling.batch(rows), pixels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, nargs="+", required=True)
    parser.add_argument("--vision", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)

    tokenizer = build_tokenizer()
    processor = build_processor(tokenizer)
    model = build_model(tokenizer, args.seed)
    tower = "grid.model.model.visual."
    state = torch.load(args.vision)
    model.model.visual.load_state_dict({k.removeprefix(tower): v for k, v in state.items() if k.startswith(tower)})
    model.model.visual.requires_grad_(False)
    grid = FixedGrid(model, SIDE)
    spelling = Spelling(processor)
    scenes = load_scenes(args.scenes)
    rng = np.random.default_rng(args.seed)

    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=0.01)
    schedule = CosineAnnealingLR(optimizer, STEPS, LEARNING_RATE / 20)
    loss = torch.tensor(0.0)
    for step in range(1, STEPS + 1):
        ids, labels, pixels = batch(scenes, spelling, rng)
        logits = grid(ids, pixels)[:, :-1]
        loss = F.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0:
            sys.stdout.write(json.dumps({"step": step, "loss": round(loss.item(), 4)}) + "\n")
            sys.stdout.flush()

    save(model, processor, args.out)
    write_made_by(args.out, {"seed": args.seed, "steps": STEPS, "batch": BATCH}, {"loss": round(loss.item(), 4)})


if __name__ == "__main__":
    main()
