"""Autoregressive decoding of a micro-batch: every image and prompt is read once, however many completions it gets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from runners.failure import Failure
from runners.prompt import Prompt
from runners.sampling import Sampling, draw, uniform
from runners.vlm import Vlm, collate

# Tokens after which a micro-batch says that it lives: large ones take minutes.
BEAT = 32


@dataclass
class Draft:
    """A completion under way: its token ids without the end token, and their log-probabilities."""

    seed: str
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    end: int | None = None
    end_logprob: float | None = None

    @property
    def finish(self) -> Literal["stop", "length"]:
        return "length" if self.end is None else "stop"

    @property
    def sampled(self) -> list[int]:
        """All that was sampled, the end token too if there was one."""
        return self.ids if self.end is None else [*self.ids, self.end]

    @property
    def sampled_logprobs(self) -> list[float]:
        """Of all that was sampled."""
        return self.logprobs if self.end_logprob is None else [*self.logprobs, self.end_logprob]

    @property
    def mean_logprob(self) -> float:
        """Mean over the tokens before the end token; of an empty completion, the end token's own."""
        if self.ids:
            return sum(self.logprobs) / len(self.logprobs)
        return self.end_logprob if self.end_logprob is not None else 0.0


@torch.inference_mode()
def decode(
    vlm: Vlm,
    prompts: Sequence[Prompt],
    owners: Sequence[int],
    seeds: Sequence[str],
    sampling: Sampling,
    *,
    beat: Callable[[], None] = lambda: None,
) -> list[Draft]:
    """Completes prompts[owners[i]] with the noise of seeds[i], for every i. Calls `beat` every BEAT tokens."""
    drafts = [Draft(seed) for seed in seeds]
    rows = torch.tensor(owners, device=vlm.device)
    cache, logits, mask, position = _read(vlm, prompts, rows)
    context = _penalised_context(prompts, owners).to(vlm.device)
    unspeakable = torch.tensor(vlm.unspeakable, dtype=torch.long, device=vlm.device)
    filters = sampling.filters()
    alive = list(range(len(drafts)))

    for index in range(sampling.max_new_tokens):
        # Before anything is drawn: a token beyond the vocabulary, drawn from no number, would cost the process its GPU.
        if not bool(torch.isfinite(logits).all()):
            raise Failure("ChildError", "The model's logits are not finite: its weights or its dtype are broken.")
        raw = logits.float()
        scores = filters(context, raw.index_fill(1, unspeakable, -torch.inf))
        greedy = sampling.temperature == 0
        tokens = scores.argmax(-1) if greedy else draw(scores, [uniform(drafts[i].seed, index) for i in alive])
        logprobs = raw.log_softmax(-1).gather(1, tokens.unsqueeze(1)).squeeze(1).tolist()
        said = zip(alive, tokens.tolist(), logprobs, strict=True)
        kept = [row for row, (draft, token, logprob) in enumerate(said) if _note(drafts[draft], token, logprob, vlm)]
        if not kept or index + 1 == sampling.max_new_tokens:
            break
        if (index + 1) % BEAT == 0:
            beat()
        if len(kept) < len(alive):
            rows = torch.tensor(kept, device=vlm.device)
            alive = [alive[row] for row in kept]
            tokens, mask, position, context = tokens[rows], mask[rows], position[rows], context[rows]
            cache.batch_select_indices(rows)
        mask = torch.cat([mask, mask.new_ones(len(alive), 1)], dim=1)
        context = torch.cat([context, tokens.unsqueeze(1)], dim=1)
        output = vlm.model(
            input_ids=tokens.unsqueeze(1),
            attention_mask=mask,
            position_ids=(position + index).view(1, -1, 1).expand(3, -1, -1),
            past_key_values=cache,
            use_cache=True,
        )
        logits = output.logits[:, -1]
    return drafts


def _read(
    vlm: Vlm, prompts: Sequence[Prompt], rows: torch.Tensor
) -> tuple[Any, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Reads every prompt once. Returns, for each row its prompt's own: the cache, the logits of the first token, the
    attention mask and the first token's position. The pixels are gone from the device by then."""
    batch = collate(vlm, prompts, [[]] * len(prompts))
    output = vlm.model(**batch.inputs, position_ids=batch.positions, use_cache=True, logits_to_keep=1)
    cache = output.past_key_values
    cache.batch_select_indices(rows)
    position = batch.positions.amax(dim=(0, 2))[rows] + 1
    return cache, output.logits[rows, -1], batch.inputs["attention_mask"][rows], position


def _note(draft: Draft, token: int, logprob: float, vlm: Vlm) -> bool:
    """Adds a token to a draft; False when it ended the completion."""
    if token in vlm.end_ids:
        draft.end, draft.end_logprob = token, logprob
        return False
    draft.ids.append(token)
    draft.logprobs.append(logprob)
    return True


def _penalised_context(prompts: Sequence[Prompt], owners: Sequence[int]) -> torch.Tensor:
    # What the repetition penalty looks at. Padded with a token of the row's own prompt: a pad token would be penalised
    # too, in the rows that happen to share a batch with longer ones.
    width = max(len(prompt.ids) for prompt in prompts)
    rows = [[prompt.ids[0]] * (width - len(prompt.ids)) + prompt.ids for prompt in prompts]
    return torch.tensor([rows[owner] for owner in owners])
