"""The selector's formulas against numbers worked out by hand, and its trainings for real."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import pytest
import torch

from runners.failure import Failure
from runners.selector import losses
from runners.selector.export import export
from runners.selector.network import Selector
from runners.selector.train import train


class Heard:
    """A channel that remembers."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def send(self, body: dict[str, Any]) -> None:
        self.events.append(body)


def test_smoothing_spreads_over_what_may_be_picked() -> None:
    # Of three, one is taken: 1/4 and 3/4 remain. −(.9 ln ¾ + .1 (ln ¼ + ln ¾)/2) = .3426
    steps = torch.tensor([[0.25, 0.75, 0.0]]).log()
    loss = losses.smoothed_loss(steps, torch.tensor([1]), 0.1)
    assert loss.item() == pytest.approx(-(0.9 * math.log(0.75) + 0.05 * (math.log(0.25) + math.log(0.75))))
    assert loss.item() == pytest.approx(0.3426, abs=1e-4)


def test_rce_weights() -> None:
    raw = losses.weights_at(torch.tensor([0.05, 0.03]), 2.0)
    # e^.01 : 1 is nearly uniform.
    assert raw.tolist() == pytest.approx([0.5025, 0.4975], abs=1e-4)
    # z-scores are ±1; at .5 that is e^4 : 1.
    sharp = losses.weights_at(losses.standardised(torch.tensor([0.05, 0.03])), 0.5)
    assert sharp.tolist() == pytest.approx([0.9820, 0.0180], abs=1e-4)
    assert [losses.temperature_at(step, 4, 2.0, 0.5) for step in range(4)] == pytest.approx([2.0, 1.5, 1.0, 0.5])


def test_grpo_by_hand() -> None:
    assert losses.advantages(torch.tensor([1.0, 2.0, 3.0]), 5).tolist() == pytest.approx([-1.2247, 0, 1.2247], abs=1e-4)
    assert losses.advantages(torch.tensor([0.3, 0.3]), 5).tolist() == [0, 0]
    # One of 100 at 1, the others at 0, is 9.95 deviations out.
    assert losses.advantages(torch.eye(100)[0], 5)[0].item() == 5
    ratio, advantage = torch.tensor([1.5, 1.5, 0.5, 0.5]), torch.tensor([1.0, -1.0, 1.0, -1.0])
    assert losses.clipped_objective(ratio, advantage, 0.2).tolist() == pytest.approx([1.2, -1.5, 0.5, -0.8])
    kl = losses.kl_estimate(torch.tensor([0.0, math.log(2), -math.log(2)]))
    assert kl.tolist() == pytest.approx([0, 1 - math.log(2), math.log(2) - 0.5], abs=1e-6)
    assert losses.next_beta(0.1, 0.2) == pytest.approx(0.15)
    assert losses.next_beta(0.15, 0.005) == pytest.approx(0.1)
    assert losses.next_beta(0.1, 0.05) == 0.1
    assert losses.next_beta(9, 1) == 10
    assert losses.next_beta(0.001, 0) == 0.001
    assert losses.next_temperature(1.0, 0.2) == pytest.approx(1 / 1.1)
    assert losses.next_temperature(1.0, 0.005) == pytest.approx(1.1)
    assert (losses.next_temperature(0.5, 1), losses.next_temperature(2.0, 0)) == (0.5, 2.0)


