"""A model server: loads a checkpoint once, then samples from it and scores answers until stdin closes.

Requests and answers, one JSON object per line:
    {"op": "load", "id", "serving", "model", "adapter", "dtype", "attn_implementation", "device", "threads",
     "min_pixels", "max_pixels", "lock"}                    -> {"id", "ok": true, "serving", "result": {}}
    {"op": "sample", "id", "items", "sampling", "micro_batch"}  -> {"id", "progress": [done, total]} ..., then
                                              {"id", "ok": true, "serving", "result", "notes": {"micro_batch"}}
    {"op": "logprob", "id", "items", "micro_batch"}             -> the same
    a failure                                    -> {"id", "ok": false, "serving", "error": {"type", "message"}}
`micro_batch` counts completions when sampling and answers when scoring. `serving` is the digest given to `load`.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from runners.failure import Failure
from runners.protocol import Body, field, optional
from runners.serving import ModelServer, Progress

if TYPE_CHECKING:
    from runners.ahead import Ahead
    from runners.prompt import Prompt
    from runners.vlm import Speech, Vlm


class VlmServer(ModelServer):
    """One loaded vision-language model."""

    _vlm: "Vlm"

    def load(self, request: Body) -> None:
        # Imported now: a server that waits for its device should not have spent seconds and memory on torch.
        from runners.device import claim_device
        from runners.vlm import load_vlm

        self._vlm = load_vlm(
            field(request, "model", str),
            optional(request, "adapter", str),
            claim_device(request),
            field(request, "min_pixels", int),
            field(request, "max_pixels", int),
        )

    def work(self, operation: str, request: Body, progress: Progress) -> tuple[list[Body], int]:
        items = field(request, "items", list)
        size = field(request, "micro_batch", int)
        if operation == "sample":
            return sample(self._vlm, items, field(request, "sampling", dict), size, progress)
        if operation == "logprob":
            return logprob(self._vlm, items, size, progress)
        raise Failure("BadInput", f'"{operation}" is no operation of this server; load, sample and logprob are.')


def sample(
    vlm: "Vlm", items: list[Body], settings: Body, micro_batch: int, progress: Progress
) -> tuple[list[Body], int]:
    """Samples every item's completions; micro-batches run over all completions in one order, across items."""
    from runners.batching import in_micro_batches
    from runners.decoding import Draft, decode
    from runners.sampling import Sampling

    sampling = Sampling.parse(settings)
    digests: dict[int, str] = {}
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        told = done
        progress(done, total)

    with ahead_of(vlm, items) as prompts:
        wanted = [(place, seed) for place in prompts.order for seed in items[place]["seeds"]]

        def work(batch: Sequence[tuple[int, str]]) -> list[Draft]:
            places = [*dict.fromkeys(place for place, _ in batch)]
            asked = prompts.take(places)
            digests.update(zip(places, (prompt.digest for prompt in asked), strict=True))
            owners = [places.index(place) for place, _ in batch]
            seeds = [seed for _, seed in batch]
            return decode(vlm, asked, owners, seeds, sampling, beat=lambda: progress(told, len(wanted)))

        drafts, size = in_micro_batches(wanted, micro_batch, work, tell)
    results: list[Body] = [{"completions": [], "prompt_digest": digests.get(place)} for place in range(len(items))]
    for (place, _), draft in zip(wanted, drafts, strict=True):
        results[place]["completions"].append(completion(vlm, draft))
    return results, size


def completion(vlm: "Speech", draft: Any) -> Body:
    """A finished draft as it travels. Special tokens stay in the text: what was said is what is trained on. `ids`, all
    that was sampled, the end too, travel only where the text and the usual end do not give them back."""
    text: str = vlm.tokenizer.decode(draft.ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    equal = vlm.tokenizer(text, add_special_tokens=False)["input_ids"] == draft.ids
    body = {
        "text": text,
        "finish": draft.finish,
        "tokens": len(draft.ids),
        "mean_logprob": draft.mean_logprob,
        "retokenized_equal": equal,
    }
    usual = equal and draft.end in (None, vlm.tokenizer.eos_token_id)
    return body if usual else body | {"ids": draft.sampled}


def logprob(vlm: "Vlm", items: list[Body], micro_batch: int, progress: Progress) -> tuple[list[Body], int]:
    """Log-probability of every item's answer."""
    from runners.batching import in_micro_batches
    from runners.logprob import AnswerLogprob, answer_logprobs

    with ahead_of(vlm, items) as prompts:

        def work(batch: Sequence[int]) -> list[AnswerLogprob]:
            return answer_logprobs(vlm, prompts.take(batch), [field(items[place], "answer", str) for place in batch])

        found, size = in_micro_batches(prompts.order, micro_batch, work, progress)
    results = dict(zip(prompts.order, found, strict=True))
    return [asdict(results[place]) for place in range(len(items))], size


def ahead_of(vlm: "Speech", items: Sequence[Body]) -> "Ahead[Prompt]":
    """The prompts of a request's items, in the order in which they are worked on. On a CPU that is their own, one after
    the other: it would have to share its cores, and what shares a batch shows in the last digits of its sums."""
    import torch

    from runners.ahead import Ahead, alike
    from runners.prompt import encode

    on_cpu = vlm.device.type == "cpu"
    order = range(len(items)) if on_cpu else alike(items)
    threads = 0 if on_cpu else torch.get_num_threads()
    return Ahead(lambda place: encode(vlm.processor, items[place]["messages"]), order, threads)


if __name__ == "__main__":
    VlmServer().serve()
