"""Training checkpoints: stripped of this host, safe on disk, and looked at before they are trusted."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from runners.adapter import CONFIG, WEIGHTS, tensor_shapes
from runners.failure import Failure
from runners.whole import WEIGHTS as WHOLE

# Without one of these the trainer starts that part afresh and says nothing.
ALWAYS = ("scheduler.pt", "trainer_state.json")
# DeepSpeed's own part: a folder for the step, and a file that names it.
LATEST = "latest"
# What divides a training over its processes.
Divider = Literal["deepspeed", "fsdp"]
# The optimizer's moments, and what else is resumed from; FSDP's weights are whole.
OWN: dict[Divider | None, tuple[str, ...]] = {
    None: ("optimizer.pt",),
    "deepspeed": (LATEST,),
    "fsdp": ("optimizer.bin", "pytorch_model_fsdp.bin"),
}
# Absolute paths of this host and the time of day, and a program of DeepSpeed's; nothing reads them again.
NOT_KEPT = ("training_args.bin", "README.md", "zero_to_fp32.py")


def settle_checkpoint(folder: Path, beat: Callable[[], None] = lambda: None) -> None:
    """Makes a checkpoint portable and flushes it to disk, files first, then the folders that name them. Calls `beat`
    after each: what the system has kept in memory so far is written only now."""
    for name in NOT_KEPT:
        (folder / name).unlink(missing_ok=True)
    if (folder / CONFIG).is_file():
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        (folder / CONFIG).write_text(json.dumps(config | {"base_model_name_or_path": None}, indent=2), encoding="utf-8")
    inside = [*folder.rglob("*")]
    for path in [*(each for each in inside if each.is_file()), *(each for each in inside if each.is_dir()), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        beat()


def check_checkpoint(folder: Path, *, full: bool = False, by: Divider | None = None, processes: int = 1) -> None:
    """Refuses a checkpoint that would resume only in part.

    full: of the whole network, not of an adapter; by: what divided the training, and wrote a part of its own.
    """
    for path in _needed(folder, full, by, processes):
        if not path.is_file() or path.stat().st_size == 0:
            raise Failure(
                "ArtifactLost", f"The checkpoint {folder} has no {path.relative_to(folder)}, or an empty one."
            )
    if not full or by is None:
        tensor_shapes(folder / (WHOLE if full else WEIGHTS))


def _needed(folder: Path, full: bool, by: Divider | None, processes: int) -> Iterator[Path]:
    names = [
        *ALWAYS,
        *(["rng_state.pth"] if processes == 1 else [f"rng_state_{each}.pth" for each in range(processes)]),
    ]
    if not full:
        names += [CONFIG, WEIGHTS]
    elif by is None:
        names += [WHOLE]
    names += OWN[by]
    yield from (folder / name for name in names)
    if by == "deepspeed":
        step = folder / (folder / LATEST).read_text(encoding="utf-8").strip()
        shares = sorted(step.glob("*_optim_states.pt"))
        # Stage 3 keeps the weights in as many pieces; the others once.
        yield from shares if len(shares) == processes else [step / f"*_optim_states.pt for {processes} processes"]
