"""The toy critic under training: the model, a head that names what each visual token sees, and its examination.

Training end to end from scratch fails: the language model learns the prior before the vision tower sees anything.
So `train_critic.py` teaches in stages, and this module says what each stage descends.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from dialogues import IGNORED, TEXT_LENGTH, Dialogue, Mix, Spelling, answer, compare, pose, rate
from fixed_grid import FixedGrid, Seen
from scenes import CELLS, CLASSES, GIVEN, HELPFUL, OTHER, SHAPES, VIEWS, Scenes, cell_classes, move
from torch import Tensor, nn

CELL_WEIGHT = 0.3
"""Weight of the cell loss while answers are learned: it keeps the vision tower from forgetting."""

EXAMINED = 48
"""Dialogues of a batch in an examination."""


@dataclass(frozen=True)
class Stage:
    name: str
    steps: int
    learning_rate: float
    batch: int
    mix: Mix | None
    """None: only the cells are named."""
    compared: int = 0
    """Comparisons of answers beside each batch. They have no pictures, so the vision tower rests in such a stage, and
    of the batch itself the critic learns only to reply as it did before."""


class Critic(nn.Module):
    """The model, and the head over its visual tokens that is thrown away after training."""

    def __init__(self, grid: FixedGrid) -> None:
        super().__init__()
        self.grid = grid
        self.head = nn.Linear(grid.model.config.text_config.hidden_size, CLASSES)
        # Twice as fast on a CPU. Texts have other shapes than pictures, and code for any shape would be slow.
        self.see = torch.compile(grid.see, dynamic=False)
        self.read = torch.compile(grid.read, dynamic=False)
        config = grid.model.config
        blank = torch.zeros(1, CELLS * CELLS, config.text_config.hidden_size)
        self.nothing = Seen(blank, [blank] * len(config.vision_config.deepstack_visual_indexes))

    def cell_loss(self, tokens: Tensor, classes: Tensor) -> tuple[Tensor, tuple[float, float]]:
        """Cross-entropy over all cells; shares of right classes and right colours among cells that hold a thing."""
        targets = cell_classes(classes)
        logits = self.head(tokens[: len(classes)])
        full = targets > 0
        named, wanted = logits.argmax(-1)[full], targets[full]
        coloured = ((named + 2) // SHAPES == (wanted + 2) // SHAPES).float().mean().item()
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten()), (
            (named == wanted).float().mean().item(),
            coloured,
        )


def pictures(scenes: Scenes, wanted: list[tuple[int, int]], rng: np.random.Generator | None) -> tuple[Tensor, Tensor]:
    """Pixels and classes of (scene, view) pairs, moved about when there is an `rng`; given views are never mirrored."""
    found = [scenes.picture(*each) for each in wanted]
    if rng is not None:
        found = [move(*pair, rng, flip=view != GIVEN) for pair, (_, view) in zip(found, wanted, strict=True)]
    rgb = torch.from_numpy(np.stack([pair[0] for pair in found]))
    return rgb, torch.from_numpy(np.stack([pair[1] for pair in found]))


def spoken(
    critic: Critic, spelling: Spelling, scenes: Scenes, dialogues: list[Dialogue], rng: np.random.Generator | None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Logits that predict each token after the first, their labels, visual tokens and pixel classes."""
    ids, labels, seen, classes = shown(critic, spelling, scenes, dialogues, rng)
    return critic.read(ids, seen)[:, :-1], labels, seen.tokens, classes


def shown(
    critic: Critic, spelling: Spelling, scenes: Scenes, dialogues: list[Dialogue], rng: np.random.Generator | None
) -> tuple[Tensor, Tensor, Seen, Tensor]:
    """Token ids, the labels of what follows each of them, what is seen in the pictures, and their pixel classes."""
    ids, labels = spelling.batch(spelled(spelling, dialogues))
    rgb, classes = pictures(scenes, [each for d in dialogues for each in d.pictures], rng)
    # Always the same shapes, so that what is compiled once fits every batch; no token looks at the added pictures.
    rgb = F.pad(rgb, (0, 0, 0, 0, 0, 0, 0, 2 * len(dialogues) - len(rgb)))
    return ids, labels[:, 1:], critic.see(rgb), classes


def written(critic: Critic, spelling: Spelling, dialogues: list[Dialogue]) -> tuple[Tensor, Tensor]:
    """The same for dialogues without pictures: shorter, and the vision tower is left out."""
    ids, labels = spelling.batch(spelled(spelling, dialogues), TEXT_LENGTH)
    return critic.read(ids, critic.nothing)[:, :-1], labels[:, 1:]


