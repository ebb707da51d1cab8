"""The three parts of a vision-language network that a full fine-tuning tells apart: each has a learning rate of its
own, or stays as it is."""

from dataclasses import dataclass
from typing import Any, Literal

from runners.failure import Failure
from runners.protocol import Body, field, number

Part = Literal["language_model", "vision_tower", "merger"]

# The recipe's names: the part's learning rate, and whether it stays as it is.
FIELDS: dict[Part, tuple[str, str]] = {
    "language_model": ("language_lr", "freeze_language_model"),
    "vision_tower": ("vision_lr", "freeze_vision_tower"),
    "merger": ("merger_lr", "freeze_merger"),
}
# Between tower and language model. Qwen3-VL has one more for each layer of the tower that it listens to.
MERGERS = ("merger", "deepstack_merger_list")


@dataclass(frozen=True)
class Rates:
    """The peak learning rate of each part that is trained."""

    of: dict[Part, float]

    @property
    def see(self) -> bool:
        """Is anything trained that an image passes before the language model?"""
        return "vision_tower" in self.of or "merger" in self.of


def part_of(name: str) -> Part:
    """The part that a parameter belongs to, by its name. The head is the language model's."""
    path = name.split(".")
    if "visual" not in path:
        return "language_model"
    return "merger" if path[path.index("visual") + 1] in MERGERS else "vision_tower"


def rates_of(training: Body, *, with_images: bool = True) -> Rates:
    """What the recipe trains, and how fast. Pairs without images teach what sees nothing."""
    rates: dict[Part, float] = {
        part: number(training, rate) for part, (rate, freeze) in FIELDS.items() if not field(training, freeze, bool)
    }
    if not rates:
        flags = ", ".join(freeze for _, freeze in FIELDS.values())
        raise Failure("BadInput", f"Everything is frozen ({flags}); at least one part is needed to train.")
    if with_images:
        return Rates(rates)
    if "language_model" not in rates:
        raise Failure("BadInput", "The language model is frozen, and the pairs have no images for the other parts.")
    return Rates({"language_model": rates["language_model"]})


def freeze_rest(network: Any, rates: Rates) -> None:
    """Leaves only the trained parts trainable."""
    present = {part_of(name) for name, _ in network.named_parameters()}
    lacking = sorted(FIELDS.keys() - present)
    if lacking:
        raise Failure("BadInput", f"The checkpoint has no {lacking[0]}, but training.tuning is full.")
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(part_of(name) in rates.of)


def groups_of(network: Any, decaying: set[str], weight_decay: float, rates: Rates) -> list[Body]:
    """The optimizer's groups: for each trained part its decaying and its other parameters, at the part's rate.

    decaying: names of the parameters that transformers' Trainer lets decay (no biases, no norms).
    """
    groups = []
    for part, rate in rates.of.items():
        own = {name: each for name, each in network.named_parameters() if each.requires_grad and part_of(name) == part}
        for decays in (True, False):
            parameters = [each for name, each in own.items() if (name in decaying) is decays]
            if parameters:
                groups.append({"params": parameters, "lr": rate, "weight_decay": weight_decay if decays else 0.0})
    return groups
