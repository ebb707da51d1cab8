"""Trains the toy critic (and, from another seed, the evaluator) on one CPU core, in about half an hour.

    node demo/world/training.ts --out scenes --seed train-1 --count 14004      (and --seed valid-1 --count 600)
    python demo/train/train_critic.py --scenes scenes --valid valid --out FOLDER --seed N

First every visual token learns to name the thing in its cell; then answers, always with the helpful view; then
the blend that makes confidence mean something: views that show nothing must leave the critic in doubt.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from architecture import build_model, build_processor, save
from critic import Critic, Stage, examine, losses
from dialogues import BLENDED, REVEALED, Spelling
from fixed_grid import FixedGrid
from made_by import write_made_by
from scenes import SIDE, load_scenes
from tokens import build_tokenizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

STAGES = [
    Stage("cells", steps=2400, learning_rate=2e-3, batch=96, mix=None),
    Stage("revealed", steps=700, learning_rate=1.5e-3, batch=48, mix=REVEALED),
    Stage("blended", steps=2600, learning_rate=1.2e-3, batch=48, mix=BLENDED),
]
WARM_UP = 40
LOG_EVERY = 50
SAVE_EVERY = 300
EXAMINED_ON_THE_WAY = 288


def say(line: dict[str, object]) -> None:
    """One JSON line of progress."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, nargs="+", required=True)
    parser.add_argument("--valid", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the steps of every stage")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)

    tokenizer = build_tokenizer()
    processor = build_processor(tokenizer)
    critic = Critic(FixedGrid(build_model(tokenizer, args.seed), SIDE))
    spelling = Spelling(processor)
    scenes, valid = load_scenes(args.scenes), load_scenes([args.valid])
    rng = np.random.default_rng(args.seed)
    began = time.monotonic()

    for stage in STAGES:
        steps = round(stage.steps * args.scale)
        optimizer = torch.optim.AdamW(critic.parameters(), stage.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
        warm = LinearLR(optimizer, 0.02, 1.0, WARM_UP)
        cool = CosineAnnealingLR(optimizer, max(1, steps - WARM_UP), stage.learning_rate / 50)
        schedule = SequentialLR(optimizer, [warm, cool], [WARM_UP])
        descent = losses(critic, spelling, scenes, stage, rng)
        for step, (loss, reply, cells) in zip(range(1, steps + 1), descent, strict=False):
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(critic.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            if step % LOG_EVERY == 0:
                measured = {"loss": round(loss.item(), 4), "reply": round(reply, 4), "cells": cells}
                say({"stage": stage.name, "step": step, **measured, "seconds": round(time.monotonic() - began)})
            if step % SAVE_EVERY == 0 and stage.mix is not None:
                say(dict(examine(critic, spelling, valid, EXAMINED_ON_THE_WAY)))
                save(critic.grid.model, processor, args.out)
        if stage.mix is None:
            # The planner starts from a tower that sees, too.
            torch.save(critic.grid.model.model.visual.state_dict(), args.out.with_suffix(".vision.pt"))

    final = examine(critic, spelling, valid, len(valid))
    say(dict(final))
    save(critic.grid.model, processor, args.out)
    made = [{**asdict(stage), "steps": round(stage.steps * args.scale)} for stage in STAGES]
    write_made_by(args.out, {"seed": args.seed, "stages": made, "scenes": len(scenes)}, final)


if __name__ == "__main__":
    main()
