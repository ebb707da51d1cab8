"""The policies of a training's checkpoints: what each is worth on questions that nothing is learned from, and which is
best."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from runners.policy import save_policy
from runners.ranks import meet
from runners.trainers.job import Job

# The metric's name, and the file with all of them: {rewards: {step: mean reward}, best: step}.
REWARD = "val_reward"
WORTH = "validation.json"
# In a checkpoint: the policies so far.
SO_FAR = "policies"


class Validated(TrainerCallback):  # type: ignore[misc]
    """At every checkpoint, greedy completions of the held-out questions are judged, and the adapter is kept:
    output/checkpoint-N/model_lora, output/best/model_lora, output/validation.json. A checkpoint has what was kept
    before it, so that a resumed training ends with the same.

    places: of the held-out questions among the rows that the trainer's judge knows.
    """

    def __init__(self, job: Job, output: Path, trainer: Any, places: Sequence[int]) -> None:
        self._job = job
        self._output = output
        self._trainer = trainer
        self._places = places
        self._rewards: dict[str, float] = {}
        if job.resume_from is not None:
            before = job.resume_from / SO_FAR
            self._rewards = json.loads((before / WORTH).read_text())["rewards"]
            if job.rank.leads:
                shutil.copytree(before, output, dirs_exist_ok=True)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Before the step is logged, so that its line has the reward."""
        if not control.should_save:
            return
        reward = self._trainer.worth(self._places)
        self._rewards[str(state.global_step)] = reward
        self._trainer.note(REWARD, reward)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After a checkpoint was written, and before it is told."""
        output = self._output
        own = output / f"checkpoint-{state.global_step}"
        save_policy(self._trainer, self._job.model, own, self._job.compute.dtype)
        if self._job.rank.leads:
            # The first of equals: whoever trains on without a gain has learned nothing that is wanted.
            best = max(self._rewards, key=lambda step: self._rewards[step])
            if best == str(state.global_step):
                shutil.rmtree(output / "best", ignore_errors=True)
                shutil.copytree(own, output / "best")
            told = {"rewards": self._rewards, "best": int(best)}
            (output / WORTH).write_text(json.dumps(told, indent=2) + "\n")
            kept = Path(args.output_dir) / f"checkpoint-{state.global_step}" / SO_FAR
            kept.mkdir()
            shutil.copy(output / WORTH, kept)
            for folder in [output / "best", *(output / f"checkpoint-{step}" for step in self._rewards)]:
                shutil.copytree(folder, kept / folder.name)
        meet()
