"""The selector as an ONNX graph: greedy picks for any number of queries and candidates."""

from pathlib import Path

import torch

from runners.selector.network import Selector


def export(network: Selector, dim: int, file: Path) -> None:
    """Writes the graph: query (batch, 2, dim) and candidates (batch, count, 2, dim) in, picks (batch, shots) out."""
    batch, count = torch.export.Dim("batch", min=1, max=65536), torch.export.Dim("count", min=2, max=65536)
    example = (torch.zeros(3, 2, dim), torch.zeros(3, network.shots + 3, 2, dim))
    torch.onnx.export(
        network,
        example,
        str(file),
        input_names=["query", "candidates"],
        output_names=["picks"],
        dynamic_shapes={"query": {0: batch}, "candidates": {0: batch, 1: count}},
        dynamo=True,
        external_data=False,
        verbose=False,
    )
