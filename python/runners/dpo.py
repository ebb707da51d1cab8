"""TRL's DPOTrainer, made to say what it does: each loss term by its name, and each checkpoint once it is on disk."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import TrainerCallback
from trl import DPOTrainer

from runners.checkpoint import settle_checkpoint
from runners.failure import Failure
from runners.growth import alive
from runners.protocol import Body, Channel
from runners.ranks import meet
from runners.tails import tails_of
from runners.vision import see_once

# TRL's names for what a reader of the progress wants, and ours.
METRICS = {
    "loss": "loss",
    "rewards/margins": "margin",
    "rewards/accuracies": "accuracy",
    "rewards/chosen": "reward_chosen",
    "rewards/rejected": "reward_rejected",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
}

# float16's gradients are scaled up, by 65,536 at first; a step whose gradients overflow is skipped, and the scale
# halved. After 16 halvings it is 1 (DeepSpeed waits a little before the first): what still overflows does so by itself.
SKIPPED_IN_A_ROW = 20


class TermWeight:
    """A loss term's weight that notes the term. TRL multiplies each term by its weight and adds them up in one line;
    the multiplication is the only place where a term can be seen on its own."""

    def __init__(self, weight: float, note: Callable[[torch.Tensor], None]) -> None:
        self._weight = weight
        self._note = note

    def __rmul__(self, term: torch.Tensor) -> torch.Tensor:
        self._note(term)
        return term * self._weight


class TermwiseDPOTrainer(DPOTrainer):  # type: ignore[misc]
    """DPOTrainer with one more metric per loss term, and, where policy and reference share the part of the network that
    an image passes first (`sees_alike`), one look at each image. With `tails`, logits of the completions alone."""

    def __init__(self, *, sees_alike: bool, tails: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._sees_alike = sees_alike
        self._tails = tails
        self.loss_weights: list[TermWeight] = [
            TermWeight(weight, partial(self._note_term, name))
            for name, weight in zip(self.args.loss_type, self.args.loss_weights, strict=True)
        ]

    def _compute_loss(self, model: Any, inputs: Body, return_outputs: bool) -> Any:
        if self._sees_alike:
            network = self.accelerator.unwrap_model(model)
            # As within the network's own forward, which Accelerate has wrapped.
            with self.accelerator.autocast():
                inputs = see_once(network.get_base_model() if isinstance(network, PeftModel) else network, inputs)
        if self._tails:
            inputs = tails_of(inputs)
        return super()._compute_loss(model, inputs, return_outputs)

    def _note_term(self, name: str, term: torch.Tensor) -> None:
        value = self.accelerator.gather(term.detach()).mean().item()
        self._metrics["train" if self.model.training else "eval"][name].append(value)


class Report(TrainerCallback):  # type: ignore[misc]
    """Sends progress and checkpoint events; of several processes only the first speaks.

    scaled: gradients are scaled for float16, and a step is skipped where they overflow.
    """

    def __init__(self, channel: Channel, terms: list[str], *, speaks: bool = True, scaled: bool = False) -> None:
        self._channel = channel
        self._terms = terms
        self._speaks = speaks
        self._scaled = scaled
        self._skipped = 0

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
        """After every optimizer step. A loss that is no number ends the training: it cannot recover."""
        if "loss" not in logs:
            return
        metrics = metrics_of(logs, self._terms, scaled=self._scaled)
        broken = [name for name, value in metrics.items() if not math.isfinite(value)]
        if broken:
            names = ", ".join(broken)
            raise Failure("ChildError", f"At step {state.global_step} no longer finite: {names}; lower learning_rate.")
        self._skipped = self._skipped + 1 if "grad_norm" in logs and "grad_norm" not in metrics else 0
        if self._skipped > SKIPPED_IN_A_ROW:
            raise Failure(
                "ChildError",
                f"The gradients of {self._skipped} optimizer steps in a row are no numbers; lower learning_rate, or "
                "train in bfloat16 or float32.",
            )
        event = {"event": "progress", "step": state.global_step, "total": state.max_steps, "metrics": metrics}
        if self._speaks:
            self._channel.send(event)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After a checkpoint was written; told only once it would survive a power cut."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        # Every process writes its own random state, and its share of what is sharded.
        meet()
        if self._speaks:
            settle_checkpoint(folder, alive(self._channel))
            self._channel.send({"event": "checkpoint", "step": state.global_step, "folder": str(folder)})


def metrics_of(logs: dict[str, Any], terms: list[str], *, scaled: bool = False) -> dict[str, float]:
    """What is reported of one step's log. scaled: a gradient that overflowed was skipped, and has no norm."""
    named = {ours: float(logs[theirs]) for theirs, ours in METRICS.items() if theirs in logs}
    if scaled and not math.isfinite(named.get("grad_norm", 0)):
        del named["grad_norm"]
    return named | {term: float(logs[term]) for term in terms if term in logs}
