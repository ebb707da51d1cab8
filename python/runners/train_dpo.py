"""Trains a fresh LoRA adapter on preference pairs with TRL's DPOTrainer; the reference is the same model without it.

    python -m runners.train_dpo request.json

request: {model, data: JSON array of preference rows, image_root, output, checkpoints, resume_from: folder or null,
training: the recipe's section, sft_only: train on the chosen texts alone, seed, dtype, attn_implementation, min_pixels,
max_pixels, device, threads, lock}.
Writes output/model_lora/. Killed and resumed from a checkpoint, on the CPU at the same number of threads, it writes the
same bytes.
Not supported: several GPUs (start it through another launcher), full fine-tuning, adapters on the vision tower.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

from runners.device import claim_device, show_only
from runners.protocol import Body, Channel, field, optional, run_job

# The summary's numbers are means over this many last steps: one step's batch is noise.
LAST_STEPS = 10


def main() -> None:
    """Runs the job named on the command line."""
    # TRL reports each run to its makers unless told not to.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    run_job(train)


def train(request: Body, channel: Channel) -> dict[str, float]:
    """Trains, writes the adapter, and returns the summary metrics."""
    compute = claim_device({**request, "device": show_only(field(request, "device", str))})

    from datasets import Dataset
    from transformers import PrinterCallback, set_seed

    from runners.adapter import save_adapter
    from runners.checkpoint import check_checkpoint
    from runners.dpo import Report, TermwiseDPOTrainer, metrics_of
    from runners.options import dpo_config, lora_config
    from runners.preference import PairCollator, read_pairs
    from runners.vlm import load_network, load_processor, vlm_of

    training = field(request, "training", dict)
    if field(request, "sft_only", bool):
        training = training | {"loss_type": ["sft"], "loss_weights": [1.0]}
    output = Path(field(request, "output", str))
    resume_from = optional(request, "resume_from", str)
    if resume_from is not None:
        check_checkpoint(Path(resume_from))

    seed = seed_of(request)
    config = dpo_config(training, seed, field(request, "checkpoints", str), compute)
    rows = read_pairs(Path(field(request, "data", str)))
    model = field(request, "model", str)
    processor = load_processor(model, field(request, "min_pixels", int), field(request, "max_pixels", int))
    network = load_network(model, compute)
    image_root = Path(field(request, "image_root", str))
    collator = PairCollator(rows, image_root, processor, vlm_of(network, processor).unspeakable)
    collator.check_prompts()

    # The adapter is drawn before the trainer sets its own seed.
    set_seed(seed)
    trainer = TermwiseDPOTrainer(
        model=network,
        args=config,
        processing_class=processor,
        data_collator=collator,
        # TRL takes a data set for a visual one by the name of a column; the collator reads the rows themselves.
        train_dataset=Dataset.from_dict({"row": list(range(len(rows))), "images": [[]] * len(rows)}),
        peft_config=lora_config(training, network),
        callbacks=[Report(channel, config.loss_type)],
    )
    # Every line that it prints is an event already.
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=resume_from)

    save_adapter(trainer.model, output / "model_lora")
    steps = [metrics_of(entry, config.loss_type) for entry in trainer.state.log_history if "loss" in entry]
    return summary(steps) | {"pairs": float(len(rows)), "steps": float(trainer.state.global_step)}


def summary(steps: list[dict[str, float]]) -> dict[str, float]:
    """Means of every metric over the last steps, and the first step's loss (log 2 for `sigmoid` alone)."""
    last = steps[-LAST_STEPS:]
    names = last[-1].keys()
    means = {name: sum(step[name] for step in last) / len(last) for name in names}
    return means | {"first_loss": steps[0]["loss"]}


def seed_of(request: Body) -> int:
    """The request's seed, a number or a text, as the 32 bits that numpy and torch take."""
    seed: Any = field(request, "seed", (int, str))
    return int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:4], "little")


if __name__ == "__main__":
    main()
