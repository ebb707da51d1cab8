"""Trains the toy critic (and, from another seed, the evaluator) on one CPU core, in about 40 minutes (30).

    node demo/world/training.ts --out scenes --seed train-1 --count 14004      (and --seed valid-1 --count 600)
    python demo/train/train_critic.py --scenes scenes --valid valid --out FOLDER --seed N

First every visual token learns to name the thing in its cell; then answers, always with the helpful view; then
the blend that makes confidence mean something: views that show nothing must leave the critic in doubt. At last, while
all other replies are held where they are, comparing answers: among the pictures it is too rare to be learned.
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
from dialogues import BLENDED, REHEARSED, REVEALED, Spelling
from fixed_grid import FixedGrid
from made_by import write_made_by
from scenes import SIDE, load_scenes
from tokens import build_tokenizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

STAGES = [
    Stage("cells", steps=2400, learning_rate=2e-3, batch=96, mix=None),
    Stage("revealed", steps=600, learning_rate=1.5e-3, batch=48, mix=REVEALED),
    Stage("blended", steps=800, learning_rate=1.2e-3, batch=48, mix=BLENDED),
    Stage("judging", steps=1500, learning_rate=1e-3, batch=24, mix=REHEARSED, compared=96),
]
WARM_UP = 40
LOG_EVERY = 50
SAVE_EVERY = 300
EXAMINED_ON_THE_WAY = 288


def say(line: dict[str, object]) -> None:
    """One JSON line of progress."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def state_after(folder: Path, stage: Stage) -> Path:
    """Beside the checkpoint: all weights after a stage, with the head over the visual tokens."""
    return folder.with_suffix(f".{stage.name}.pt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, nargs="+", required=True)
    parser.add_argument("--valid", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    names = [stage.name for stage in STAGES]
    parser.add_argument("--after", choices=names, help="go on after this finished stage")
    parser.add_argument("--until", choices=names, default=names[-1], help="the last stage")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)

    tokenizer = build_tokenizer()
    processor = build_processor(tokenizer)
    critic = Critic(FixedGrid(build_model(tokenizer, args.seed), SIDE))
    spelling = Spelling(processor)
    scenes, valid = load_scenes(args.scenes), load_scenes([args.valid])
    began = time.monotonic()

    stages = STAGES[: names.index(args.until) + 1]
    done = names.index(args.after) + 1 if args.after else 0
    if done:
        critic.load_state_dict(torch.load(state_after(args.out, STAGES[done - 1])))
    for number, stage in enumerate(stages[done:], done):
        rng = np.random.default_rng([args.seed, number])
        optimizer = torch.optim.AdamW(critic.parameters(), stage.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
        warm = LinearLR(optimizer, 0.02, 1.0, WARM_UP)
        cool = CosineAnnealingLR(optimizer, stage.steps - WARM_UP, stage.learning_rate / 50)
        schedule = SequentialLR(optimizer, [warm, cool], [WARM_UP])
        descent = losses(critic, spelling, scenes, stage, rng)
        for step, (loss, reply, cells) in zip(range(1, stage.steps + 1), descent, strict=False):
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
        torch.save(critic.state_dict(), state_after(args.out, stage))

    final = examine(critic, spelling, valid, len(valid))
    say(dict(final))
    save(critic.grid.model, processor, args.out)
    how = {"seed": args.seed, "scenes": len(scenes), "stages": [asdict(stage) for stage in stages]}
    write_made_by(args.out, how, final)


if __name__ == "__main__":
    main()
