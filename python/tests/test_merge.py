"""The merge and its canary: a right merge passes, a wrong one does not."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageTextToText

from runners import merge as merging
from runners import whole
from runners.adapter import WEIGHTS
from runners.canary import divergence
from runners.device import FLASH, Compute
from runners.failure import Failure
from runners.logprob import answer_logprobs
from runners.prompt import encode
from runners.vlm import load_vlm
from tests.conftest import COMPUTE, DEVICE, PIXELS, question

Trained = tuple[Path, list[dict[str, Any]]]
MODEL = "model.safetensors"


class Events:
    """Stands in for the channel of a job."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, body: dict[str, Any]) -> None:
        self.sent.append(body)


def merge_request(trained: Trained, toy: Path, images: Path, output: Path, **changes: Any) -> dict[str, Any]:
    return {
        "model": str(toy),
        "adapter": str(trained[0] / "output/model_lora"),
        "output": str(output),
        "dtypes": ["bfloat16", "float16", "float32"],
        "canary": {"items": [question(images, index) for index in range(4)]},
        **DEVICE,
        **changes,
    }


def run(trained: Trained, toy: Path, images: Path, output: Path, **changes: Any) -> dict[str, float]:
    output.mkdir(exist_ok=True)
    return merging.merge(merge_request(trained, toy, images, output, **changes), Events())  # type: ignore[arg-type]


def test_divergence_by_hand() -> None:
    p, q = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.25, 0.75]]).log()
    assert divergence([p], [q]) == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3))
    assert divergence([p, p], [q, p]) == pytest.approx(divergence([p], [q]) / 2)
    assert divergence([p], [p]) == 0


def test_a_right_merge_passes_and_serves_like_the_adapter(
    trained: Trained, toy: Path, images: Path, tmp_path: Path
) -> None:
    metrics = run(trained, toy, images, tmp_path)
    assert metrics["kl_adapter_base"] > 10 * metrics["noise"]
    assert metrics["kl_merged_adapter"] <= 0.1 * metrics["kl_adapter_base"]
    report = json.loads((tmp_path / "canary.json").read_text())
    assert report["dtype"] == ["bfloat16", "float16", "float32"][int(metrics["dtype_index"])]

    folder = tmp_path / "model_merged"
    dtypes = {tensor.dtype for tensor in load_file(folder / MODEL).values()}
    assert dtypes == {getattr(torch, report["dtype"])}
    assert load_file(folder / MODEL).keys() == load_file(toy / MODEL).keys()
    assert str(tmp_path) not in (folder / "config.json").read_text()
    assert AutoModelForImageTextToText.from_pretrained(folder).dtype == getattr(torch, report["dtype"])

    merged = load_vlm(str(folder), None, COMPUTE, PIXELS, PIXELS)
    adapted = load_vlm(str(toy), str(trained[0] / "output/model_lora"), COMPUTE, PIXELS, PIXELS)
    base = load_vlm(str(toy), None, COMPUTE, PIXELS, PIXELS)
    prompt = encode(merged.processor, question(images, 0))
    answer = ["<instructions><instruction>look from behind"]
    one, two, three = (answer_logprobs(each, [prompt], answer)[0].sum_logprob for each in (merged, adapted, base))
    assert abs(one - two) < 0.1 * abs(two - three)


def refusal(trained: Trained, toy: Path, images: Path, output: Path, **changes: Any) -> Failure:
    with pytest.raises(Failure) as caught:
        run(trained, toy, images, output, **changes)
    return caught.value


def test_a_merge_equal_to_its_base_is_refused(
    trained: Trained, toy: Path, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "write_checkpoint", lambda merged, base, folder, dtype: shutil.copytree(base, folder))
    failure = refusal(trained, toy, images, tmp_path)
    assert failure.kind == "CanaryFailed"
    assert "No merged checkpoint is base plus adapter" in str(failure)
    assert not (tmp_path / "canary.json").exists()


@pytest.mark.parametrize(
    ("damage", "kind"), [("zeroed", "CanaryFailed"), ("missing", "BadInput"), ("torn", "ArtifactLost")]
)
def test_a_corrupt_merge_is_refused(
    trained: Trained,
    toy: Path,
    images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: str,
    kind: str,
) -> None:
    write = whole.write_checkpoint

    def write_damaged(merged: Any, base: Path, folder: Path, dtype: torch.dtype) -> None:
        write(merged, base, folder, dtype)
        tensors = load_file(folder / MODEL)
        name = next(name for name in sorted(tensors) if "down_proj" in name)
        if damage == "torn":
            (folder / MODEL).write_bytes((folder / MODEL).read_bytes()[:-100])
            return
        if damage == "missing":
            del tensors[name]
        else:
            tensors[name].zero_()
        save_file(tensors, folder / MODEL, {"format": "pt"})

    monkeypatch.setattr(whole, "write_checkpoint", write_damaged)
    assert refusal(trained, toy, images, tmp_path).kind == kind


def test_an_adapter_that_changes_nothing_is_refused(trained: Trained, toy: Path, images: Path, tmp_path: Path) -> None:
    adapter = Path(shutil.copytree(trained[0] / "output/model_lora", tmp_path / "adapter"))
    tensors = load_file(adapter / WEIGHTS)
    for name, tensor in tensors.items():
        if "lora_B" in name:
            tensor.zero_()
    save_file(tensors, adapter / WEIGHTS, {"format": "pt"})
    failure = refusal(trained, toy, images, tmp_path, adapter=str(adapter))
    assert failure.kind == "CanaryFailed"
    assert "does not change its base" in str(failure)


def test_a_dtype_too_narrow_for_a_small_update_is_passed_over(
    trained: Trained, toy: Path, images: Path, tmp_path: Path
) -> None:
    # A hundredth of the update: bfloat16 rounds most of it away, float32 keeps it.
    adapter = Path(shutil.copytree(trained[0] / "output/model_lora", tmp_path / "adapter"))
    tensors = load_file(adapter / WEIGHTS)
    small = {name: tensor * (0.01 if "lora_B" in name else 1) for name, tensor in tensors.items()}
    save_file(small, adapter / WEIGHTS, {"format": "pt"})
    metrics = run(trained, toy, images, tmp_path, adapter=str(adapter), dtypes=["bfloat16", "float32"])
    assert metrics["dtype_index"] == 1
    report = json.loads((tmp_path / "canary.json").read_text())
    assert report["kl_merged_adapter"]["bfloat16"] > 0.1 * metrics["kl_adapter_base"]


def test_no_part_of_a_merge_is_silent(trained: Trained, toy: Path, images: Path, tmp_path: Path) -> None:
    events = Events()
    request = merge_request(trained, toy, images, tmp_path)
    merging.merge(request, events)  # type: ignore[arg-type]
    # Loaded, compared, written, read back.
    assert [event["event"] for event in events.sent[:4]] == ["alive"] * 3 + ["progress"]


def test_flash_attention_is_not_asked_to_compute_in_float32() -> None:
    served = Compute(torch.device("cuda:0"), torch.bfloat16, FLASH)
    assert served.exact() == Compute(torch.device("cuda:0"), torch.float32, "sdpa")
    eager = Compute(torch.device("cpu"), torch.float32, "eager")
    assert eager.exact() == eager
