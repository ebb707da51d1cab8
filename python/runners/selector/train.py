"""Trains the selector by one stage, as a job, and exports it.

    python -m runners.selector.train request.json

request: {stage: sft, rce or grpo; settings: the recipe's section; training: {batch_size, weight_decay, warmup,
max_grad_norm, validation}; network: {hidden, heads, temperature}; shots, seed, queries: JSON array of {id, query,
candidates, beams: [{picks, score, reward}]}; embeddings: folder of image.f32, text.f32 and shape.json; init: folder of
a trained selector or null; output, checkpoints, resume_from: folder or null; device, threads, lock, dtype,
attn_implementation}.
Writes output/selector.safetensors, the graphs of export.py, and of GRPO best_reward.safetensors and
best_kl.safetensors. Killed and resumed from a checkpoint, on the CPU at the same number of threads, it writes the
same bytes.
"""

import math
from pathlib import Path
from typing import Any

from runners.device import claim_device
from runners.failure import Failure
from runners.protocol import Body, Channel, field, number, optional, run_job

STATE = "state.pt"
LAST = 10


def main() -> None:
    """Runs the job named on the command line."""
    run_job(train)


def train(request: Body, channel: Channel) -> dict[str, float]:  # noqa: PLR0915 - a training is read from top to bottom
    """Trains, writes the selector, and returns the summary metrics."""
    compute = claim_device(request)
    import torch
    from safetensors.torch import load_file, save_file

    from runners.checkpoint import settle_checkpoint
    from runners.selector.data import Data
    from runners.selector.export import export
    from runners.selector.network import Selector
    from runners.selector.stages import Stage, stage_of

    torch.manual_seed(field(request, "seed", int))
    own, training = field(request, "settings", dict), field(request, "training", dict)
    shape = field(request, "network", dict)
    data = Data(request, compute.device)
    shots = field(request, "shots", int)
    network = Selector(data.dim, shape["hidden"], shape["heads"], shape["temperature"], shots).to(compute.device)
    init = optional(request, "init", str)
    if init is not None:
        network.load_state_dict(load_file(Path(init) / "selector.safetensors"))
    per_epoch = math.ceil(len(data.training) / training["batch_size"])
    total = own["epochs"] * per_epoch
    optimizer = torch.optim.AdamW(
        network.parameters(), number(own, "learning_rate"), weight_decay=training["weight_decay"]
    )
    stage: Stage = stage_of(field(request, "stage", str), own, network, data, total=total, per_epoch=per_epoch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, total, training["warmup"]))
    first, kept = 0, {}
    resume = optional(request, "resume_from", str)
    if resume is not None:
        saved = torch.load(Path(resume) / STATE, weights_only=True)
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        stage.load(saved["stage"])
        first, kept = saved["step"], saved["kept"]
    logs: list[dict[str, float]] = []
    output, checkpoints = Path(field(request, "output", str)), Path(field(request, "checkpoints", str))
    for step in range(first, total):
        epoch, place = divmod(step, per_epoch)
        batch = data.order(epoch)[place * training["batch_size"] :][: training["batch_size"]]
        loss, metrics = stage.loss(batch, step)
        refuse_nan(loss, data, batch, step)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), training["max_grad_norm"])
        refuse_nan(norm, data, batch, step)
        optimizer.step()
        schedule.step()
        logs.append({"loss": loss.item(), "grad_norm": norm.item()} | metrics)
        channel.send({"event": "progress", "step": step + 1, "total": total, "metrics": logs[-1]})
        if place + 1 < per_epoch:
            continue
        kept = keep_best(kept, stage.validate(), {name: each.clone() for name, each in network.state_dict().items()})
        folder = checkpoints / f"checkpoint-{step + 1}"
        folder.mkdir(parents=True)
        state = {
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
        }
        torch.save(state | {"stage": stage.state(), "step": step + 1, "kept": kept}, folder / STATE)
        settle_checkpoint(folder)
        channel.send({"event": "checkpoint", "step": step + 1, "folder": str(folder)})
    for name, best in kept.items():
        save_file(best["weights"], output / f"best_{name}.safetensors")
    if own.get("keep", "last") in kept:
        network.load_state_dict(kept[own["keep"]]["weights"])
    save_file(network.state_dict(), output / "selector.safetensors")
    export(network.cpu().eval(), data.dim, output)
    ends = logs[-LAST:]
    means = {name: sum(each[name] for each in ends) / len(ends) for name in (ends[0] if ends else {})}
    return means | stage.validate() | {"steps": float(total), "queries": float(len(data.training))}


def rate(step: int, total: int, warmup: float) -> float:
    """Share of the learning rate at a step: a line up, then half a cosine down."""
    rising = max(1, round(total * warmup))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, total - rising)))


def refuse_nan(value: Any, data: Any, batch: list[int], step: int) -> None:
    """A loss that is no number ends the training: it cannot recover."""
    if math.isfinite(value.item()):
        return
    ids = ", ".join(data.queries[each]["id"] for each in batch[:5])
    raise Failure("ChildError", f"At step {step + 1} the loss is no number any more; its batch begins with {ids}.")


def keep_best(kept: dict[str, Any], found: dict[str, float], weights: dict[str, Any]) -> dict[str, Any]:
    """The weights of the highest validation reward and of the lowest validation KL, each with what it came to."""
    best = dict(kept)
    for name, sign in (("reward", 1), ("kl", -1)):
        value = found.get(f"validation_{name}")
        if value is not None and (name not in best or sign * value > sign * best[name]["value"]):
            best[name] = {"value": value, "weights": weights}
    return best


if __name__ == "__main__":
    main()
