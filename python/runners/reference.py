"""What the checkpoint that a training is held to finds of preference pairs, computed once for all trainings on them.

    python -m runners.reference request.json

request: that of a training by dpo (runners.train); `reference`, or else `model`, is asked. Writes
output/reference.json, a JSON array in the order of the rows: {id, tokens: sha256 over what was read, chosen, rejected:
the sum of the log-probabilities of a completion's tokens, at temperature 1}.
Not supported: several processes.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners.device import claim_share
from runners.protocol import Body, Channel, field, optional, run_job
from runners.ranks import ALONE

if TYPE_CHECKING:
    import torch

# What a batch says of its rows beside what the network reads.
OF_THE_ROWS = ("completion_mask", "ref_chosen_logps", "ref_rejected_logps")


def main() -> None:
    """Runs the job named on the command line."""
    run_job(reference)


def reference(request: Body, channel: Channel) -> dict[str, float]:
    """Writes the pairs' log-probabilities; the metrics are their number and the pairs that fitted a pass."""
    compute = claim_share(request, ALONE)

    import torch

    from runners.batching import in_micro_batches
    from runners.policy import frozen
    from runners.train import job_of
    from runners.trainers.dpo import asked_of
    from runners.trainers.rows import read_rows

    job = job_of(request, compute, ALONE, None)
    rows = read_rows(job.data)
    collator = asked_of(job, rows)
    collator.check_prompts()
    network = frozen(job, job.reference or job.model).to(compute.device)
    # As the trainer of a whole network computes: weights in float32, sums in the recipe's dtype.
    half = compute.dtype is not torch.float32
    casting = torch.autocast(compute.device.type, compute.dtype) if half else nullcontext()

    def work(places: Sequence[int]) -> list[Body]:
        batch = collator([{"row": place} for place in places])
        with casting, torch.no_grad():
            sums = logprob_sums(network, {name: each.to(compute.device) for name, each in batch.items()})
        return [
            {"id": rows[place]["id"], "tokens": digest, "chosen": chosen, "rejected": rejected}
            for place, digest, chosen, rejected in zip(
                places, digests(batch), *(each.tolist() for each in sums.double().chunk(2)), strict=True
            )
        ]

    def progress(done: int, total: int) -> None:
        channel.send({"event": "progress", "step": done, "total": total, "metrics": {}})

    asked = optional(job.settings, "per_device_train_batch_size", int) or 1
    found, size = in_micro_batches(range(len(rows)), asked, work, progress, advice="lower max_pixels")
    output = Path(field(request, "output", str)) / "reference.json"
    output.write_text(json.dumps(found) + "\n", encoding="utf-8")
    return {"pairs": float(len(found)), "batch": float(size)}


def logprob_sums(network: Any, batch: "dict[str, torch.Tensor]") -> "torch.Tensor":
    """(2 × pairs,) sums of the completions' log-probabilities, as TRL's DPO loss takes them.

    batch: of a PairCollator, all chosen sequences before all rejected ones.
    """
    from trl.trainer.utils import selective_log_softmax

    read = {name: each for name, each in batch.items() if name not in OF_THE_ROWS}
    logits = network(**read, use_cache=False).logits[:, :-1]
    logprobs = selective_log_softmax(logits, batch["input_ids"][:, 1:])
    sums: torch.Tensor = logprobs.masked_fill(batch["completion_mask"][:, 1:] == 0, 0.0).sum(1)
    return sums


def digests(batch: "dict[str, torch.Tensor]") -> list[str]:
    """For each pair, sha256 over the token ids of both sides, padding left out: what was read is what is trained on."""
    pairs = len(batch["input_ids"]) // 2

    def ids(row: int) -> list[int]:
        kept: list[int] = batch["input_ids"][row][batch["attention_mask"][row] == 1].tolist()
        return kept

    return [hashlib.sha256(json.dumps([ids(row), ids(row + pairs)]).encode()).hexdigest() for row in range(pairs)]


if __name__ == "__main__":
    main()
