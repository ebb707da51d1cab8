"""Which of a job's processes this one is. `accelerate launch` says so in the environment of each."""

import os
from dataclasses import dataclass
from datetime import timedelta

from runners.failure import Failure

# How long a process waits for the others. A hang ends by the silence that the worker hears; this must not end sooner
# what is no hang: the others wait while the first one writes and checks a policy of many gigabytes.
PATIENCE = timedelta(days=2)

# What launchers tell their processes. Transformers believes it wherever it comes from, also from the cluster that
# started the worker.
TOLD = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class Rank:
    """One of `count` processes of a job on one host, counted from 0."""

    index: int
    count: int

    @property
    def leads(self) -> bool:
        """The first one speaks to the worker and writes what all have made."""
        return self.index == 0


ALONE = Rank(0, 1)


def rank_of(processes: int) -> Rank:
    """This process among as many as the recipe asks for. A lone one hears no launcher."""
    if processes == 1:
        for name in TOLD:
            os.environ.pop(name, None)
        return ALONE
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started != processes:
        raise Failure(
            "BadInput", f"training.num_processes is {processes}, but {started} were started; use accelerate launch."
        )
    return Rank(int(os.environ["RANK"]), processes)


def meet() -> None:
    """Waits until every process of the job is here."""
    import torch

    if torch.distributed.is_initialized():
        torch.distributed.barrier()
