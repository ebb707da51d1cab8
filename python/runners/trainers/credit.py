"""Whose merit a reward is, action by action, as advantages of tokens.

A completion's credits are (from, to, credit) of its characters: first the whole text's share, then every action's own
in their order; they add up to the reward. An action is compared with the actions in its place of the group's other
completions: what all do alike in their first action says nothing of that action.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch

# (from, to, credit), characters of the completion.
Credit = tuple[int, int, float]

# Divided by, as TRL does it: a group whose rewards are equal has advantages of 0.
SMALL = 1e-4


def advantages_by_part(
    credits: Sequence[Sequence[Credit]],
    group: int,
    scale: str,
    references: Sequence[Sequence[Sequence[Credit]]] = (),
) -> list[list[Credit]]:
    """Every part's credit, less the mean of the group's credits in its place, in the scale of the rewards.

    The parts of a completion add up to its advantage as GRPO has it: (reward − mean) / deviation. An action that a
    completion does not have counts as 0 in the mean, and what it misses by that is the whole text's.
    credits: of all completions, `group` of each question after another. scale: group, batch or none. references: of
    each question, texts that the completions are compared with as well, and that nothing is learned from.
    """
    rewards = torch.tensor([sum(credit for *_, credit in each) for each in credits], dtype=torch.float64)
    found: list[list[Credit]] = []
    for first in range(0, len(credits), group):
        members = credits[first : first + group]
        everybody = [*members, *(references[first // group] if references else [])]
        places = max(map(len, everybody))
        means = [
            sum(each[place][2] for each in everybody if place < len(each)) / len(everybody) for place in range(places)
        ]
        own = torch.tensor([sum(credit for *_, credit in each) for each in everybody], dtype=torch.float64)
        deviation = {"group": own, "batch": rewards}[scale].std().item() + SMALL if scale != "none" else 1.0
        for member in members:
            parts = [
                (begin, end, (credit - mean) / deviation)
                for (begin, end, credit), mean in zip(member, means, strict=False)
            ]
            begin, end, whole = parts[0]
            missing = sum(means[len(member) :]) / deviation
            found.append([(begin, end, whole - missing), *parts[1:]])
    return found


def spans_of(ids: Sequence[int], decode: Callable[[Sequence[int]], str]) -> list[tuple[int, int]]:
    """The characters that each token adds to the text of those before it; none for an end token."""
    lengths = [0, *(len(decode(ids[: count + 1])) for count in range(len(ids)))]
    return [(before, max(before, after)) for before, after in pairwise(lengths)]


def spread(parts: Sequence[Credit], spans: Sequence[tuple[int, int]]) -> list[float]:
    """Advantages of tokens, whose mean is the sum of the parts: each part's is shared by the tokens in its characters.

    The first part is everybody's; so is one that no token says.
    """
    count = len(spans)
    tokens = [0.0] * count
    for place, (begin, end, share) in enumerate(parts):
        inside = [at for at, (first, last) in enumerate(spans) if first < end and last > begin and last > first]
        owners = inside if place > 0 and inside else list(range(count))
        for at in owners:
            tokens[at] += share * count / len(owners)
    return tokens
