"""The ways to make a policy from rows, a module for each; src/training has the other half under the same name."""

from importlib import import_module

from runners.failure import Failure
from runners.trainers.job import Job, Training

# A new algorithm adds one line. By module, because each loads libraries that the others do not need.
ALGORITHMS = {
    "sft": "runners.trainers.sft",
    "dpo": "runners.trainers.dpo",
    "grpo": "runners.trainers.grpo",
}


def training_of(algorithm: str, job: Job) -> Training:
    """The training that a job asks for, ready to start."""
    if algorithm not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        raise Failure("BadInput", f'"{algorithm}" is no way to train that these runners know; {known} are.')
    training: Training = import_module(ALGORITHMS[algorithm]).training_of(job)
    return training
