"""Asks the worker what completions are worth. Rewards are defined once, in src/reward, and asked through a Unix socket:
one line of JSON for a request, one for its answer.

request: {rows: [{row: index into the training's rows, text: the completion}]}.
answer: {rewards: [{reward: number, parts: {name: number}, credits?: [{from, to, credit}]}]}, as many and in the same
order; or an error as {error: {type, message}}. Credits are of characters, and say whose merit the reward is.
A socket that is gone, or an answer of another shape, is a failure: no completion has a reward by default.
"""

import json
import math
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runners.failure import Failure, FailureType
from runners.protocol import Body

# Seconds. A reward of the user's own may ask a service; what takes longer than this has lost its answer.
PATIENCE_S = 600.0
RECEIVED = 1 << 16
# Longest piece of a wrong answer that is repeated.
SHOWN = 200


@dataclass(frozen=True)
class Scored:
    """What a completion is worth, and what that is made of."""

    reward: float
    parts: dict[str, float]
    # (from, to, credit) of the completion's characters: whose merit the reward is. None: the whole text's.
    credits: list[tuple[int, int, float]] | None = None


class Judge:
    """A line to the worker's judge, opened with the first question."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._line: socket.socket | None = None
        self._rest = b""

    def ask(self, completions: Sequence[tuple[int, str]]) -> list[Scored]:
        """completions: (row, text) each."""
        request = {"rows": [{"row": row, "text": text} for row, text in completions]}
        try:
            answer = json.loads(self._exchange(json.dumps(request).encode() + b"\n"))
        except OSError as error:
            raise Failure("Infrastructure", f"The judge of the completions does not answer: {error}") from error
        except ValueError as error:
            raise Failure("Infrastructure", f"The judge's answer is not JSON: {error}") from error
        return scored_of(answer, len(completions))

    def _exchange(self, request: bytes) -> bytes:
        if self._line is None:
            self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._line.settimeout(PATIENCE_S)
            self._line.connect(self._path)
        self._line.sendall(request)
        while b"\n" not in self._rest:
            more = self._line.recv(RECEIVED)
            if not more:
                raise ConnectionResetError("its end closed the line")
            self._rest += more
        answer, _, self._rest = self._rest.partition(b"\n")
        return answer


def scored_of(answer: Any, wanted: int) -> list[Scored]:
    """The rewards of an answer; anything else than `wanted` finite ones is refused."""
    if isinstance(answer, dict) and isinstance(error := answer.get("error"), dict):
        kind: FailureType = "BadInput" if error.get("type") == "BadInput" else "Infrastructure"
        raise Failure(kind, str(error.get("message")))
    rewards = answer.get("rewards") if isinstance(answer, dict) else None
    if not isinstance(rewards, list) or len(rewards) != wanted:
        raise Failure("Infrastructure", f"The judge was asked for {wanted} rewards and answered {_shown(answer)}.")
    return [_scored(each) for each in rewards]


def _scored(each: Any) -> Scored:
    parts: Body = each.get("parts", {}) if isinstance(each, dict) else {}
    numbers = [each.get("reward"), *parts.values()] if isinstance(each, dict) and isinstance(parts, dict) else [None]
    if not all(_is_finite(number) for number in numbers):
        raise Failure("Infrastructure", f"The judge answered {_shown(each)}, where a finite reward is needed.")
    credits = each.get("credits")
    if credits is not None and not _are_credits(credits):
        raise Failure("Infrastructure", f"The judge answered {_shown(each)}, whose credits are none.")
    return Scored(
        float(each["reward"]),
        {name: float(value) for name, value in parts.items()},
        None if credits is None else [(own["from"], own["to"], float(own["credit"])) for own in credits],
    )


def _are_credits(credits: Any) -> bool:
    return isinstance(credits, list) and all(
        isinstance(each, dict) and all(_is_finite(each.get(name)) for name in ("from", "to", "credit"))
        for each in credits
    )


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
