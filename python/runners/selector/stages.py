"""The three stages: what a batch's loss is, what is monitored, what is looked at after an epoch."""

import copy
from typing import Any

import torch

from runners.failure import Failure
from runners.protocol import Body
from runners.selector import losses
from runners.selector.data import Data
from runners.selector.network import Selector


class Stage:
    """Supervised: the best beam of every query."""

    def __init__(self, settings: Body, network: Selector, data: Data, total: int, per_epoch: int) -> None:
        self.settings, self.network, self.data = settings, network, data
        self.total, self.per_epoch = total, per_epoch

    def loss(self, batch: list[int], step: int) -> tuple[torch.Tensor, dict[str, float]]:
        """The mean loss of the batch's queries, and what is monitored."""
        parts = [self.of_group(group, step) for group in self.data.groups(batch)]
        losses_, metrics = zip(*parts, strict=True)
        sizes = [len(group) for group in self.data.groups(batch)]
        loss = sum((each * size for each, size in zip(losses_, sizes, strict=True)), torch.tensor(0.0)) / len(batch)
        means = {
            name: sum(each[name] * size for each, size in zip(metrics, sizes, strict=True)) / len(batch)
            for name in metrics[0]
        }
        return loss, means

    def of_group(self, group: list[int], step: int) -> tuple[torch.Tensor, dict[str, float]]:
        picks, _, _ = self.data.beams(group)
        steps = self.network.follow(*self.data.inputs(group), picks[:, 0])
        loss = losses.smoothed_loss(steps, picks[:, 0], self.settings["label_smoothing"])
        return loss.mean(), {"entropy": entropy(steps)}

    def along(self, group: list[int], network: Selector, picks: torch.Tensor) -> torch.Tensor:
        """Log-probabilities (group, beams, shots, count) of every step along every beam."""
        query, candidates = self.data.inputs(group)
        beams = picks.shape[1]
        query, candidates = query.repeat_interleave(beams, 0), candidates.repeat_interleave(beams, 0)
        steps = network.follow(query, candidates, picks.flatten(0, 1))
        return steps.reshape(-1, beams, *steps.shape[1:])

    def validate(self) -> dict[str, float]:
        """What the held-out queries come to; nothing where none is held out."""
        return {}

    def state(self) -> Body:
        return {}

    def load(self, state: Body) -> None:
        pass


class Rce(Stage):
    """Every beam, weighted by its score."""

    def of_group(self, group: list[int], step: int) -> tuple[torch.Tensor, dict[str, float]]:
        own = self.settings
        temperature = losses.temperature_at(step, self.total, own["temperature_start"], own["temperature_end"])
        picks, scores, _ = self.data.beams(group)
        if own["scores"] == "zscore":
            scores = losses.standardised(scores)
        weights = losses.weights_at(scores, temperature)
        steps = self.along(group, self.network, picks)
        loss = (weights * -losses.sequence_logprob(steps, picks)).sum(-1).mean()
        most = weights.max(-1).values.mean().item()
        return loss, {"temperature": temperature, "largest_weight": most, "entropy": entropy(steps)}


class Grpo(Stage):
    """Policy gradient within each query's beams. The ratio is to the policy that the stage started from."""

    def __init__(self, settings: Body, network: Selector, data: Data, total: int, per_epoch: int) -> None:
        super().__init__(settings, network, data, total, per_epoch)
        self.start = copy.deepcopy(network).requires_grad_(requires_grad=False)
        self.beta = float(settings["beta"])
        self.temperature = float(settings["temperature"])

    def loss(self, batch: list[int], step: int) -> tuple[torch.Tensor, dict[str, float]]:
        loss, metrics = super().loss(batch, step)
        metrics |= {"beta": self.beta, "temperature": self.temperature}
        self.beta = losses.next_beta(self.beta, metrics["kl"])
        self.temperature = losses.next_temperature(self.temperature, metrics["kl"])
        return loss, metrics

    def of_group(self, group: list[int], step: int) -> tuple[torch.Tensor, dict[str, float]]:
        own = self.settings
        picks, scores, rewards = self.data.beams(group)
        if step // self.per_epoch < own["curriculum_epochs"]:
            best = scores.sort(dim=-1, descending=True, stable=True).indices[:, : own["curriculum_beams"]]
            picks = picks.gather(1, best.unsqueeze(-1).expand(-1, -1, picks.shape[-1]))
            rewards = rewards.gather(1, best)
        steps, log_ratio, before = self.ratios(group, picks)
        # What would be sampled from the policy of the start is summed up by how often it would be.
        often = losses.weights_at(before, self.temperature)
        advantage = losses.advantages(rewards, own["advantage_clip"])
        ratio = log_ratio.exp()
        policy = -(often * losses.clipped_objective(ratio, advantage, own["clip"])).sum(-1).mean()
        kl = losses.kl_estimate(log_ratio).mean()
        return policy + self.beta * kl, {
            "policy_loss": policy.item(),
            "kl": kl.item(),
            "ratio": ratio.mean().item(),
            "clipped_share": ((ratio - 1).abs() > own["clip"]).float().mean().item(),
            "advantage": advantage.mean().item(),
            "advantage_spread": advantage.std(unbiased=False).item(),
            "entropy": entropy(steps),
        }

    def ratios(self, group: list[int], picks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Log-probabilities of every step; of every beam the log-ratio to the start, and what the start gave it."""
        steps = self.along(group, self.network, picks)
        with torch.no_grad():
            before = losses.sequence_logprob(self.along(group, self.start, picks), picks)
        return steps, losses.sequence_logprob(steps, picks) - before, before

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """KL to the start, and the reward of the beams as likely as the policy finds them among each other."""
        kls: list[torch.Tensor] = []
        rewards: list[torch.Tensor] = []
        for group in self.data.groups(self.data.validation):
            picks, _, own = self.data.beams(group)
            steps, log_ratio, _ = self.ratios(group, picks)
            kls.append(losses.kl_estimate(log_ratio).mean(-1))
            rewards.append((losses.sequence_logprob(steps, picks).softmax(-1) * own).sum(-1))
        if not kls:
            return {}
        return {"validation_kl": torch.cat(kls).mean().item(), "validation_reward": torch.cat(rewards).mean().item()}

    def state(self) -> Body:
        return {"start": self.start.state_dict(), "beta": self.beta, "temperature": self.temperature}

    def load(self, state: Body) -> None:
        self.start.load_state_dict(state["start"])
        self.beta, self.temperature = state["beta"], state["temperature"]


def entropy(steps: torch.Tensor) -> float:
    """Mean entropy of the steps, in nats; what is masked has none."""
    finite: Any = steps.masked_fill(~steps.isfinite(), 0)
    return float(-(steps.exp() * finite).sum(-1).mean())


STAGES = {"sft": Stage, "rce": Rce, "grpo": Grpo}


def stage_of(name: str, settings: Body, network: Selector, data: Data, *, total: int, per_epoch: int) -> Stage:
    """The stage by its name."""
    if name not in STAGES:
        raise Failure("BadInput", f'"{name}" is no stage of the selector; {", ".join(STAGES)} are.')
    return STAGES[name](settings, network, data, total, per_epoch)
