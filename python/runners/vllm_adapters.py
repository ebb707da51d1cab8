"""Adapters in vLLM: each is loaded under a number of its own when it is first asked for; no number is used twice."""

import json
from pathlib import Path
from typing import Any

from vllm.lora.request import LoRARequest

from runners.adapter import CONFIG, WEIGHTS, tensor_shapes
from runners.failure import Failure

# What vLLM leaves out with no more than a warning: it adapts the language model alone.
LEFT_OUT = ".visual."


class Adapters:
    """The adapters of one base, by the digest of the policy that base and adapter are."""

    def __init__(self, max_rank: int) -> None:
        self._max_rank = max_rank
        self._known: dict[str, Any] = {}

    def of(self, serving: str, folder: str | None) -> Any:
        """vLLM's request for a policy's adapter; None where it is the base itself. An adapter of which vLLM would leave
        something out is refused."""
        if serving not in self._known:
            if folder is not None:
                check_adapter(Path(folder), self._max_rank)
            number = len(self._known) + 1
            self._known[serving] = None if folder is None else LoRARequest(serving, number, folder)
        return self._known[serving]


def check_adapter(folder: Path, max_rank: int) -> None:
    """Refuses what vLLM does not serve whole."""
    seen = sorted(name for name in tensor_shapes(folder / WEIGHTS) if LEFT_OUT in name)
    if seen:
        raise Failure(
            "BadInput",
            f"The adapter {folder} has {len(seen)} tensors on the vision tower, the first is {seen[0]}; vLLM adapts "
            "the language model alone. Use backend transformers, or a training.lora_target without the vision tower.",
        )
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure("ArtifactLost", f"The adapter {folder} has no readable {CONFIG}: {error}") from error
    rank = max([config["r"], *config.get("rank_pattern", {}).values()])
    if rank > max_rank:
        raise Failure("BadInput", f"The adapter {folder} has rank {rank}; vllm.max_lora_rank is {max_rank}, raise it.")
