"""The training scenes that `demo/world/training.ts` wrote, and what is asked of their pictures."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SIDE = 128
CELLS = 4
VIEWS = 3
SHAPES = 3
CLASSES = 1 + 6 * SHAPES
"""No thing, or one of six colours times three shapes."""
GIVEN, HELPFUL, OTHER = range(VIEWS)

VISIBLE_PIXELS = 30
"""From here on a thing counts as shown; the renderer says the same."""

CELL_PIXELS = 12
"""A cell with fewer pixels of a thing counts as empty: so few say a colour but no shape."""

MAX_SHIFT = 8
"""Pixels that a picture is moved by at most: small against a cell, so that nothing important leaves it."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Scenes:
    """Parts are folders of one seed, one after another."""

    rgb: list[Bytes]
    classes: list[Bytes]
    items: list[dict[str, Any]]
    first: list[int]

    def __len__(self) -> int:
        return len(self.items)

    def picture(self, scene: int, view: int) -> tuple[Bytes, Bytes]:
        """Pixels (side, side, 3) and the class of each (side, side)."""
        part = max(p for p, first in enumerate(self.first) if first <= scene)
        at = scene - self.first[part]
        return self.rgb[part][at, view], self.classes[part][at, view]

    def shows(self, scene: int, view: int) -> int:
        """Pixels of the hidden thing in that view."""
        return int(self.items[scene]["views"][view]["pixels"])


def load_scenes(folders: list[Path]) -> Scenes:
    """Maps the arrays into memory; nothing is read before it is used."""
    scenes = Scenes([], [], [], [])
    for folder in folders:
        items = [json.loads(line) for line in (folder / "items.jsonl").read_text().splitlines()]
        shape = (len(items), VIEWS, SIDE, SIDE)
        scenes.first.append(len(scenes.items))
        scenes.items.extend(items)
        scenes.rgb.append(np.memmap(folder / "rgb.u8", np.uint8, "r", shape=(*shape, 3)))
        scenes.classes.append(np.memmap(folder / "classes.u8", np.uint8, "r", shape=shape))
    return scenes


def move(rgb: Bytes, classes: Bytes, rng: np.random.Generator, flip: bool = True) -> tuple[Bytes, Bytes]:
    """The picture a little to the side, and mirrored every other time; the border repeats."""
    rows, columns = rng.integers(-MAX_SHIFT, MAX_SHIFT + 1, 2)
    row = np.clip(np.arange(SIDE) + rows, 0, SIDE - 1)
    column = np.clip(np.arange(SIDE) + columns, 0, SIDE - 1)
    if flip and rng.integers(2) == 1:
        column = column[::-1]
    return rgb[row][:, column], classes[row][:, column]


def cell_classes(classes: Tensor) -> Tensor:
    """(n, side, side) pixel classes → (n, cells²): the thing with most pixels in each cell, 0 for none."""
    n = classes.shape[0]
    width = SIDE // CELLS
    cells = classes.view(n, CELLS, width, CELLS, width).transpose(2, 3).reshape(n * CELLS * CELLS, -1).long()
    place = torch.arange(cells.shape[0])[:, None] * CLASSES
    counts = (cells + place).flatten().bincount(minlength=cells.shape[0] * CLASSES).view(-1, CLASSES)
    most, which = counts[:, 1:].max(1)
    return torch.where(most >= CELL_PIXELS, which + 1, 0).view(n, CELLS * CELLS)
