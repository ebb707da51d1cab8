"""What an algorithm is told of a training, and what it gives back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runners.device import Compute
from runners.protocol import Body
from runners.ranks import Rank


@dataclass(frozen=True)
class Job:
    """A training, as every algorithm is told of it."""

    # The recipe's section, as src/training/<algorithm>.ts parsed it.
    settings: Body
    # Folders of the checkpoint that it starts from, and of the one that it is held to; None for the same.
    model: str
    reference: str | None
    # A JSON array of the algorithm's rows, and where their image names start.
    data: Path
    image_root: Path
    processor: Any
    # Ids that stand for images, and that no text may hold.
    unspeakable: tuple[int, ...]
    # Tokens that the model has places for.
    context: int
    compute: Compute
    rank: Rank
    # The request's seed as the 32 bits that numpy and torch take.
    seed: int
    checkpoints: str
    # DeepSpeed's configuration, if it takes part.
    zero: Body | None
    # The socket of whoever says what a completion is worth; None where nobody is asked.
    judge: str | None
    # Rows that nothing is learned from, by which the best of the checkpoints is found; None where nobody looks.
    validation: Path | None = None
    # Where the policy goes, and the checkpoint that it goes on from; None of a training that is only tried.
    output: Path | None = None
    resume_from: Path | None = None


@dataclass(frozen=True)
class Training:
    """A trainer that is ready to start, and how to speak of it."""

    # A Trainer of transformers.
    trainer: Any
    # How many rows it trains on, and what they are called: "pairs".
    rows: int
    called: str
    # The trainer's names for what a reader of the progress wants, and ours.
    metrics: dict[str, str]
