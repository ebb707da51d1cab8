"""The ways to make a policy from rows, a module for each; src/training has the other half under the same name."""

from importlib import import_module
from types import ModuleType

from runners.failure import Failure
from runners.protocol import Body
from runners.trainers.job import Job, Training
from runners.trainers.rows import Asked

# A new algorithm adds one line. By module, because each loads libraries that the others do not need.
ALGORITHMS = {
    "sft": "runners.trainers.sft",
    "dpo": "runners.trainers.dpo",
    "grpo": "runners.trainers.grpo",
}


def training_of(algorithm: str, job: Job) -> Training:
    """The training that a job asks for, ready to start."""
    training: Training = _module(algorithm).training_of(job)
    return training


def asked_by(algorithm: str, job: Job, rows: list[Body]) -> Asked:
    """How a training reads its rows: where they bring their answers, a collator that makes batches of them."""
    asked: Asked = _module(algorithm).asked_of(job, rows)
    return asked


def _module(algorithm: str) -> ModuleType:
    if algorithm not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        raise Failure("BadInput", f'"{algorithm}" is no way to train that these runners know; {known} are.')
    return import_module(ALGORITHMS[algorithm])
