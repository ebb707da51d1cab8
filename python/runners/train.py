"""Makes a policy from rows, by the algorithm that the request names (runners.trainers): a fresh LoRA adapter, or the
whole network.

    python -m runners.train request.json
    accelerate launch --multi_gpu --num_processes 2 -m runners.train request.json

request: {algorithm, model, reference: folder or null, data: JSON array of rows, validation: another one or null,
image_root, output, checkpoints, resume_from: folder or null, settings: the recipe's section, deepspeed: null, zero1,
zero2, zero3 or a configuration, judge: socket or null, seed, dtype, attn_implementation, min_pixels, max_pixels,
device, threads, lock; with several processes also devices and locks, one of each for every process}.
Writes output/model_lora/, or output/model_full/ when settings.tuning is full, and with validation the policies of the
checkpoints (runners.trainers.validated). Killed and resumed from a checkpoint, on
the CPU in one process at the same number of threads, it writes the same bytes.
Not supported: several hosts, adapters on the vision tower.
"""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners.device import Compute, claim_share
from runners.growth import tell_growth
from runners.protocol import Body, Channel, field, optional, run_job
from runners.ranks import Rank, meet, rank_of

if TYPE_CHECKING:
    from runners.trainers.job import Job


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
    settings = field(request, "settings", dict)
    rank = rank_of(optional(settings, "num_processes", int) or 1)
    compute = claim_share(request, rank)

    from runners import vllm_sampler

    vllm_sampler.prepare(settings, compute)

    from transformers import PrinterCallback

    from runners import fsdp, zero
    from runners.checkpoint import Divider, check_checkpoint
    from runners.options import is_full
    from runners.policy import save_policy
    from runners.report import Report, metrics_of, summary
    from runners.trainers import training_of

    deepspeed = zero.zero_of(request.get("deepspeed"), is_full(settings))
    resume_from = optional(request, "resume_from", str)
    if resume_from is not None:
        by: Divider | None = "fsdp" if fsdp.is_divided(settings) else None
        by = by if deepspeed is None else "deepspeed"
        check_checkpoint(Path(resume_from), full=is_full(settings), by=by, processes=rank.count)
    if deepspeed is not None:
        zero.prepare(compute)
    if fsdp.is_divided(settings):
        fsdp.prepare(field(request, "algorithm", str), compute)

    job = job_of(request, compute, rank, deepspeed)
    training = training_of(field(request, "algorithm", str), job)
    trainer = training.trainer
    scaled = trainer.args.fp16
    trainer.add_callback(Report(channel, training.metrics, speaks=rank.leads, scaled=scaled))
    if fsdp.is_divided(settings):
        trainer.add_callback(fsdp.Divided())
    # Every line that it prints is an event already.
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=resume_from)

    saved = save_policy(trainer, job.model, Path(field(request, "output", str)), compute.dtype)
    # Whoever left before the first has written would look like a process that died.
    meet()
    if not rank.leads:
        return None
    logs = [entry for entry in trainer.state.log_history if "loss" in entry]
    steps = [metrics_of(entry, training.metrics, scaled=scaled) for entry in logs]
    made = {training.called: float(training.rows), "steps": float(trainer.state.global_step)}
    return summary(steps) | saved | made


def job_of(request: Body, compute: Compute, rank: Rank, zero: Body | None) -> "Job":
    """The training that a request describes. Loads its processor, and no network.

    zero: DeepSpeed's configuration, or None.
    """
    from runners.families import context_of, load_processor, unspeakable_in
    from runners.trainers.job import Job

    model = field(request, "model", str)
    return Job(
        settings=field(request, "settings", dict),
        model=model,
        reference=optional(request, "reference", str),
        data=Path(field(request, "data", str)),
        image_root=Path(field(request, "image_root", str)),
        processor=load_processor(model, field(request, "min_pixels", int), field(request, "max_pixels", int)),
        unspeakable=unspeakable_in(model),
        context=context_of(model),
        compute=compute,
        rank=rank,
        seed=seed_of(request),
        checkpoints=field(request, "checkpoints", str),
        zero=zero,
        judge=optional(request, "judge", str),
        validation=_path(request, "validation"),
        output=_path(request, "output"),
        resume_from=_path(request, "resume_from"),
    )


def _path(request: Body, name: str) -> Path | None:
    named = optional(request, name, str)
    return None if named is None else Path(named)


def seed_of(request: Body) -> int:
    """The request's seed, a number or a text, as the 32 bits that numpy and torch take."""
    seed: Any = field(request, "seed", (int, str))
    return int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:4], "little")


if __name__ == "__main__":
    main()
