"""Which token comes next. A completion's noise comes from its own seed and the token's index, and from nothing else."""

import hashlib
from dataclasses import dataclass

import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from runners.failure import Failure
from runners.protocol import Body, field, number


@dataclass(frozen=True)
class Sampling:
    """Every setting that shapes the distribution; the checkpoint's own generation_config plays no part."""

    temperature: float
    top_p: float
    top_k: int
    min_p: float
    repetition_penalty: float
    max_new_tokens: int

    @staticmethod
    def parse(body: Body) -> "Sampling":
        """Reads a request's `sampling`; every setting must be there."""
        sampling = Sampling(
            temperature=number(body, "temperature"),
            top_p=number(body, "top_p"),
            top_k=field(body, "top_k", int),
            min_p=number(body, "min_p"),
            repetition_penalty=number(body, "repetition_penalty"),
            max_new_tokens=field(body, "max_new_tokens", int),
        )
        if sampling.temperature < 0 or not 0 < sampling.top_p <= 1 or sampling.max_new_tokens < 1:
            raise Failure("BadInput", f"temperature >= 0, 0 < top_p <= 1, max_new_tokens >= 1 are needed: {body}.")
        return sampling

    def filters(self) -> LogitsProcessorList:
        """transformers' own filters in the order of its `generate`; the ones that would do nothing are left out."""
        filters = LogitsProcessorList()
        if self.repetition_penalty != 1:
            filters.append(RepetitionPenaltyLogitsProcessor(self.repetition_penalty))
        if self.temperature == 0:
            return filters
        if self.temperature != 1:
            filters.append(TemperatureLogitsWarper(self.temperature))
        if self.top_k > 0:
            filters.append(TopKLogitsWarper(self.top_k))
        if self.top_p < 1:
            filters.append(TopPLogitsWarper(self.top_p))
        if self.min_p > 0:
            filters.append(MinPLogitsWarper(self.min_p))
        return filters


def uniform(seed: str, index: int) -> float:
    """The noise of token `index` of the completion `seed`: in [0, 1), 53 bits of sha256, so a counter-based generator.
    One number a token is enough, because tokens are drawn by inverting the cumulative distribution."""
    block = hashlib.sha256(f"{seed}:{index}".encode()).digest()
    return float(int.from_bytes(block[:8], "little") >> 11) * 2.0**-53


def draw(scores: torch.Tensor, uniforms: list[float]) -> torch.Tensor:
    """Draws one token per row from softmax(scores): the first whose cumulative probability exceeds the row's uniform.

    scores: (rows, vocabulary), −inf where filtered; uniforms: one per row. In float64, because 150,000 float32
    probabilities add up to an error that would show in the tail.
    """
    cumulative = scores.double().softmax(dim=-1).cumsum(dim=-1)
    total = cumulative[:, -1:]
    wanted = torch.tensor(uniforms, dtype=torch.float64, device=scores.device).unsqueeze(1) * total
    # The product can round up to the total, beyond which there is no token.
    wanted = torch.minimum(wanted, torch.nextafter(total, torch.zeros_like(total)))
    return torch.searchsorted(cumulative, wanted, right=True).squeeze(1)
