"""What the three trainings minimise. Shapes: `steps` are log-probabilities (..., shots, count), -inf where an example
is taken already; `picks` places among the candidates (..., shots)."""

import torch

# β grows by this factor where the KL is above HIGH, shrinks by it below LOW, and stays within the bounds.
BETA_FACTOR = 1.5
KL_HIGH, KL_LOW = 0.1, 0.01
BETA_LEAST, BETA_MOST = 0.001, 10.0
# The sampling temperature shrinks by this factor where the KL is above HIGH, and grows by it below LOW.
HEAT_FACTOR = 1.1
HEAT_LEAST, HEAT_MOST = 0.5, 2.0
# Below this spread the rewards of a query's beams are equal, and none of them has an advantage.
NO_SPREAD = 1e-8


def sequence_logprob(steps: torch.Tensor, picks: torch.Tensor) -> torch.Tensor:
    """Log-probability (...) of picking these, in this order."""
    return steps.gather(-1, picks.unsqueeze(-1)).squeeze(-1).sum(-1)


def smoothed_loss(steps: torch.Tensor, picks: torch.Tensor, smoothing: float) -> torch.Tensor:
    """Cross-entropy (...), summed over the shots; `smoothing` of the target lies evenly on what may still be picked."""
    true = steps.gather(-1, picks.unsqueeze(-1)).squeeze(-1)
    allowed = steps.isfinite()
    even = steps.masked_fill(~allowed, 0).sum(-1) / allowed.sum(-1)
    return -((1 - smoothing) * true + smoothing * even).sum(-1)


def standardised(values: torch.Tensor) -> torch.Tensor:
    """z-scores along the last dimension (population's deviation); zeros where all are equal."""
    centred = values - values.mean(-1, keepdim=True)
    spread = values.std(-1, keepdim=True, unbiased=False)
    return torch.where(spread <= NO_SPREAD, torch.zeros_like(values), centred / spread.clamp_min(NO_SPREAD))


def weights_at(scores: torch.Tensor, temperature: float) -> torch.Tensor:
    """softmax(score / temperature) along the last dimension: of gains how much a beam counts in RCE; of
    log-probabilities how often it would be sampled from among its query's beams."""
    return (scores / temperature).softmax(-1)


def temperature_at(step: int, total: int, start: float, end: float) -> float:
    """Linear from `start` at the first step to `end` at the last."""
    return start if total == 1 else start + (end - start) * step / (total - 1)


def advantages(rewards: torch.Tensor, limit: float) -> torch.Tensor:
    """z-scores of a query's beams, cut off at ±limit."""
    return standardised(rewards).clamp(-limit, limit)


def clipped_objective(ratio: torch.Tensor, advantage: torch.Tensor, clip: float) -> torch.Tensor:
    """min(rA, clip(r, 1 ± clip)A), elementwise (Schulman et al. 2017)."""
    return torch.minimum(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage)


def kl_estimate(log_ratio: torch.Tensor) -> torch.Tensor:
    """r − 1 − log r, elementwise, which is never negative (Schulman 2020)."""
    return (log_ratio.exp() - 1 - log_ratio).clamp_min(0)


def next_temperature(temperature: float, kl: float) -> float:
    """The sampling temperature after a step of this KL: bold where the policy has hardly moved, careful elsewhere."""
    if kl > KL_HIGH:
        temperature /= HEAT_FACTOR
    elif kl < KL_LOW:
        temperature *= HEAT_FACTOR
    return min(max(temperature, HEAT_LEAST), HEAT_MOST)


def next_beta(beta: float, kl: float) -> float:
    """β after a step of this KL."""
    if kl > KL_HIGH:
        beta *= BETA_FACTOR
    elif kl < KL_LOW:
        beta /= BETA_FACTOR
    return min(max(beta, BETA_LEAST), BETA_MOST)
