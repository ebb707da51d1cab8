"""What a training says while it works, whatever the algorithm: its metrics after every step, and each checkpoint once
it is on disk."""

import math
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from runners.checkpoint import settle_checkpoint
from runners.failure import Failure
from runners.growth import alive
from runners.protocol import Channel
from runners.ranks import meet

# What every Trainer of transformers logs.
METRICS = {"loss": "loss", "learning_rate": "learning_rate", "grad_norm": "grad_norm"}

# The summary's numbers are means over this many last steps: one step's batch is noise.
LAST_STEPS = 10

# float16's gradients are scaled up, by 65,536 at first; a step whose gradients overflow is skipped, and the scale
# halved. After 16 halvings it is 1 (DeepSpeed waits a little before the first): what still overflows does so by itself.
SKIPPED_IN_A_ROW = 20


class Report(TrainerCallback):  # type: ignore[misc]
    """Sends progress and checkpoint events; of several processes only the first speaks.

    names: the trainer's names of metrics, and ours.

    scaled: gradients are scaled for float16, and a step is skipped where they overflow.
    """

    def __init__(self, channel: Channel, names: dict[str, str], *, speaks: bool = True, scaled: bool = False) -> None:
        self._channel = channel
        self._names = names
        self._speaks = speaks
        self._scaled = scaled
        self._skipped = 0

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
        """After every optimizer step. A loss that is no number ends the training: it cannot recover."""
        if "loss" not in logs:
            return
        metrics = metrics_of(logs, self._names, scaled=self._scaled)
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


def metrics_of(logs: dict[str, Any], names: dict[str, str], *, scaled: bool = False) -> dict[str, float]:
    """What is reported of one step's log, under our names. scaled: a gradient that overflowed was skipped, and has no
    norm."""
    named = {ours: float(logs[theirs]) for theirs, ours in names.items() if theirs in logs}
    if scaled and not math.isfinite(named.get("grad_norm", 0)):
        del named["grad_norm"]
    return named


def summary(steps: list[dict[str, float]]) -> dict[str, float]:
    """Means of every metric over those of the last steps that have it, and the first step's loss (log 2 for `sigmoid`
    alone)."""
    last = steps[-LAST_STEPS:]
    names = dict.fromkeys(name for step in last for name in step)
    known = {name: [step[name] for step in last if name in step] for name in names}
    means = {name: sum(values) / len(values) for name, values in known.items()}
    return means | {"first_loss": steps[0]["loss"]}
