"""Training checkpoints: stripped of this host, safe on disk, and looked at before they are trusted."""

import json
import os
from pathlib import Path

from runners.adapter import CONFIG, WEIGHTS, tensor_shapes
from runners.failure import Failure

# Without one of these the trainer starts that part afresh and says nothing.
NEEDED = (CONFIG, WEIGHTS, "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json")
# Absolute paths of this host and the time of day; nothing reads them again.
NOT_KEPT = ("training_args.bin", "README.md")


def settle_checkpoint(folder: Path) -> None:
    """Makes a checkpoint portable and flushes it to disk, files first, then the folder that names them."""
    for name in NOT_KEPT:
        (folder / name).unlink(missing_ok=True)
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    (folder / CONFIG).write_text(json.dumps(config | {"base_model_name_or_path": None}, indent=2), encoding="utf-8")
    for path in [*(path for path in folder.rglob("*") if path.is_file()), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check_checkpoint(folder: Path) -> None:
    """Refuses a checkpoint that would resume only in part."""
    for name in NEEDED:
        path = folder / name
        if not path.is_file() or path.stat().st_size == 0:
            raise Failure("ArtifactLost", f"The checkpoint {folder} has no {name}, or an empty one.")
    tensor_shapes(folder / WEIGHTS)
