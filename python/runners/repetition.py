"""How much a completion repeats itself."""

from collections.abc import Sequence

# Tokens whose repetition counts: single ones repeat in any text.
REPEATED = 3


def repetition(ids: Sequence[int]) -> float:
    """The share of a completion's runs of three tokens that it has said before; 0 of fewer than three tokens."""
    runs = [tuple(ids[at : at + REPEATED]) for at in range(len(ids) - REPEATED + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0
