"""Tries a training before it costs anything: reads its rows as it would, lets the checkpoint that it starts from speak,
and makes one optimizer step. Judges nothing: src/checking says what is well and what to do.

    python -m runners.check request.json

request: that of runners.train, and check: {rows: how many are looked at, answers: "given" or "sampled", questions: how
many are asked, completions: of each, sampling: as in runners.sampling, micro_batch}. Rows whose answers are sampled
bring none: pairs are made of what the checkpoint says.
Writes output/measured.json: {rows, looked, context; prompts, answers, alike, sides, refused: as runners.looks has them;
said: [{row, completions: [{text, finish, tokens, repetition}]}] or {type, problem}; pairs: how many were made of
sampled answers, or null; step: {rows, loss, grad_norm, scaled, seconds}, null where it was left out, or
{type, problem}; memory: peak bytes, of: bytes that the device has, null where that is the host's}.
Works in one process, whatever the training's number of them: the rows of an optimizer step are the same.
Not supported: DeepSpeed and FSDP, whose step is left out.
"""

import json
import math
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners.device import claim_device
from runners.protocol import Body, Channel, field, optional, report, run_job
from runners.ranks import ALONE, rank_of
from runners.train import job_of

if TYPE_CHECKING:
    from runners.trainers.job import Job

