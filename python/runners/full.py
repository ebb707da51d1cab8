"""Full fine-tuning with TRL's DPOTrainer: a learning rate for each part, and checkpoints that resume exactly."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from runners.adapter import refuse_difference, tensor_shapes
from runners.dpo import TermwiseDPOTrainer
from runners.failure import Failure
from runners.parts import Rates, groups_of
from runners.whole import WEIGHTS, one_of_each


class FullDPOTrainer(TermwiseDPOTrainer):
    """Trains the network itself. `ref_model` has to be a second, frozen load of the base in the same dtype: TRL would
    load one in float32."""

    def __init__(self, *, rates: Rates, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._rates = rates
        self.optimizer: torch.optim.Optimizer | None

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
            groups = groups_of(network, decaying, self.args.weight_decay, self._rates)
            self.optimizer = kind(groups, **options)
        return self.optimizer

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """The weights of a checkpoint; DeepSpeed's own part of it has them already."""
        folder = Path(output_dir or self.args.output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        if self.args.should_save and not self.is_deepspeed_enabled:
            # As they are in memory: save_pretrained may rename tensors, and what has another name is not resumed.
            tensors = one_of_each(self.model.state_dict())
            save_file({name: each.contiguous() for name, each in tensors.items()}, folder / WEIGHTS, {"format": "pt"})

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        wanted = {name: tuple(each.shape) for name, each in one_of_each(self.model.state_dict()).items()}
        found = tensor_shapes(Path(resume_from_checkpoint) / WEIGHTS)
        refuse_difference(f"The checkpoint {Path(resume_from_checkpoint).name}", found, wanted)
        super()._load_from_checkpoint(resume_from_checkpoint, model)
