"""Trains on preference pairs with TRL's DPOTrainer: a fresh LoRA adapter, with the same model without it as the
reference, or the whole network, with a second load of it as the reference.

    python -m runners.train_dpo request.json
    accelerate launch --multi_gpu --num_processes 2 -m runners.train_dpo request.json

request: {model, data: JSON array of preference rows, image_root, output, checkpoints, resume_from: folder or null,
training: the recipe's section, deepspeed: null, zero1, zero2, zero3 or a configuration, sft_only: train on the chosen
texts alone, seed, dtype, attn_implementation, min_pixels, max_pixels, device, threads, lock; with several processes
also devices and locks, one of each for every process}.
Writes output/model_lora/, or output/model_full/ when training.tuning is full. Killed and resumed from a checkpoint, on
the CPU in one process at the same number of threads, it writes the same bytes.
Not supported: several hosts, adapters on the vision tower.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

from runners.device import claim_share
from runners.growth import tell_growth
from runners.protocol import Body, Channel, field, optional, run_job
from runners.ranks import meet, rank_of

# The summary's numbers are means over this many last steps: one step's batch is noise.
LAST_STEPS = 10


def main() -> None:
    """Runs the job named on the command line."""
    # TRL reports each run to its makers unless told not to.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    run_job(train_aloud)


def train_aloud(request: Body, channel: Channel) -> dict[str, float] | None:
    """Trains, and is not silent while it writes."""
    if int(os.environ.get("RANK", "0")) == 0:
        tell_growth(channel, [Path(field(request, "checkpoints", str)), Path(field(request, "output", str))])
    return train(request, channel)


def train(request: Body, channel: Channel) -> dict[str, float] | None:
    """Trains, writes the policy, and returns the summary metrics; of several processes in the first alone."""
    training = field(request, "training", dict)
    rank = rank_of(optional(training, "num_processes", int) or 1)
    compute = claim_share(request, rank)

    from datasets import Dataset
    from transformers import PrinterCallback

    from runners import zero
    from runners.checkpoint import check_checkpoint
    from runners.dpo import Report, metrics_of
    from runners.families import load_processor, unspeakable_in
    from runners.options import dpo_config, is_full
    from runners.policy import save_policy, trainer_of
    from runners.preference import PairCollator, read_pairs, sees_images

    if field(request, "sft_only", bool):
        training = training | {"loss_type": ["sft"], "loss_weights": [1.0]}
    full = is_full(training)
    deepspeed = zero.zero_of(request.get("deepspeed"), full)
    resume_from = optional(request, "resume_from", str)
    if resume_from is not None:
        check_checkpoint(Path(resume_from), full=full, sharded=deepspeed is not None, processes=rank.count)
    if deepspeed is not None:
        zero.prepare(compute)

    seed = seed_of(request)
    config = dpo_config(training, seed, field(request, "checkpoints", str), compute, deepspeed)
    rows = read_pairs(Path(field(request, "data", str)))
    model = field(request, "model", str)
    processor = load_processor(model, field(request, "min_pixels", int), field(request, "max_pixels", int))
    collator = PairCollator(rows, Path(field(request, "image_root", str)), processor, unspeakable_in(model))
    collator.check_prompts(rank)

    trainer = trainer_of(
        training,
        model,
        compute,
        with_images=sees_images(rows, rank.count),
        seed=seed,
        args=config,
        processing_class=processor,
        data_collator=collator,
        # TRL takes a data set for a visual one by the name of a column; the collator reads the rows themselves.
        train_dataset=Dataset.from_dict({"row": list(range(len(rows))), "images": [[]] * len(rows)}),
        callbacks=[Report(channel, config.loss_type, speaks=rank.leads, scaled=config.fp16)],
    )
    # Every line that it prints is an event already.
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=resume_from)

    saved = save_policy(trainer, model, Path(field(request, "output", str)), compute.dtype)
    # Whoever left before the first has written would look like a process that died.
    meet()
    if not rank.leads:
        return None
    steps = [
        metrics_of(entry, config.loss_type, scaled=config.fp16)
        for entry in trainer.state.log_history
        if "loss" in entry
    ]
    return summary(steps) | saved | {"pairs": float(len(rows)), "steps": float(trainer.state.global_step)}


def summary(steps: list[dict[str, float]]) -> dict[str, float]:
    """Means of every metric over those of the last steps that have it, and the first step's loss (log 2 for `sigmoid`
    alone)."""
    last = steps[-LAST_STEPS:]
    names = dict.fromkeys(name for step in last for name in step)
    known = {name: [step[name] for step in last if name in step] for name in names}
    means = {name: sum(values) / len(values) for name, values in known.items()}
    return means | {"first_loss": steps[0]["loss"]}


def seed_of(request: Body) -> int:
    """The request's seed, a number or a text, as the 32 bits that numpy and torch take."""
    seed: Any = field(request, "seed", (int, str))
    return int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:4], "little")


if __name__ == "__main__":
    main()
