"""The house's own draw inside vLLM: the token that runners/decoding.py would take, so that equal seeds say equal things
whoever computes. vLLM's own sampler is then left one token to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from vllm import SamplingParams
from vllm.v1.sample.logits_processor import BatchUpdate, LogitsProcessor
from vllm.v1.sample.logits_processor.builtin import process_dict_updates

from runners.failure import Failure
from runners.families import image_tokens
from runners.sampling import Sampling, draw, uniform

# Where a request's sampling parameters carry what decides its tokens: Drawn or Given.
TOKENS = "snowball"


@dataclass(frozen=True)
class Drawn:
    """A completion's tokens come from its seed. A request's are all sampled alike, and one is answered at a time."""

    seed: str
    sampling: Sampling


@dataclass(frozen=True)
class Given:
    """They are known, and their probabilities are wanted."""

    ids: list[int]


@dataclass(frozen=True)
class Row:
    """A sequence under way. outputs: its tokens so far, a list that vLLM goes on writing to."""

    tokens: Drawn | Given
    prompt: list[int]
    outputs: list[int]


class HouseDraw(LogitsProcessor):  # type: ignore[misc]
    """Leaves one token to every row of a batch."""

    def __init__(self, vllm_config: Any, device: torch.device, is_pin_memory: bool) -> None:
        self._rows: dict[int, Row] = {}
        self._unspeakable = torch.tensor(image_tokens(vllm_config.model_config.hf_config), device=device)

    def is_argmax_invariant(self) -> bool:
        return False

    def update_state(self, batch_update: BatchUpdate | None) -> None:
        def row(params: SamplingParams, prompt: list[int] | None, outputs: list[int]) -> Row | None:
            # vLLM tries itself out with sequences of its own.
            tokens = (params.extra_args or {}).get(TOKENS)
            return None if tokens is None else Row(tokens, prompt or [], outputs)

        process_dict_updates(self._rows, batch_update, row)

    def apply(self, logits: torch.Tensor) -> torch.Tensor:
        if not self._rows:
            return logits
        order = sorted(self._rows)
        places = torch.tensor(order, device=logits.device)
        raw = logits[places].float()
        # Before anything is drawn: a token beyond the vocabulary would cost the process its GPU.
        if not bool(torch.isfinite(raw).all()):
            raise Failure("ChildError", "The model's logits are not finite: its weights or its dtype are broken.")
        tokens = next_tokens(raw, [self._rows[place] for place in order], self._unspeakable)
        logits[places] = -torch.inf
        logits[places, tokens] = 0
        return logits


def next_tokens(raw: torch.Tensor, rows: Sequence[Row], unspeakable: torch.Tensor) -> torch.Tensor:
    """The token that comes next in every row. raw: (rows, vocabulary) float32 logits."""
    drawn = [row.tokens for row in rows if isinstance(row.tokens, Drawn)]
    if len(drawn) < len(rows):
        ids = [row.tokens.ids[len(row.outputs)] for row in rows if isinstance(row.tokens, Given)]
        return torch.tensor(ids, device=raw.device)
    sampling = drawn[0].sampling
    scores = sampling.filters()(_context(rows, sampling, raw.device), raw.index_fill(1, unspeakable, -torch.inf))
    if sampling.temperature == 0:
        return torch.argmax(scores, -1)
    return draw(scores, [uniform(each.seed, len(row.outputs)) for each, row in zip(drawn, rows, strict=True)])


def _context(rows: Sequence[Row], sampling: Sampling, device: torch.device) -> torch.Tensor:
    """What the repetition penalty looks at; without one nothing does. Padded with a token that the row has anyway."""
    if sampling.repetition_penalty == 1:
        return torch.zeros(len(rows), 1, dtype=torch.long, device=device)
    said = [[*row.prompt, *row.outputs] for row in rows]
    width = max(map(len, said))
    return torch.tensor([[ids[0]] * (width - len(ids)) + ids for ids in said], device=device)
