"""The policy of a training in vLLM's engine, inside the trainer's process. Before completions are drawn the engine gets
the policy's weights as they are then, and what it found of the completions is compared with what the trainer's network
finds: an engine that lags behind would teach from the samples of another policy, and nothing else would tell."""

import importlib.util
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from runners.adapter import save_adapter
from runners.decoding import Draft
from runners.device import Compute
from runners.failure import Failure
from runners.logprob import token_logprobs
from runners.options import is_full, is_quantised
from runners.prompt import Prompt
from runners.protocol import Body, field, optional
from runners.sampling import Sampling
from runners.vllm_engine import Asked, Engine, Limits, environment
from runners.vlm import Vlm
from runners.zero import is_sharded

if TYPE_CHECKING:
    from runners.trainers.job import Job

# Nats a token, in the mean over the completions that are compared: what two ways of adding up the same numbers come to
# at most. At toy size they differ by less than 2e-6 in float32, and .01 in bfloat16; more layers round more.
APART = {torch.float32: 1e-3}
APART_HALF = 0.1

# The adapter of the step, in the folder of the checkpoints, which goes with the attempt.
FOLDER = "sampled-from"


def prepare(settings: Body, compute: Compute) -> None:
    """To be called before TRL is imported, which imports vLLM where it finds it."""
    if not uses_vllm(settings):
        return
    # An environment that was made for serving alone has no TRL.
    if any(importlib.util.find_spec(name) is None for name in ("vllm", "trl")):
        raise Failure("BadInput", 'training.use_vllm needs vLLM\'s environment; run "make vllm" in the project.')
    os.environ.update(environment(compute))


def uses_vllm(settings: Body) -> bool:
    """Are completions drawn by vLLM?"""
    return optional(settings, "use_vllm", bool) or False


class VllmSampler:
    """vLLM on the device of this process, with the policy that it trains.

    A LoRA policy is the base with the adapter of the step beside it, as where it is served: merged in half precision,
    small steps would be rounded away. A whole network's weights are taken over.
    """

    def __init__(self, job: "Job") -> None:
        settings = job.settings
        if is_quantised(settings):
            raise Failure("BadInput", "training.use_vllm does not go with tuning qlora, whose base vLLM has not.")
        if is_sharded(job.zero):
            raise Failure("BadInput", "training.use_vllm does not go with ZeRO's stage 3; use stage 1 or 2.")
        from runners.vllm_adapters import Adapters

        limits = limits_of(settings)
        size = job.processor.image_processor.size
        self._folder = Path(job.checkpoints) / FOLDER / str(job.rank.index)
        self._adapters = None if is_full(settings) else Adapters(limits.max_lora_rank)
        self._apart = APART.get(job.compute.dtype, APART_HALF)
        # A forward pass of the training, for which there is room.
        self._compared = field(settings, "per_device_train_batch_size", int)
        self._step: int | None = None
        self._adapter: Any = None
        pixels = size["shortest_edge"], size["longest_edge"]
        try:
            self._engine = Engine(job.model, job.compute, pixels, limits, job.rank)
        except Failure as failure:
            if failure.kind != "OutOfMemory":
                raise
            # A smaller batch of the training, which is what follows on an OutOfMemory, would not help.
            raise Failure("BadInput", f"training.use_vllm: {failure}") from failure

    def complete(
        self, policy: Any, vlm: Vlm, drawn: Sequence[tuple[Prompt, str]], sampling: Sampling, step: int
    ) -> tuple[list[Draft], float]:
        """A completion of each prompt, with the noise of its seed, and how far engine and policy are apart.

        policy: the network that is trained, with its adapter if it has one; vlm: the same, to speak to; step: how often
        its weights have changed.
        """
        from runners.vllm_server import draft_of

        if step != self._step:
            self._follow(policy, step)
            self._step = step
        outputs = self._engine.complete(self._asked(vlm, drawn, sampling), max(1, len(drawn)), lambda _done: None)
        drafts = [draft_of(seed, output, vlm) for (_, seed), output in zip(drawn, outputs, strict=True)]
        some = drafts[: self._compared]
        return drafts, gap(vlm, [prompt for prompt, _ in drawn[: len(some)]], some, self._apart)

    def _asked(self, vlm: Vlm, drawn: Sequence[tuple[Prompt, str]], sampling: Sampling) -> Iterator[Asked]:
        from runners.vllm_draw import Drawn
        from runners.vllm_prompt import input_of, params_of

        read = {id(prompt): (prompt, input_of(prompt)) for prompt, _ in drawn}
        for prompt, _ in read.values():
            self._engine.check_length(prompt, sampling.max_new_tokens)
        for prompt, seed in drawn:
            params = params_of(Drawn(seed, sampling), sampling.max_new_tokens, vlm.end_ids)
            yield Asked(read[id(prompt)][1], params, self._adapter)

    def _follow(self, policy: Any, step: int) -> None:
        """Brings the engine up to the policy's weights."""
        if self._adapters is None:
            # Tied tensors under both of their names: on a CPU the head computes with a packed copy of its own.
            self._engine.load(policy.state_dict())
            return
        # vLLM reads it when it is first asked for, and never again: the one before is not needed any more.
        shutil.rmtree(self._folder, ignore_errors=True)
        folder = self._folder / str(step)
        save_adapter(policy, folder)
        self._adapter = self._adapters.of(str(step), str(folder))


def gap(vlm: Vlm, prompts: Sequence[Prompt], drafts: Sequence[Draft], most: float) -> float:
    """Mean difference between the log-probabilities that the drafts' tokens came with and those that the network finds;
    more than `most` is refused."""
    found = token_logprobs(vlm, prompts, [draft.sampled for draft in drafts])
    gaps = [
        abs(own - other)
        for draft, others in zip(drafts, found, strict=True)
        for own, other in zip(draft.sampled_logprobs, others, strict=True)
    ]
    mean = sum(gaps) / len(gaps)
    # Also where it is no number.
    if not mean <= most:
        raise Failure(
            "Provenance",
            f"vLLM and the policy that is trained find tokens {mean:.3g} nats apart, where {most} is rounding: the "
            "engine does not hold the policy's weights. Set training.use_vllm to false.",
        )
    return mean


def places_of(settings: Body) -> int:
    """Tokens of a prompt and its completion for which the engine has places."""
    return field(field(settings, "vllm", dict), "max_model_len", int)


def limits_of(settings: Body) -> Limits:
    """What the engine is started with."""
    rank = 0 if is_full(settings) else field(settings, "lora_rank", int)
    return Limits.parse(field(settings, "vllm", dict), rank)
