"""Queries with their candidates and beams as tensors."""

import json
import random
from pathlib import Path

import numpy as np
import torch

from runners.protocol import Body, field


class Data:
    """All queries of a training, and which of them are only looked at."""

    def __init__(self, request: Body, device: torch.device) -> None:
        self.queries: list[Body] = json.loads(Path(field(request, "queries", str)).read_text(encoding="utf-8"))
        folder = Path(field(request, "embeddings", str))
        shape = json.loads((folder / "shape.json").read_text(encoding="utf-8"))
        self.dim: int = shape["dim"]
        self._pool: int = shape["rows"]["pool"]
        parts = [np.fromfile(folder / f"{name}.f32", dtype="<f4").reshape(-1, self.dim) for name in ("image", "text")]
        # (examples, 2, dim): the pool's, then the queries'.
        self._vectors = torch.from_numpy(np.stack(parts, 1)).to(device)
        self._device = device
        self._seed = field(request, "seed", int)
        order = self._shuffled(range(len(self.queries)), "split")
        held = min(len(order) - 1, int(len(order) * field(request, "training", dict)["validation"]))
        self.validation, self.training = order[:held], sorted(order[held:])

    def _shuffled(self, places: "range | list[int]", what: str) -> list[int]:
        shuffled = list(places)
        random.Random(f"{self._seed}/{what}").shuffle(shuffled)
        return shuffled

    def order(self, epoch: int) -> list[int]:
        """The training queries in the order of an epoch, whichever process asks."""
        return self._shuffled(self.training, f"epoch {epoch}")

    def groups(self, batch: list[int]) -> list[list[int]]:
        """The batch in groups of equally many candidates and beams, which fit into one tensor."""
        by_shape: dict[tuple[int, int], list[int]] = {}
        for place in batch:
            query = self.queries[place]
            by_shape.setdefault((len(query["candidates"]), len(query["beams"])), []).append(place)
        return list(by_shape.values())

    def inputs(self, group: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Query (group, 2, dim) and candidates (group, count, 2, dim)."""
        queries = [self.queries[place] for place in group]
        at = torch.tensor([self._pool + query["query"] for query in queries], device=self._device)
        candidates = torch.tensor([query["candidates"] for query in queries], device=self._device)
        return self._vectors[at], self._vectors[candidates]

    def beams(self, group: list[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Picks (group, beams, shots), scores and rewards (group, beams); best score first."""
        beams = [self.queries[place]["beams"] for place in group]
        picks = torch.tensor([[beam["picks"] for beam in each] for each in beams], device=self._device)
        scores = torch.tensor([[beam["score"] for beam in each] for each in beams], device=self._device)
        rewards = torch.tensor([[beam["reward"] for beam in each] for each in beams], device=self._device)
        return picks, scores, rewards
