"""From a training's settings to TRL's configurations and PEFT's LoraConfig."""

import dataclasses
import difflib
import re
from typing import TYPE_CHECKING, Any

from peft import LoraConfig

from runners import fsdp
from runners.failure import Failure
from runners.parts import rates_of
from runners.protocol import Body, field, number, optional
from runners.ranks import PATIENCE

if TYPE_CHECKING:
    from runners.trainers.job import Job

# Of the language model only: a vision tower has layers of the same names (Qwen2.5-VL), and an adapter on embeddings or
# on the head, which are often one tensor, does not survive its merge.
LANGUAGE_MODEL = "language_model"


def config_of(kind: Any, job: "Job", settings: Body, own: Body, *, defaults: Body | None = None) -> Any:
    """TRL's configuration for a trainer. `settings.extra` is passed on after its names were checked; it cannot override
    the rest.

    kind: a class of TrainingArguments. own: what the algorithm itself sets. defaults: what extra may override.
    """
    import torch

    compute, zero = job.compute, job.zero
    on_cpu = compute.device.type == "cpu"
    divided = zero is not None or fsdp.is_divided(settings)
    rates = rates_of(settings) if is_full(settings) else None
    fixed: Body = {
        "output_dir": job.checkpoints,
        "seed": job.seed,
        "data_seed": job.seed,
        # With it, Accelerate would leave DeepSpeed and FSDP out without a word; the state says that there is no GPU.
        "use_cpu": on_cpu and not divided,
        "accelerator_config": {"use_configured_state": on_cpu and divided},
        "deepspeed": zero,
        **fsdp.arguments_of(settings),
        # Every weight takes part in every step, and looking for others costs a pass over the graph.
        "ddp_find_unused_parameters": False,
        "bf16": compute.dtype is torch.bfloat16,
        "fp16": compute.dtype is torch.float16,
        "report_to": "none",
        "disable_tqdm": True,
        "logging_steps": 1,
        # The default replaces a loss of NaN by a mean of earlier ones in the log.
        "logging_nan_inf_filter": False,
        "remove_unused_columns": False,
        # A forked loader would inherit, and keep, this process's lock on the device.
        "dataloader_num_workers": 0,
    }
    recipe: Body = {
        # Of a full fine-tuning's parts the first one's; the optimizer has a group for each.
        "learning_rate": next(iter(rates.of.values())) if rates else number(settings, "learning_rate"),
        "lr_scheduler_type": field(settings, "lr_scheduler_type", str),
        "warmup_steps": number(settings, "warmup_steps"),
        **_length(settings),
        "per_device_train_batch_size": field(settings, "per_device_train_batch_size", int),
        "gradient_accumulation_steps": field(settings, "gradient_accumulation_steps", int),
        "max_grad_norm": number(settings, "max_grad_norm"),
        **_saving(optional(settings, "save_steps", int)),
        **own,
    }
    extra = optional(settings, "extra", dict) or {}
    _check_extra(kind, extra, taken={*fixed, *recipe, "max_steps", "num_train_epochs"})
    usual = {"gradient_checkpointing": not on_cpu, "ddp_timeout": int(PATIENCE.total_seconds()), **(defaults or {})}
    try:
        config = kind(**{**usual, **fixed, **recipe, **extra})
    except (TypeError, ValueError) as error:
        raise Failure("BadInput", f"TRL does not accept the recipe's training section: {error}") from error
    if zero is not None and config.hf_deepspeed_config.mismatches:
        listed = "; ".join(each.removeprefix("- ds ") for each in config.hf_deepspeed_config.mismatches)
        raise Failure("BadInput", f'The DeepSpeed configuration contradicts the recipe: {listed}; write "auto" there.')
    return config


def is_full(training: Body) -> bool:
    """Is the whole network trained, and not an adapter?"""
    return optional(training, "tuning", str) == "full"


def is_quantised(training: Body) -> bool:
    """Is the adapter's base held in 4 bits?"""
    return optional(training, "tuning", str) == "qlora"


def lora_config(training: Body, network: Any) -> LoraConfig:
    """A fresh adapter on the named linear layers of the language model."""
    targets: list[str] = field(training, "lora_target", list)
    present = {name.rsplit(".", 1)[-1] for name, _ in network.named_modules() if LANGUAGE_MODEL in name}
    for target in targets:
        if target not in present:
            nearest = _nearest(target, present)
            raise Failure("BadInput", f'training.lora_target has "{target}", no layer of this language model.{nearest}')
    names = "|".join(re.escape(target) for target in sorted(targets))
    return LoraConfig(
        r=field(training, "lora_rank", int),
        lora_alpha=number(training, "lora_alpha"),
        lora_dropout=number(training, "lora_dropout"),
        # A pattern, because PEFT keeps lists of names as sets, whose order changes from process to process.
        target_modules=rf".*{LANGUAGE_MODEL}\..*\.({names})",
        bias="none",
        task_type="CAUSAL_LM",
    )


def _length(training: Body) -> Body:
    """max_steps, else epochs, else one epoch."""
    steps = optional(training, "max_steps", int)
    if steps is not None:
        return {"max_steps": steps}
    return {
        "num_train_epochs": 1.0 if training.get("num_train_epochs") is None else number(training, "num_train_epochs")
    }


def _saving(steps: int | None) -> Body:
    return {"save_strategy": "steps", "save_steps": steps} if steps else {"save_strategy": "no"}


def _check_extra(kind: Any, extra: Body, taken: set[str]) -> None:
    known = {each.name for each in dataclasses.fields(kind)}
    for name in extra:
        if name in taken:
            raise Failure("BadInput", f'training.extra has "{name}", which the recipe or the runner sets itself.')
        if name not in known:
            raise Failure(
                "BadInput", f'training.extra has "{name}", no option of TRL\'s {kind.__name__}.{_nearest(name, known)}'
            )


def _nearest(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0)
    return f' Did you mean "{close[0]}"?' if close else ""
