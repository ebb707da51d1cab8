"""A pointer network over candidates (Vinyals et al. 2015): the query attends to them, then points at one a shot."""

import torch
from torch import nn

# What is masked has no probability at all. A large negative number in its place would be
# part of the smoothed loss.
MASKED = float("-inf")


class Selector(nn.Module):
    """Chooses `shots` of the candidates of a query, in order, none of them twice."""

    def __init__(self, dim: int, hidden: int, heads: int, temperature: float, shots: int) -> None:
        super().__init__()
        self.heads, self.temperature, self.shots = heads, temperature, shots
        self.query_image, self.query_text = nn.Linear(dim, hidden), nn.Linear(dim, hidden)
        self.candidate_image, self.candidate_text = nn.Linear(dim, hidden), nn.Linear(dim, hidden)
        self.ask, self.key, self.value = (nn.Linear(hidden, hidden) for _ in range(3))
        self.norm = nn.LayerNorm(hidden)
        self.pointer = nn.Linear(hidden, hidden)
        self.chosen = nn.Linear(2 * hidden, hidden)

    def project(self, candidates: torch.Tensor) -> torch.Tensor:
        """candidates: (..., 2, dim), image before text. Returns (..., 3, hidden): key and value of the attention, and
        what the pointer sees. It does not depend on the query, so that a pool is projected once."""
        seen = self.candidate_image(candidates[..., 0, :]) + self.candidate_text(candidates[..., 1, :])
        return torch.stack([self.key(seen), self.value(seen), nn.functional.normalize(self.pointer(seen), dim=-1)], -2)

    def begin(self, query: torch.Tensor, projected: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """query: (batch, 2, dim); projected: (batch, count, 3, hidden). Returns the first state (batch, hidden) and the
        candidates as the pointer sees them (batch, count, hidden)."""
        asked = self.query_image(query[:, 0]) + self.query_text(query[:, 1])
        heads, size = self.heads, asked.shape[-1] // self.heads
        by_head = (projected.shape[0], projected.shape[1], heads, size)
        key, value = projected[:, :, 0].reshape(by_head), projected[:, :, 1].reshape(by_head)
        ask = self.ask(asked).reshape(-1, heads, size)
        weights = torch.einsum("bhd,bnhd->bhn", ask, key).div(size**0.5).softmax(-1)
        attended = torch.einsum("bhn,bnhd->bhd", weights, value).reshape(asked.shape)
        return self.norm(asked + attended), projected[:, :, 2]

    def step(self, state: torch.Tensor, keys: torch.Tensor, taken: torch.Tensor) -> torch.Tensor:
        """Log-probabilities (batch, count) of the next pick: cosine over temperature, -inf where `taken`."""
        cosine = torch.einsum("bd,bnd->bn", nn.functional.normalize(state, dim=-1), keys)
        steps: torch.Tensor = (cosine / self.temperature).masked_fill(taken, MASKED).log_softmax(-1)
        return steps

    def after(self, state: torch.Tensor, keys: torch.Tensor, pick: torch.Tensor) -> torch.Tensor:
        """The state once `pick` (batch,) is chosen."""
        key = keys.gather(1, pick[:, None, None].expand(-1, 1, keys.shape[-1])).squeeze(1)
        moved: torch.Tensor = self.norm(state + torch.tanh(self.chosen(torch.cat([state, key], -1))))
        return moved

    def follow(self, query: torch.Tensor, candidates: torch.Tensor, picks: torch.Tensor) -> torch.Tensor:
        """Log-probabilities (batch, shots, count) of every step along given picks (batch, shots)."""
        state, keys = self.begin(query, self.project(candidates))
        taken = torch.zeros(keys.shape[:2], dtype=torch.bool, device=keys.device)
        steps = []
        for shot in range(picks.shape[1]):
            steps.append(self.step(state, keys, taken))
            state = self.after(state, keys, picks[:, shot])
            taken = taken.scatter(1, picks[:, shot : shot + 1], value=True)
        return torch.stack(steps, 1)

    def forward(self, query: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
        """The likeliest pick at every step: places among the candidates (batch, shots)."""
        return self.choose(query, self.project(candidates))

    def choose(self, query: torch.Tensor, projected: torch.Tensor) -> torch.Tensor:
        """The same, of candidates that are projected already."""
        state, keys = self.begin(query, projected)
        places = torch.arange(keys.shape[1], device=keys.device)
        taken = torch.zeros_like(keys[..., 0], dtype=torch.bool)
        picks = []
        for _ in range(self.shots):
            pick = self.step(state, keys, taken).argmax(-1)
            picks.append(pick)
            state = self.after(state, keys, pick)
            taken = taken | (places == pick[:, None])
        return torch.stack(picks, 1)