def spelled(spelling: Spelling, dialogues: list[Dialogue]) -> list[tuple[list[int], list[int]]]:
    return [(spelling.prompt(d.prompt, len(d.pictures)), spelling.reply(d.reply)) for d in dialogues]


def reply_loss(logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)


def kept_loss(logits: Tensor, said: Tensor, labels: Tensor) -> Tensor:
    """How far replies have moved from what was said before: a rehearsal that learns no scene by heart."""
    place = labels != IGNORED
    now, then = logits[place].log_softmax(-1), said[place].log_softmax(-1)
    return F.kl_div(now, then, reduction="batchmean", log_target=True)


def losses(
    critic: Critic, spelling: Spelling, scenes: Scenes, stage: Stage, rng: np.random.Generator
) -> Iterator[tuple[Tensor, float, tuple[float, float]]]:
    """Endless: loss to descend, loss of the replies (of comparisons where there are some), accuracy of the cells."""
    critic.grid.model.model.visual.requires_grad_(stage.compared == 0)
    before = torch.compile(copy.deepcopy(critic.grid).read, dynamic=False) if stage.compared else None
    while True:
        chosen = [int(scene) for scene in rng.integers(0, len(scenes), stage.batch)]
        if stage.mix is None:
            rgb, classes = pictures(scenes, [(scene, int(rng.integers(VIEWS))) for scene in chosen], rng)
            loss, accuracy = critic.cell_loss(critic.see(rgb).tokens, classes)
            yield loss, 0.0, accuracy
            continue
        dialogues = [pose(scenes, scene, stage.mix, rng) for scene in chosen]
        if before is not None:
            ids, labels, seen, _ = shown(critic, spelling, scenes, dialogues, rng)
            with torch.no_grad():
                said = before(ids, seen)[:, :-1]
            kept = kept_loss(critic.read(ids, seen)[:, :-1], said, labels)
            which = rng.integers(0, len(scenes), stage.compared)
            compared = [compare(scenes, int(scene), rng, again=place % 2 == 1) for place, scene in enumerate(which)]
            judged = reply_loss(*written(critic, spelling, compared))
            yield kept + judged, judged.item(), (0.0, 0.0)
            continue
        logits, labels, tokens, classes = spoken(critic, spelling, scenes, dialogues, rng)
        reply = reply_loss(logits, labels)
        cells, accuracy = critic.cell_loss(tokens, classes)
        yield reply + CELL_WEIGHT * cells, reply.item(), accuracy


@torch.no_grad()
def examine(critic: Critic, spelling: Spelling, scenes: Scenes, count: int) -> dict[str, float]:
    """Share of replies that greedy decoding gets right, token for token, by kind of question."""
    kinds = {
        "helpful": [answer(scenes, s, HELPFUL) for s in range(count)],
        "none": [answer(scenes, s, None) for s in range(count)],
        "other": [answer(scenes, s, OTHER) for s in range(count)],
        "rating": [rate(scenes, s, HELPFUL if s % 2 else OTHER) for s in range(count)],
        "rating_again": [rate(scenes, s, HELPFUL if s % 2 else OTHER, again=True) for s in range(count)],
        "similarity": [compare(scenes, s, np.random.default_rng(s)) for s in range(count)],
        "similarity_again": [compare(scenes, s, np.random.default_rng(s), again=True) for s in range(count)],
    }
    measured: dict[str, float] = {}
    for kind, dialogues in kinds.items():
        right: list[Tensor] = []
        sure: list[Tensor] = []
        for at in range(0, count, EXAMINED):
            asked = dialogues[at : at + EXAMINED]
            seeing = asked[0].pictures != []
            logits, labels = (
                spoken(critic, spelling, scenes, asked, None)[:2] if seeing else written(critic, spelling, asked)
            )
            right.append(((logits.argmax(-1) == labels) | (labels == IGNORED)).all(1).float())
            chosen = logits.log_softmax(-1).max(-1).values
            sure.append(((chosen * (labels != IGNORED)).sum(1) / (labels != IGNORED).sum(1)).exp())
        measured[kind] = round(torch.cat(right).mean().item(), 3)
        measured[f"{kind}_confidence"] = round(torch.cat(sure).mean().item(), 3)
    return measured
