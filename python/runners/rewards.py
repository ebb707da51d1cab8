"""What sampled answers are worth, asked of whoever started the training: rewards are defined once, and not here.

Over a Unix socket, a JSON line each way: {answers: [{row, text}]} → {rewards: [{reward, parts}]} or {error}.
"""

import json
import math
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from runners.failure import Failure

# Seconds: a reward of the user's own may ask a server; without an answer the training would stand for ever.
PATIENCE = 600


@dataclass(frozen=True)
class Rewarded:
    """An answer to the row of this number among the training's rows."""

    row: int
    text: str


@dataclass(frozen=True)
class Reward:
    """parts: what the reward was made of, by name."""

    reward: float
    parts: dict[str, float]


class Rewards:
    """A connection that is opened at the first question; every process has its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket: socket.socket | None = None

    def ask(self, answers: Sequence[Rewarded]) -> list[Reward]:
        """A reward for each answer. There is no default: without a finite number for each the training ends."""
        request = {"answers": [{"row": answer.row, "text": answer.text} for answer in answers]}
        reply = self._exchange(json.dumps(request) + "\n")
        if "error" in reply:
            raise Failure("BadInput", str(reply["error"]))
        rewards = reply.get("rewards")
        if not isinstance(rewards, list) or len(rewards) != len(answers):
            count = len(rewards) if isinstance(rewards, list) else "no"
            raise Failure("ChildError", f"{count} rewards came for {len(answers)} answers.")
        return [self._checked(each, answer) for each, answer in zip(rewards, answers, strict=True)]

    def _checked(self, told: dict[str, object], answer: Rewarded) -> Reward:
        reward, parts = told.get("reward"), told.get("parts", {})
        if not isinstance(reward, (int, float)) or not math.isfinite(reward) or not isinstance(parts, dict):
            raise Failure("ChildError", f"The reward of an answer to row {answer.row} is no finite number: {reward}.")
        return Reward(float(reward), {name: float(value) for name, value in parts.items()})

    def _exchange(self, line: str) -> dict[str, object]:
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self._socket.settimeout(PATIENCE)
                self._socket.connect(self._path)
            self._socket.sendall(line.encode())
            received = bytearray()
            while not received.endswith(b"\n"):
                part = self._socket.recv(1 << 16)
                if not part:
                    raise Failure("ChildError", "Whoever gives the rewards has gone.")
                received += part
        except OSError as error:
            raise Failure("ChildError", f"The rewards cannot be asked for: {error}.") from error
        try:
            reply = json.loads(received)
        except ValueError as error:
            raise Failure("ChildError", "Whoever gives the rewards answered with no JSON.") from error
        if not isinstance(reply, dict):
            raise Failure("ChildError", "Whoever gives the rewards answered with no object.")
        return reply