def test_onnx_picks_as_torch_and_nothing_twice(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Selector(dim=16, hidden=32, heads=4, temperature=0.1, shots=3).eval()
    export(network, 16, tmp_path)
    pool, session = (onnxruntime.InferenceSession(str(tmp_path / name)) for name in ("pool.onnx", "selector.onnx"))
    examples = torch.randn(90, 2, 16)
    (projected,) = pool.run(None, {"examples": examples.numpy()})
    for batch, count in ((1, 3), (5, 64)):
        query = torch.randn(batch, 2, 16)
        candidates = torch.stack([torch.randperm(90)[:count] for _ in range(batch)])
        given = {"query": query.numpy(), "projected": projected, "candidates": candidates.numpy()}
        (places,) = session.run(None, given)
        picks = network(query, examples[candidates])
        assert (places == candidates.gather(1, picks).numpy()).all()
        assert all(len(set(row)) == 3 for row in places.tolist())


def request(tmp_path: Path, stage: str, **change: Any) -> dict[str, Any]:
    """24 queries whose best example is the one that equals them."""
    for name in ("out", "checkpoints"):
        (tmp_path / name).mkdir(parents=True)
    generator = np.random.default_rng(0)
    pool = generator.normal(size=(12, 8))
    pool /= np.linalg.norm(pool, axis=1, keepdims=True)
    queries = np.concatenate([pool, pool])
    for name in ("image", "text"):
        np.concatenate([pool, queries]).astype("<f4").tofile(tmp_path / f"{name}.f32")
    (tmp_path / "shape.json").write_text(json.dumps({"dim": 8, "rows": {"pool": 12, "queries": 24, "test": 0}}))
    rows = []
    for at in range(24):
        own, other, third = at % 12, (at + 1) % 12, (at + 2) % 12
        beams = [([own, other], 0.05), ([other, own], 0.03), ([other, third], 0.01)]
        listed = [{"picks": picks, "score": score, "reward": score} for picks, score in beams]
        rows.append({"id": f"q{at}", "query": at, "candidates": list(range(12)), "beams": listed})
    (tmp_path / "queries.json").write_text(json.dumps(rows))
    stages: dict[str, dict[str, Any]] = {
        "sft": {"epochs": 30, "learning_rate": 3e-3, "label_smoothing": 0.1},
        "rce": {"epochs": 2, "learning_rate": 1e-3, "temperature_start": 2, "temperature_end": 0.5, "scores": "zscore"},
        "grpo": {"epochs": 3, "learning_rate": 1e-3, "clip": 0.2, "beta": 0.1, "temperature": 1, "advantage_clip": 5}
        | {"curriculum_epochs": 1, "curriculum_beams": 2, "keep": "reward"},
    }
    common = {"batch_size": 8, "weight_decay": 0.01, "warmup": 0.1, "max_grad_norm": 1.0, "validation": 0.25}
    folders = {"output": str(tmp_path / "out"), "checkpoints": str(tmp_path / "checkpoints")}
    files = {"queries": str(tmp_path / "queries.json"), "embeddings": str(tmp_path)}
    network = {"hidden": 16, "heads": 2, "temperature": 0.1}
    compute = {"device": "cpu", "threads": 1, "lock": None, "dtype": "float32", "attn_implementation": "sdpa"}
    whole = {"stage": stage, "settings": stages[stage], "training": common, "network": network, "shots": 2, "seed": 0}
    return whole | files | folders | compute | {"init": None, "resume_from": None} | change


def trained(body: dict[str, Any]) -> tuple[dict[str, float], Heard]:
    heard = Heard()
    return train(body, heard), heard  # type: ignore[arg-type]


def test_sft_then_rce_then_grpo(tmp_path: Path) -> None:
    _, heard = trained(request(tmp_path / "sft", "sft"))
    curve = [each["metrics"]["loss"] for each in heard.events if each["event"] == "progress"]
    assert curve[-1] < 0.6 * curve[0]
    trained(request(tmp_path / "rce", "rce", init=str(tmp_path / "sft/out")))
    metrics, heard = trained(request(tmp_path / "grpo", "grpo", init=str(tmp_path / "rce/out")))
    first = next(each["metrics"] for each in heard.events if each["event"] == "progress")
    assert (first["ratio"], first["kl"], first["clipped_share"]) == (pytest.approx(1), pytest.approx(0, abs=1e-6), 0)
    assert metrics["validation_kl"] > 0
    kept = {path.name for path in (tmp_path / "grpo/out").iterdir()}
    assert kept == {
        "pool.onnx",
        "cosines.onnx",
        "selector.safetensors",
        "selector.onnx",
        "best_reward.safetensors",
        "best_kl.safetensors",
    }


@pytest.mark.parametrize("stage", ["rce", "grpo"])
def test_killed_and_resumed_it_writes_the_same_bytes(tmp_path: Path, stage: str) -> None:
    whole, heard = trained(request(tmp_path / "whole", stage))
    first = next(each["folder"] for each in heard.events if each["event"] == "checkpoint")
    again, _ = trained(request(tmp_path / "again", stage, resume_from=first))
    assert again["validation_reward"] == whole["validation_reward"] if stage == "grpo" else True
    for name in ("selector.safetensors", "selector.onnx"):
        assert (tmp_path / "again/out" / name).read_bytes() == (tmp_path / "whole/out" / name).read_bytes()


def test_a_loss_that_is_no_number_names_its_batch(tmp_path: Path) -> None:
    body = request(tmp_path, "rce")
    rows = json.loads(Path(body["queries"]).read_text())
    for row in rows:
        row["beams"][0]["score"] = math.inf
    Path(body["queries"]).write_text(json.dumps(rows))
    with pytest.raises(Failure, match=r"no number any more; its batch begins with .*q"):
        trained(body)
