"""PyTorch's FSDP for the trainer (fully_shard): weights, gradients and the optimizer's moments are divided over the
processes, layer by layer."""

from typing import Any

import torch
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor
from transformers import TrainerCallback

from runners.device import Compute
from runners.failure import Failure
from runners.protocol import Body, optional
from runners.ranks import PATIENCE

# Whether a layer's weights are divided again after its forward pass, or stay whole until the backward one.
AGAIN = {"full_shard": True, "shard_grad_op": False}


def is_divided(settings: Body) -> bool:
    """Is the training's network divided by FSDP?"""
    return optional(settings, "fsdp", str) is not None


def arguments_of(settings: Body) -> Body:
    """Of TrainingArguments."""
    wanted = optional(settings, "fsdp", str)
    if wanted is None:
        return {"fsdp": None}
    if wanted not in AGAIN:
        raise Failure("BadInput", f"training.fsdp is {wanted!r}; {' or '.join(AGAIN)} is needed.")
    config = {
        "version": 2,
        "reshard_after_forward": AGAIN[wanted],
        # By the network's own list of the layers that belong together.
        "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        # In one piece, whatever the number of processes.
        "state_dict_type": "FULL_STATE_DICT",
        # Each process reads the base by itself: load_network refuses one that lacks a tensor.
        "cpu_ram_efficient_loading": False,
    }
    return {"fsdp": True, "fsdp_config": config}


def prepare(algorithm: str, compute: Compute) -> None:
    """Makes Accelerate ready before a configuration is made."""
    if algorithm == "grpo":
        # Every pass of a divided network waits for all processes, and completions differ in how many they take.
        raise Failure("BadInput", "training.fsdp does not go with GRPO, which draws completions; use deepspeed.")
    if compute.device.type != "cpu":
        return
    if compute.dtype is not torch.float32:
        raise Failure("BadInput", "On a CPU, training.fsdp needs dtype float32.")
    from accelerate import PartialState
    from accelerate.utils import DistributedType

    PartialState(cpu=True, backend="gloo", timeout=PATIENCE)
    # On a CPU Accelerate leaves FSDP out without a word; it takes it where processes have devices of one kind each,
    # which is all that this name says to it.
    PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU


class Divided(TrainerCallback):  # type: ignore[misc]
    """Refuses to train a network that was to be divided and is not."""

    def on_train_begin(self, args: Any, state: Any, control: Any, *, model: Any, **_: Any) -> None:
        whole = [name for name, each in model.named_parameters() if not isinstance(each, DTensor)]
        if not isinstance(model, FSDPModule) or whole:
            raise Failure(
                "ChildError", f"training.fsdp had no effect: {len(whole)} of the network's tensors are whole."
            )


def divide(network: Any) -> None:
    """Leaves each process its share of what a pass has left whole; nothing where the network is not divided."""
    for each in network.modules():
        if isinstance(each, FSDPModule):
            each.reshard()


def trained_of(network: Any) -> dict[str, torch.Tensor]:
    """What of a divided network is trained, whole. All processes have to call it."""
    trained = ((name, each) for name, each in network.named_parameters() if each.requires_grad)
    return {name: each.full_tensor().detach().cpu() for name, each in trained}
