"""Merges a LoRA adapter into its base and writes a checkpoint that loads as it is.

    python -m runners.merge request.json

request: {model, adapter, output, dtypes: ["bfloat16", "float16", "float32"], canary: {items: [messages, ...]},
dtype, attn_implementation, min_pixels, max_pixels, device, threads, lock}.
Merges in float32 and keeps the first of `dtypes` whose written checkpoint, read back, passes the canary (canary.py).
Writes output/model_merged/ and output/canary.json. The request's own dtype, the one that rollouts are served in, plays
no part: all comparisons are made in float32, so that they see what storing lost and nothing else.
"""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners.device import Compute, claim_device, dtype_of
from runners.failure import Failure
from runners.growth import ALIVE
from runners.protocol import Body, Channel, field, run_job

if TYPE_CHECKING:
    import torch

    from runners.canary import Places


def main() -> None:
    """Runs the job named on the command line."""
    run_job(merge)


def merge(request: Body, channel: Channel) -> dict[str, float]:
    """Merges, writes and checks; the metrics are the canary's divergences and the place of the dtype in `dtypes`."""
    exact = claim_device(request).exact()

    from runners import canary, whole
    from runners.adapter import attach_adapter
    from runners.families import load_processor
    from runners.prompt import encode
    from runners.vlm import load_network, vlm_of

    model = field(request, "model", str)
    output = Path(field(request, "output", str))
    dtypes: list[str] = field(request, "dtypes", list)
    processor = load_processor(model, field(request, "min_pixels", int), field(request, "max_pixels", int))
    items: list[list[Body]] = field(field(request, "canary", dict), "items", list)
    if not items or not dtypes:
        raise Failure("BadInput", "A merge needs at least one canary prompt and one dtype.")

    adapted = attach_adapter(load_network(model, exact), field(request, "adapter", str)).eval()
    vlm = vlm_of(adapted.get_base_model(), processor)
    # Each part of a merge moves a whole checkpoint, which takes minutes.
    channel.send(ALIVE)
    places = canary.places_of(vlm, [encode(processor, messages) for messages in items])
    reference = canary.one_by_one(vlm, places)
    noise = canary.divergence(reference, canary.batched(vlm, places))
    with adapted.disable_adapter():
        adapter_base = canary.divergence(reference, canary.one_by_one(vlm, places))
    canary.check_adapter(adapter_base, noise)
    channel.send(ALIVE)

    # Refuses NaN on the way. The merged network keeps float32; what is written is rounded from it, each time anew. It
    # waits in the host's memory: a GPU that holds it need not hold what is read back as well.
    merged = adapted.merge_and_unload(safe_merge=True).to("cpu")
    folder = output / "model_merged"
    tried: dict[str, float] = {}
    for index, name in enumerate(dtypes):
        shutil.rmtree(folder, ignore_errors=True)
        whole.write_checkpoint(merged, Path(model), folder, dtype_of(name))
        channel.send(ALIVE)
        tried[name] = canary.divergence(measure(folder, processor, exact, places), reference)
        channel.send({"event": "progress", "step": index + 1, "total": len(dtypes), "metrics": {name: tried[name]}})
        if canary.is_faithful(tried[name], adapter_base):
            report = {"dtype": name, "kl_adapter_base": adapter_base, "noise": noise, "kl_merged_adapter": tried}
            report |= {"prompts": len(items), "tokens": places.tokens}
            (output / "canary.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
            metrics = {"kl_adapter_base": adapter_base, "kl_merged_adapter": tried[name], "noise": noise}
            return metrics | {"dtype_index": float(index)}
    listed = ", ".join(f"{name} {value:.3g}" for name, value in tried.items())
    raise Failure(
        "CanaryFailed",
        f"No merged checkpoint is base plus adapter: KL to the adapter is {listed} nats a token, and at most "
        f"{canary.LOSS_SHARE * adapter_base:.3g} is allowed.",
    )


def measure(folder: Path, processor: Any, exact: Compute, places: "Places") -> "list[torch.Tensor]":
    """Reads a written checkpoint back, whole, and returns its log-probabilities at the canary's places."""
    from runners.canary import one_by_one
    from runners.vlm import load_network, vlm_of
    from runners.whole import check_tensors

    check_tensors(folder)
    return one_by_one(vlm_of(load_network(str(folder), exact).eval(), processor), places)


if __name__ == "__main__":
    main()
