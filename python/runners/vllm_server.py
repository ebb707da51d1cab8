"""A model server over vLLM: loads a base once, then samples from it and scores answers until stdin closes, with
whichever adapter a request names. Runs in vLLM's own environment (`make vllm`).

Requests and answers are those of runners/vlm_server.py, but for two fields more of each kind:
    load    "max_model_len", "memory_share", "cache_gib" (or null), "max_lora_rank" (0: no adapters),
            "tensor_parallel_size"; on several devices also "devices" and "locks", one each
    sample, logprob   "serving" and "adapter" (a folder, or null for the base): which policy is asked; the answer is in
                      the name of that one. An adapter is loaded when a digest is named for the first time.
`micro_batch` is how many sequences are under way at once.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from runners.failure import Failure
from runners.protocol import Body, field, optional
from runners.serving import ModelServer, Progress

if TYPE_CHECKING:
    from runners.decoding import Draft
    from runners.logprob import AnswerLogprob
    from runners.vllm_adapters import Adapters
    from runners.vllm_engine import Engine
    from runners.vlm import Speech


class VllmServer(ModelServer):
    """One loaded base and the adapters that were asked for."""

    _engine: "Engine"
    _speech: "Speech"
    _adapters: "Adapters"

    def load(self, request: Body) -> None:
        from runners.device import claim_devices

        compute = claim_devices(request)
        # After the devices: what vLLM finds when it is imported is what it works on.
        from runners.vllm_adapters import Adapters
        from runners.vllm_engine import Engine, Limits
        from runners.vlm import speech_of

        model = field(request, "model", str)
        pixels = field(request, "min_pixels", int), field(request, "max_pixels", int)
        limits = Limits.parse(request, field(request, "max_lora_rank", int))
        self._speech = speech_of(model, compute.device, *pixels)
        self._adapters = Adapters(limits.max_lora_rank)
        self._engine = Engine(model, compute, pixels, limits)

    def work(self, operation: str, request: Body, progress: Progress) -> tuple[list[Body], int]:
        items = field(request, "items", list)
        size = field(request, "micro_batch", int)
        serving = field(request, "serving", str)
        adapter = self._adapters.of(serving, optional(request, "adapter", str))
        self.serving = serving
        try:
            if operation == "sample":
                return self._sample(items, field(request, "sampling", dict), adapter, size, progress), size
            if operation == "logprob":
                return self._logprob(items, adapter, size, progress), size
        finally:
            self.over = self._engine.spent
        raise Failure("BadInput", f'"{operation}" is no operation of this server; load, sample and logprob are.')

    def _sample(self, items: list[Body], settings: Body, adapter: Any, at_once: int, progress: Progress) -> list[Body]:
        """Samples every item's completions; an item's share the reading of its prompt."""
        from runners.sampling import Sampling
        from runners.vllm_draw import Drawn
        from runners.vllm_engine import Asked
        from runners.vllm_prompt import input_of, params_of
        from runners.vlm_server import ahead_of, completion

        speech, sampling = self._speech, Sampling.parse(settings)
        results: list[Body] = [{} for _ in items]

        def asked() -> Iterator[Asked]:
            for place in prompts.order:
                [prompt] = prompts.take([place])
                self._engine.check_length(prompt, sampling.max_new_tokens)
                results[place] = {"completions": [], "prompt_digest": prompt.digest}
                read = input_of(prompt)
                for seed in items[place]["seeds"]:
                    params = params_of(Drawn(seed, sampling), sampling.max_new_tokens, speech.end_ids)
                    yield Asked(read, params, adapter)

        with ahead_of(speech, items) as prompts:
            wanted = [(place, seed) for place in prompts.order for seed in items[place]["seeds"]]
            outputs = self._engine.complete(asked(), at_once, lambda done: progress(done, len(wanted)))
        for (place, seed), output in zip(wanted, outputs, strict=True):
            results[place]["completions"].append(completion(speech, draft_of(seed, output, speech)))
        return results

    def _logprob(self, items: list[Body], adapter: Any, at_once: int, progress: Progress) -> list[Body]:
        """Log-probability of every item's answer."""
        from runners.logprob import answer_ids
        from runners.vllm_draw import Given
        from runners.vllm_engine import Asked
        from runners.vllm_prompt import input_of, params_of
        from runners.vlm_server import ahead_of

        speech = self._speech
        answers = [answer_ids(speech, field(item, "answer", str)) for item in items]

        def asked() -> Iterator[Asked]:
            for place in prompts.order:
                [prompt] = prompts.take([place])
                self._engine.check_length(prompt, len(answers[place]))
                params = params_of(Given(answers[place]), len(answers[place]), frozenset())
                yield Asked(input_of(prompt), params, adapter)

        with ahead_of(speech, items) as prompts:
            outputs = self._engine.complete(asked(), at_once, lambda done: progress(done, len(items)))
        found = {place: asdict(answer_of(output)) for place, output in zip(prompts.order, outputs, strict=True)}
        return [found[place] for place in range(len(items))]


def draft_of(seed: str, output: Any, speech: "Speech") -> "Draft":
    """What vLLM sampled, its end apart from the rest."""
    from runners.decoding import Draft

    ids, logprobs = said(output)
    if ids and ids[-1] in speech.end_ids:
        return Draft(seed, ids[:-1], logprobs[:-1], ids[-1], logprobs[-1])
    return Draft(seed, ids, logprobs)


def answer_of(output: Any) -> "AnswerLogprob":
    """How likely vLLM found the tokens that it was given."""
    from runners.logprob import AnswerLogprob

    ids, logprobs = said(output)
    total = math.fsum(logprobs)
    return AnswerLogprob(len(ids), total / len(ids), total)


def said(output: Any) -> tuple[list[int], list[float]]:
    """The tokens of a finished sequence, and their log-probabilities."""
    [sequence] = output.outputs
    ids = list(sequence.token_ids)
    return ids, [place[id].logprob for id, place in zip(ids, sequence.logprobs, strict=True)]


if __name__ == "__main__":
    VllmServer().serve()
