"""The selector as ONNX graphs: a pool of examples is projected once, and queries choose from what came of it. A third
graph has no weights: cosines with a whole pool, by which candidates are drawn."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from runners.selector.network import Selector


class Pool(nn.Module):
    """examples (count, 2, dim) → projected (count, 3, hidden)."""

    def __init__(self, network: Selector) -> None:
        super().__init__()
        self.network = network

    def forward(self, examples: torch.Tensor) -> torch.Tensor:
        return self.network.project(examples)


class Choice(nn.Module):
    """query (batch, 2, dim), the whole projected pool, and places in it (batch, count) → the chosen places
    (batch, shots)."""

    def __init__(self, network: Selector) -> None:
        super().__init__()
        self.network = network

    def forward(self, query: torch.Tensor, projected: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
        picks = self.network.choose(query, projected[candidates])
        return candidates.gather(1, picks)


class Cosines(nn.Module):
    """query (batch, 2, dim) and examples (count, 2, dim), of length 1 → cosines (batch, 2, count)."""

    def forward(self, query: torch.Tensor, examples: torch.Tensor) -> torch.Tensor:
        return torch.einsum("bpd,npd->bpn", query, examples)


def export(network: Selector, dim: int, folder: Path) -> None:
    """Writes pool.onnx, selector.onnx and cosines.onnx, for any number of examples, queries and candidates."""
    many = {name: torch.export.Dim(name, min=1, max=1 << 24) for name in ("examples", "batch")}
    count = torch.export.Dim("count", min=2, max=65536)
    examples = torch.zeros(network.shots + 4, 2, dim)
    _write(
        Pool(network), {"examples": examples}, "projected", {"examples": {0: many["examples"]}}, folder / "pool.onnx"
    )
    asked = {
        "query": torch.zeros(3, 2, dim),
        "projected": network.project(examples),
        "candidates": torch.arange(network.shots + 3).repeat(3, 1),
    }
    shapes = {
        "query": {0: many["batch"]},
        "projected": {0: many["examples"]},
        "candidates": {0: many["batch"], 1: count},
    }
    _write(Choice(network), asked, "picks", shapes, folder / "selector.onnx")
    both = {"query": asked["query"], "examples": examples}
    axes = {"query": {0: many["batch"]}, "examples": {0: many["examples"]}}
    _write(Cosines(), both, "cosines", axes, folder / "cosines.onnx")


def _write(module: nn.Module, given: dict[str, torch.Tensor], made: str, shapes: Any, file: Path) -> None:
    torch.onnx.export(
        module.eval(),
        tuple(given.values()),
        str(file),
        input_names=list(given),
        output_names=[made],
        dynamic_shapes=shapes,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
