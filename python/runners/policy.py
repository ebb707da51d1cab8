"""The two ways in which rows become a policy: an adapter on the frozen base, or a network trained as a whole."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from peft import LoraConfig
from safetensors.torch import save_file
from transformers import Trainer, set_seed

from runners.adapter import WEIGHTS, refuse_difference, save_adapter, tensor_shapes
from runners.device import Compute
from runners.failure import Failure
from runners.fsdp import trained_of
from runners.options import is_full, is_quantised, lora_config
from runners.parts import Rates, freeze_rest, groups_of, rates_of
from runners.protocol import Body
from runners.quantised import in_four_bits
from runners.vlm import load_network
from runners.whole import WEIGHTS as CHECKPOINT
from runners.whole import check_trained, one_of_each, write_checkpoint
from runners.zero import is_sharded

if TYPE_CHECKING:
    from runners.trainers.job import Job


def adapted(job: "Job", settings: Body) -> tuple[Any, LoraConfig]:
    """The network that a fresh adapter is put on, frozen by PEFT, and the adapter."""
    if is_quantised(settings) and job.zero is not None:
        raise Failure("BadInput", "training.tuning qlora trains without training.deepspeed; use tuning lora.")
    network = _loaded(job.model, job.compute, in_four_bits(job.compute) if is_quantised(settings) else None)
    adapter = lora_config(settings, network)
    # The adapter is drawn before the trainer sets its own seed.
    set_seed(job.seed)
    return network, adapter


def whole(job: "Job", settings: Body, *, with_images: bool) -> tuple[Any, Rates]:
    """The network with what is trained of it thawed, and its learning rates by part."""
    rates = rates_of(settings, with_images=with_images)
    network = _loaded(job.model, _exact(job))
    freeze_rest(network, rates)
    return network, rates


def frozen(job: "Job", model: str) -> Any:
    """A reference: as exact as what is compared with it, and never trained."""
    network = _loaded(model, _exact(job) if is_full(job.settings) else job.compute)
    return network.requires_grad_(False).eval()


def _exact(job: "Job") -> Compute:
    """Steps this small are rounded away in half precision: the weights are kept in float32, and computed with in the
    recipe's dtype. DeepSpeed keeps such weights of its own."""
    return job.compute if job.zero else replace(job.compute, dtype=torch.float32)


def _loaded(model: str, compute: Compute, quantised: Body | None = None) -> Any:
    return _one_hook(_exact_logits(_blind(load_network(model, compute, quantised))))


def _one_hook(network: Any) -> Any:
    """Has gradient checkpointing ask the embeddings for gradients once. TRL switches it off and on for the reference in
    every pass, and transformers adds a hook each time: after ten thousand passes each would call ten thousand."""
    enable = network.enable_input_require_grads

    def once() -> None:
        network.disable_input_require_grads()
        enable()

    network.enable_input_require_grads = once
    return network


def _blind(network: Any) -> Any:
    """Has the network look at no images where there are none. Of rows with and without images TRL may take a pass of
    those without, and then hands over the empty rest of a batch's pixels, which the vision tower cannot read."""

    def drop(_module: Any, inputs: Any, named: Any) -> Any:
        grids = named.get("image_grid_thw")
        if grids is None or len(grids) > 0:
            return None
        return inputs, {name: value for name, value in named.items() if name not in ("image_grid_thw", "pixel_values")}

    network.register_forward_pre_hook(drop, with_kwargs=True)
    return network


def _exact_logits(network: Any) -> Any:
    """Has the network answer in float32, whatever it computes in. Accelerate sees to that; DeepSpeed does not, and a
    sum of log-probabilities in bfloat16 comes in steps of a quarter and more."""

    def widen(_module: Any, _inputs: Any, output: Any) -> Any:
        # A loss that is computed in the network leaves none.
        if output.logits is not None:
            output.logits = output.logits.float()
        return output

    network.register_forward_hook(widen)
    return network


class Whole(Trainer):  # type: ignore[misc]
    """A Trainer that trains a network as a whole: a learning rate for each part, and checkpoints that resume exactly.
    To be mixed in before another Trainer."""

    rates: Rates
    optimizer: torch.optim.Optimizer | None

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Trainer's own optimizer, with groups by part and by Trainer's rule of what decays."""
        if self.optimizer is None:
            network = self.model if model is None else model
            kind, options = self.get_optimizer_cls_and_kwargs(self.args, network)
            if not (isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer)) or "params" in options:
                raise Failure(
                    "BadInput", f"training.extra.optim {self.args.optim} takes no learning rate for each part."
                )
            decaying = set(self.get_decay_parameter_names(network))
            groups = groups_of(network, decaying, self.args.weight_decay, self.rates)
            self.optimizer = kind(groups, **options)
        return self.optimizer

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """The weights of a checkpoint; DeepSpeed's own part of it, or FSDP's, has them already."""
        folder = Path(output_dir or self.args.output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        if self.args.should_save and not (self.is_deepspeed_enabled or self.is_fsdp_enabled):
            # As they are in memory: save_pretrained may rename tensors, and what has another name is not resumed.
            tensors = one_of_each(self.model.state_dict())
            save_file(
                {name: each.contiguous() for name, each in tensors.items()}, folder / CHECKPOINT, {"format": "pt"}
            )

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        if self.is_fsdp_enabled:
            super()._load_from_checkpoint(resume_from_checkpoint, model)
            return
        wanted = {name: tuple(each.shape) for name, each in one_of_each(self.model.state_dict()).items()}
        found = tensor_shapes(Path(resume_from_checkpoint) / CHECKPOINT)
        refuse_difference(f"The checkpoint {Path(resume_from_checkpoint).name}", found, wanted)
        super()._load_from_checkpoint(resume_from_checkpoint, model)


def save_policy(trainer: Any, model: str, output: Path, dtype: torch.dtype) -> dict[str, float]:
    """Writes the trained policy below `output`, from the first of several processes. All have to call it: what is
    sharded comes together here. Returns what is to be said about it."""
    network = trainer.accelerator.unwrap_model(trainer.model)
    leads = trainer.is_world_process_zero()
    sharded, divided = is_sharded(trainer.args.deepspeed), trainer.is_fsdp_enabled
    if isinstance(trainer, Whole):
        together = sharded or divided
        state = trainer.accelerator.get_state_dict(trainer.model_wrapped) if together else network.state_dict()
        if not leads:
            return {}
        if divided:
            # They come together one by one, and tied ones as two.
            state |= {name: state[other] for name, other in network.all_tied_weights_keys.items() if name in state}
        folder = output / "model_full"
        write_checkpoint(network, Path(model), folder, dtype, state)
        return {"changed": check_trained(folder, Path(model), network.all_tied_weights_keys)}
    if sharded:
        _save_gathered(network, output, leads)
    else:
        state = trained_of(network) if divided else None
        if leads:
            save_adapter(network, output / "model_lora", state)
    if leads:
        tensor_shapes(output / "model_lora" / WEIGHTS)
    return {}


def _save_gathered(network: Any, output: Path, leads: bool) -> None:
    import deepspeed

    with deepspeed.zero.GatheredParameters([each for each in network.parameters() if each.requires_grad]):
        if leads:
            save_adapter(network, output / "model_lora")
