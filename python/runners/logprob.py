"""How likely a model finds a given answer: raw logits at temperature 1, the answer's own tokens only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from runners.failure import Failure
from runners.prompt import Prompt
from runners.spelling import as_text
from runners.vlm import Speech, Vlm, collate


@dataclass(frozen=True)
class AnswerLogprob:
    """Log-probability of an answer; `sum_logprob` over all of its tokens, the end token not among them."""

    tokens: int
    mean_logprob: float
    sum_logprob: float


@torch.inference_mode()
def distributions(vlm: Vlm, prompts: Sequence[Prompt], continuations: Sequence[Sequence[int]]) -> list[torch.Tensor]:
    """For each row, (tokens, vocabulary) float32 log-probabilities at the places where its continuation's tokens are
    predicted."""
    return [logits.float().log_softmax(-1) for logits in _logits(vlm, prompts, continuations)]


@torch.inference_mode()
def answer_logprobs(vlm: Vlm, prompts: Sequence[Prompt], answers: Sequence[str]) -> list[AnswerLogprob]:
    """Log-probability of each answer after its prompt."""
    continuations = [answer_ids(vlm, answer) for answer in answers]
    found = (chosen.double() for chosen in _chosen(vlm, prompts, continuations))
    return [AnswerLogprob(len(chosen), float(chosen.mean()), float(chosen.sum())) for chosen in found]


@torch.inference_mode()
def token_logprobs(vlm: Vlm, prompts: Sequence[Prompt], continuations: Sequence[Sequence[int]]) -> list[list[float]]:
    """Log-probability of every token of each continuation."""
    return [chosen.tolist() for chosen in _chosen(vlm, prompts, continuations)]


def _chosen(vlm: Vlm, prompts: Sequence[Prompt], continuations: Sequence[Sequence[int]]) -> Iterator[torch.Tensor]:
    """For each row, float32 log-probabilities of its continuation's tokens."""
    # A row at a time: a whole vocabulary in float32 is 600 kB a token.
    for logits, ids in zip(_logits(vlm, prompts, continuations), continuations, strict=True):
        wanted = torch.tensor(ids, device=logits.device).unsqueeze(1)
        yield logits.float().log_softmax(-1).gather(1, wanted).squeeze(1)


def _logits(vlm: Vlm, prompts: Sequence[Prompt], continuations: Sequence[Sequence[int]]) -> Iterator[torch.Tensor]:
    """For each row, (tokens, vocabulary) logits in the model's dtype where its continuation's tokens are predicted."""
    batch = collate(vlm, prompts, continuations)
    # Rows end together, and the token before a continuation predicts its first.
    keep = max(map(len, continuations)) + 1
    output = vlm.model(**batch.inputs, position_ids=batch.positions, use_cache=False, logits_to_keep=keep)
    ends = output.logits.shape[1] - 1
    for row, ids in enumerate(continuations):
        logits = output.logits[row, ends - len(ids) : ends]
        if not bool(torch.isfinite(logits).all()):
            raise Failure("ChildError", "The model's logits are not finite: its weights or its dtype are broken.")
        yield logits


def answer_ids(vlm: Speech, answer: str) -> list[int]:
    """Token ids of an answer, without an end token; an empty answer is refused, for nothing has no probability."""
    ids = as_text(vlm.tokenizer, answer)
    if not ids:
        raise Failure("BadInput", "An answer whose probability was asked for is empty.")
    return ids
