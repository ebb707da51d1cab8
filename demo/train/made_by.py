"""Says beside a checkpoint what made it, so that shipped weights can be told from others and made again."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy
import torch
import transformers
from tokens import ROOT

SOURCES = [
    "demo/train/*.py",
    "demo/world/*.ts",
    "demo/world/*.json",
    "configs/prompts/toy.*",
    "src/model/image/scene/*.ts",
]


def write_made_by(folder: Path, how: dict[str, Any], measured: dict[str, float]) -> None:
    """`how` holds seeds and steps; digests cover everything that the weights depend on."""
    digests = {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for pattern in SOURCES
        for path in sorted(ROOT.glob(pattern))
    }
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "numpy": numpy.__version__}
    made_by = {**how, "measured": measured, "versions": versions, "sha256": digests}
    (folder / "made_by.json").write_text(json.dumps(made_by, indent=2) + "\n")
