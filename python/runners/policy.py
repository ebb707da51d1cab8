"""The two ways in which pairs become a policy: an adapter on the frozen base, or a network trained as a whole."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import set_seed

from runners.adapter import WEIGHTS, save_adapter, tensor_shapes
from runners.device import Compute
from runners.dpo import TermwiseDPOTrainer
from runners.full import FullDPOTrainer
from runners.options import is_full, lora_config
from runners.parts import freeze_rest, rates_of
from runners.protocol import Body
from runners.tails import joining, needs_tails
from runners.vlm import load_network
from runners.whole import check_trained, write_checkpoint
from runners.zero import is_sharded


def trainer_of(
    training: Body, model: str, compute: Compute, *, with_images: bool, seed: int, **given: Any
) -> TermwiseDPOTrainer:
    """The trainer that the recipe asks for, on a freshly loaded base. `given` are DPOTrainer's own arguments."""
    zero: Body | None = given["args"].deepspeed
    given |= {"tails": needs_tails(compute.device)}
    if not is_full(training):
        network = _loaded(model, compute)
        adapter = lora_config(training, network)
        # The adapter is drawn before the trainer sets its own seed.
        set_seed(seed)
        return TermwiseDPOTrainer(model=network, peft_config=adapter, sees_alike=not is_sharded(zero), **given)
    rates = rates_of(training, with_images=with_images)
    # Steps this small are rounded away in half precision: the weights are kept in float32, and computed with in the
    # recipe's dtype. DeepSpeed keeps such weights of its own.
    exact = compute if zero else replace(compute, dtype=torch.float32)
    network, reference = (_loaded(model, exact) for _ in range(2))
    freeze_rest(network, rates)
    reference.requires_grad_(False).eval()
    alike = not rates.see and not is_sharded(zero)
    return FullDPOTrainer(model=network, ref_model=reference, rates=rates, sees_alike=alike, **given)


def _loaded(model: str, compute: Compute) -> Any:
    return joining(_one_hook(_exact_logits(load_network(model, compute))))


def _one_hook(network: Any) -> Any:
    """Has gradient checkpointing ask the embeddings for gradients once. TRL switches it off and on for the reference in
    every pass, and transformers adds a hook each time: after ten thousand passes each would call ten thousand."""
    enable = network.enable_input_require_grads

    def once() -> None:
        network.disable_input_require_grads()
        enable()

    network.enable_input_require_grads = once
    return network


def _exact_logits(network: Any) -> Any:
    """Has the network answer in float32, whatever it computes in. Accelerate sees to that; DeepSpeed does not, and a
    sum of log-probabilities in bfloat16 comes in steps of a quarter and more."""

    def widen(_module: Any, _inputs: Any, output: Any) -> Any:
        output.logits = output.logits.float()
        return output

    network.register_forward_hook(widen)
    return network


def save_policy(trainer: TermwiseDPOTrainer, model: str, output: Path, dtype: torch.dtype) -> dict[str, float]:
    """Writes the trained policy below `output`, from the first of several processes. All have to call it: what is
    sharded comes together here. Returns what is to be said about it."""
    network = trainer.accelerator.unwrap_model(trainer.model)
    leads = trainer.is_world_process_zero()
    sharded = is_sharded(trainer.args.deepspeed)
    if isinstance(trainer, FullDPOTrainer):
        state = trainer.accelerator.get_state_dict(trainer.model_wrapped) if sharded else network.state_dict()
        if not leads:
            return {}
        folder = output / "model_full"
        write_checkpoint(network, Path(model), folder, dtype, state)
        return {"changed": check_trained(folder, Path(model), network.all_tied_weights_keys)}
    if sharded:
        _save_gathered(network, output, leads)
    elif leads:
        save_adapter(network, output / "model_lora")
    if leads:
        tensor_shapes(output / "model_lora" / WEIGHTS)
    return {}


def _save_gathered(network: Any, output: Path, leads: bool) -> None:
    import deepspeed

    with deepspeed.zero.GatheredParameters([each for each in network.parameters() if each.requires_grad]):
        if leads:
            save_adapter(network, output / "model_lora")
