"""The canary of a merge: is the merged checkpoint base plus adapter, and not the base alone?

Three models are compared by the Kullback-Leibler divergence of their next-token distributions, in nats per token, at
the same places: behind fixed prompts, along the adapter's own greedy continuations.
    noise          adapter ‖ adapter in another batch shape: what rounding alone does
    adapter_base   adapter ‖ base: what the training changed
    merged_adapter merged ‖ adapter: what the merge lost
Refused are an adapter with adapter_base <= NOISE_MARGIN * noise, and a merge with
merged_adapter > LOSS_SHARE * adapter_base.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from runners.decoding import decode
from runners.failure import Failure
from runners.logprob import distributions
from runners.prompt import Prompt
from runners.sampling import Sampling
from runners.vlm import Vlm

LOSS_SHARE = 0.1
# An order of magnitude: at equal size, "trained" and "rounded differently" could not be told apart.
NOISE_MARGIN = 10.0
# Tokens per prompt: enough to reach the words that the training changed, cheap enough to compute five times.
CONTINUATION = Sampling(temperature=0, top_p=1, top_k=0, min_p=0, repetition_penalty=1, max_new_tokens=32)


@dataclass(frozen=True)
class Places:
    """Where distributions are compared: prompts with a continuation of at least one token each."""

    prompts: Sequence[Prompt]
    continuations: Sequence[Sequence[int]]

    @property
    def tokens(self) -> int:
        return sum(map(len, self.continuations))


def places_of(adapted: Vlm, prompts: Sequence[Prompt]) -> Places:
    """The adapter's greedy continuations. One that ends at once is continued by its end token."""
    drafts = [decode(adapted, [prompt], [0], ["canary"], CONTINUATION)[0] for prompt in prompts]
    end = min(adapted.end_ids)
    return Places(prompts, [draft.ids or [end] for draft in drafts])


def one_by_one(vlm: Vlm, places: Places) -> list[torch.Tensor]:
    """Log-probabilities at the places, a prompt at a time, on the host."""
    pairs = zip(places.prompts, places.continuations, strict=True)
    return [distributions(vlm, [prompt], [ids])[0].cpu() for prompt, ids in pairs]


def batched(vlm: Vlm, places: Places) -> list[torch.Tensor]:
    """The same in one batch: what another batch shape does to the numbers. A lone prompt is doubled to make a batch."""
    doubled = Places([*places.prompts] * 2, [*places.continuations] * 2) if len(places.prompts) == 1 else places
    return [logps.cpu() for logps in distributions(vlm, doubled.prompts, doubled.continuations)][: len(places.prompts)]


def divergence(p: Sequence[torch.Tensor], q: Sequence[torch.Tensor]) -> float:
    """Mean over all places of KL(p ‖ q) = sum p (log p - log q), in nats; the arguments are log-probabilities."""
    each = []
    for a, b in zip(p, q, strict=True):
        # Normalised again in float64: float32 distributions miss a sum of one by as much as what is to be measured.
        log_p, log_q = a.double().log_softmax(-1), b.double().log_softmax(-1)
        each.append((log_p.exp() * (log_p - log_q)).sum(-1))
    return float(torch.cat(each).mean())


def check_adapter(adapter_base: float, noise: float) -> None:
    """Refuses an adapter that cannot be told from its base."""
    if not adapter_base > NOISE_MARGIN * noise:
        raise Failure(
            "CanaryFailed",
            f"The adapter does not change its base: KL {adapter_base:.3g} nats a token, where another batch shape "
            f"alone makes {noise:.3g}; train longer or with a larger learning_rate.",
        )


def is_faithful(merged_adapter: float, adapter_base: float) -> bool:
    """Did the merge keep what the training changed?"""
    return merged_adapter <= LOSS_SHARE * adapter_base