# getrusage counts in kilobytes, but on macOS.
KILO = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Runs the job named on the command line."""
    run_job(check)


def check(request: Body, channel: Channel) -> dict[str, float]:
    """Measures, and writes what was found."""
    rank_of(1)
    compute = claim_device(request)

    from runners import vllm_sampler

    vllm_sampler.prepare(field(request, "settings", dict), compute)

    from runners.fsdp import is_divided
    from runners.growth import alive
    from runners.looks import look_at, spread
    from runners.trainers import asked_by
    from runners.trainers.rows import Asked, read_rows

    how = field(request, "check", dict)
    algorithm = field(request, "algorithm", str)
    job = job_of(request, compute, ALONE, None)
    rows = read_rows(job.data)
    total = len(rows)
    sampled = field(how, "answers", str) == "sampled"
    beat = alive(channel)

    looked = spread(len(rows), field(how, "rows", int))
    asked = asked_by(algorithm, job, rows)
    plain = Asked(rows, job.image_root, job.processor, job.unspeakable, job.context, asked.room)
    found = look_at(plain if sampled else asked, looked, beat)
    places = usable(looked, rows, found)
    said = _tried(lambda: speak(job, rows, places[: field(how, "questions", int)], how, beat))
    _free()
    if sampled:
        rows = pairs_of(rows, said if isinstance(said, list) else [])
        found |= {"pairs": len(rows)}
        seen = look_at(asked_by(algorithm, job, rows), range(len(rows)), beat)
        # Prompts were looked at already, without answers behind them.
        found |= {name: seen[name] for name in ("answers", "alike", "sides")}
        found["refused"] += seen["refused"]
        places = usable(range(len(rows)), rows, seen)
    lengths = {each["id"]: each["tokens"] for each in found["prompts"]}
    places = sorted(places, key=lambda place: lengths[rows[place]["id"]], reverse=True)
    divided = request.get("deepspeed") is not None or is_divided(job.settings)
    step = None if divided or not places else _tried(lambda: one_step(algorithm, job, rows, places, beat))

    found |= {"rows": total, "looked": len(looked), "context": job.context, "said": shown(said), "step": step}
    path = Path(field(request, "output", str)) / "measured.json"
    path.write_text(json.dumps({"pairs": None, **found, **_memory(job)}, allow_nan=False), encoding="utf-8")
    return {"looked": float(len(looked))}


def usable(places: Sequence[int], rows: Sequence[Body], found: Body) -> list[int]:
    """Those of the places that were not refused."""
    refused = {each["id"] for each in found["refused"]}
    return [place for place in places if rows[place]["id"] not in refused]


def speak(job: "Job", rows: Sequence[Body], places: Sequence[int], how: Body, beat: Callable[[], None]) -> list[Body]:
    """What the checkpoint that the training starts from says to the rows at these places, through the rollout's code:
    [{row, prompt_digest, completions: as the model server has them, with their repetition}]."""
    from runners.batching import in_micro_batches
    from runners.decoding import Draft, decode
    from runners.prompt import Prompt, encode, messages_of_row
    from runners.repetition import repetition
    from runners.sampling import Sampling
    from runners.vlm import load_vlm
    from runners.vlm_server import completion

    image = job.processor.image_processor.size
    vlm = load_vlm(job.model, None, job.compute, image["shortest_edge"], image["longest_edge"])
    sampling = Sampling.parse(field(how, "sampling", dict))
    prompts = {place: encode(vlm.processor, messages_of_row(rows[place], job.image_root)) for place in places}
    wanted = [(place, f"{job.seed}:{place}:{k}") for place in places for k in range(field(how, "completions", int))]

    def work(batch: Sequence[tuple[int, str]]) -> list[Draft]:
        own = [*dict.fromkeys(place for place, _ in batch)]
        asked: list[Prompt] = [prompts[place] for place in own]
        seeds = [seed for _, seed in batch]
        return decode(vlm, asked, [own.index(place) for place, _ in batch], seeds, sampling, beat=beat)

    drafts, _ = in_micro_batches(wanted, field(how, "micro_batch", int), work, lambda _done, _all: beat())
    said: dict[int, Body] = {
        place: {"row": place, "prompt_digest": prompts[place].digest, "completions": []} for place in places
    }
    for (place, _), draft in zip(wanted, drafts, strict=True):
        said[place]["completions"].append(completion(vlm, draft) | {"repetition": repetition(draft.ids)})
    return list(said.values())


def pairs_of(rows: Sequence[Body], said: Sequence[Body]) -> list[Body]:
    """A pair of each question that got two different answers, as if the first were the better one."""
    pairs = []
    for each in said:
        texts = {completion["text"]: completion for completion in each["completions"]}
        if len(texts) > 1:
            sides = zip(("chosen", "rejected"), texts.values(), strict=False)
            own = {name: value for side, completion in sides for name, value in _side(side, completion).items()}
            pairs.append({**rows[each["row"]], "prompt_digest": each["prompt_digest"], **own})
    return pairs


def _side(side: str, completion: Body) -> Body:
    cut = {f"{side}_finish": "length"} if completion["finish"] == "length" else {}
    ids = {f"{side}_ids": completion["ids"]} if "ids" in completion else {}
    return {side: completion["text"], **cut, **ids}


def shown(said: Any) -> Any:
    """Completions without what only pairs want to know of them."""
    if not isinstance(said, list):
        return said
    names = ("text", "finish", "tokens", "repetition")
    return [
        {"row": each["row"], "completions": [{name: one[name] for name in names} for one in each["completions"]]}
        for each in said
    ]


def one_step(algorithm: str, job: "Job", rows: Sequence[Body], places: Sequence[int], beat: Callable[[], None]) -> Body:
    """Makes one optimizer step of the training, on as many rows and as large batches as the recipe's.

    places: of rows, the longest first. Where a judge knows rows by their places, the step takes which it likes.
    """
    from transformers import PrinterCallback, TrainerCallback

    from runners.trainers import training_of

    settings = job.settings
    processes = optional(settings, "num_processes", int) or 1
    passes = field(settings, "gradient_accumulation_steps", int) * processes
    size = field(settings, "per_device_train_batch_size", int) * passes
    data = job.data
    if job.judge is None:
        data = Path(job.checkpoints) / "step.json"
        data.parent.mkdir(parents=True, exist_ok=True)
        data.write_text(json.dumps([rows[places[at % len(places)]] for at in range(size)]), encoding="utf-8")
    one = {"num_processes": 1, "gradient_accumulation_steps": passes, "max_steps": 1, "save_steps": None}
    training = training_of(algorithm, replace(job, data=data, settings={**settings, **one}))
    norms: list[float] = []

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_substep_end(self, *_: Any, **__: Any) -> None:
            beat()

        def on_pre_optimizer_step(self, *_: Any, model: Any, **__: Any) -> None:
            squares = [each.grad.float().square().sum().item() for each in model.parameters() if each.grad is not None]
            norms.append(math.sqrt(sum(squares)))

    training.trainer.add_callback(Watch())
    training.trainer.remove_callback(PrinterCallback)
    began = time.monotonic()
    training.trainer.train()
    losses = [entry["loss"] for entry in training.trainer.state.log_history if "loss" in entry]
    return {
        "rows": size,
        "loss": _finite(losses[0]) if losses else None,
        "grad_norm": _finite(norms[0]) if norms else None,
        # Gradients that overflow float16 at first are no fault: their scale is halved until they fit.
        "scaled": bool(training.trainer.args.fp16),
        "seconds": time.monotonic() - began,
    }


def _tried(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - what fails here is what is looked for; it is reported, typed
        failure = report(error)
        found = {"type": failure.kind, "problem": str(failure)}
    # Here, where nothing holds what the failed work had on the device.
    _free()
    return found


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _free() -> None:
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _memory(job: "Job") -> Body:
    import torch

    device = job.compute.device
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory
        return {"memory": torch.cuda.max_memory_allocated(device), "of": total}
    return {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILO, "of": None}


if __name__ == "__main__":
    main()
