"""DeepSpeed's ZeRO for the trainer: the configuration behind a recipe's word, and what a host without GPUs needs."""

import importlib.util
import os
import socket
from typing import Any

from runners.device import Compute
from runners.failure import Failure
from runners.protocol import Body
from runners.ranks import PATIENCE

# What the recipe says already is "auto": transformers fills it in.
SHARED: Body = {
    "train_batch_size": "auto",
    "train_micro_batch_size_per_gpu": "auto",
    "gradient_accumulation_steps": "auto",
    "gradient_clipping": "auto",
    "bf16": {"enabled": "auto"},
    "fp16": {"enabled": "auto"},
}
STAGES: dict[str, Body] = {
    "zero1": {"stage": 1},
    "zero2": {"stage": 2, "contiguous_gradients": True, "reduce_bucket_size": "auto"},
    "zero3": {
        "stage": 3,
        "contiguous_gradients": True,
        "reduce_bucket_size": "auto",
        "stage3_prefetch_bucket_size": "auto",
        "stage3_param_persistence_threshold": "auto",
    },
}
# Stage 3 can only save what it gathers.
GATHER = "stage3_gather_16bit_weights_on_model_save"


def zero_of(wanted: Any, full: bool) -> Body | None:
    """DeepSpeed's configuration for zero1, zero2 or zero3, or a configuration as it is; None where none is wanted."""
    if wanted is None:
        return None
    if importlib.util.find_spec("deepspeed") is None:
        raise Failure("BadInput", 'training.deepspeed needs DeepSpeed; run "make deepspeed" in the project.')
    if isinstance(wanted, str) and wanted in STAGES:
        return {**SHARED, "zero_optimization": dict(STAGES[wanted]) | _gathering(STAGES[wanted])}
    if not isinstance(wanted, dict):
        raise Failure(
            "BadInput", f"training.deepspeed is {wanted!r}; {', '.join(STAGES)} or a configuration is needed."
        )
    if full and "optimizer" in wanted:
        raise Failure(
            "BadInput",
            "The DeepSpeed configuration has an optimizer, which would train all parts at one learning rate; "
            "remove its block, and the recipe's language_lr, vision_lr and merger_lr are used.",
        )
    stage: Body = wanted.get("zero_optimization", {})
    if stage.get(GATHER) is False and stage.get("stage") == 3:  # noqa: PLR2004 - the stage's own name
        raise Failure("BadInput", f"The DeepSpeed configuration has {GATHER} false: the policy could not be saved.")
    return {**wanted, "zero_optimization": dict(stage) | _gathering(stage)}


def is_sharded(zero: Body | None) -> bool:
    """Does each process hold only a share of the weights?"""
    return zero is not None and bool(zero["zero_optimization"].get("stage") == 3)  # noqa: PLR2004


def prepare(compute: Compute) -> None:
    """Makes DeepSpeed ready before it is imported. A lone process is its own launcher."""
    import torch

    on_cpu = compute.device.type == "cpu"
    if on_cpu and compute.dtype is not torch.float32:
        raise Failure("BadInput", "On a CPU, training.deepspeed needs planner.dtype float32.")
    # Told, not guessed: it looks for a dozen kinds of accelerators first.
    os.environ["DS_ACCELERATOR"] = compute.device.type
    if "RANK" not in os.environ:
        lone = {"RANK": 0, "LOCAL_RANK": 0, "WORLD_SIZE": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": _free_port()}
        os.environ.update({name: str(value) for name, value in lone.items()})
    if on_cpu:
        _state_on_cpu()


def _state_on_cpu() -> None:
    import deepspeed
    from accelerate import PartialState

    # Gloo does what it does; to have it compiled would take a compiler and a minute.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    # Left alone, Accelerate takes processes without GPUs for unrelated ones: each would train on all of the data.
    os.environ["ACCELERATE_USE_DEEPSPEED"] = "true"
    PartialState(backend="gloo", timeout=PATIENCE)


def _gathering(stage: Body) -> Body:
    return {GATHER: True} if stage.get("stage") == 3 else {}  # noqa: PLR2004


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
