"""How a checkpoint reaches its device: tensor by tensor, and never as a whole through the host's memory."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoConfig, AutoModelForImageTextToText

from runners import flux2_klein
from runners.adapter import attach_adapter
from runners.device import Compute
from runners.vlm import load_network
from tests.conftest import REPO, runner_env

# The device "meta" keeps nothing: what is counted is what loading itself takes. Linux counts the pages of the file too.
PROGRAM = """
import sys, torch
from transformers import Qwen3VLForConditionalGeneration
from runners.device import Compute
from runners.vlm import load_network

def megabytes(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(name))

before = megabytes("VmRSS:")
network = load_network(sys.argv[1], Compute(torch.device("meta"), torch.float32, "sdpa"))
assert {tensor.device.type for tensor in [*network.parameters(), *network.buffers()]} == {"meta"}
print(megabytes("VmHWM:") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_checkpoint_is_never_whole_in_host_memory(toy: Path, tmp_path: Path) -> None:
    config = AutoConfig.from_pretrained(toy)
    config.text_config.num_hidden_layers = 8
    config.text_config.intermediate_size = 16 * 1024
    network = AutoModelForImageTextToText.from_config(config).to(torch.float16)
    network.save_pretrained(tmp_path)
    stored = sum(path.stat().st_size for path in tmp_path.glob("*.safetensors")) / 1e6
    assert stored > 60
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=REPO,
        env=runner_env(),
        capture_output=True,
        text=True,
        check=True,
    )
    # In float32 it is twice its file.
    assert float(done.stdout) < 1.6 * stored, f"{done.stdout} MB for a file of {stored:.0f} MB"


def test_the_parts_of_an_editor_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[torch.nn.Module] = []
    load = flux2_klein._load

    def watched(*asked: Any, **options: Any) -> Any:
        # The ones before lie on the device already.
        assert all(next(each.parameters()).device.type == "meta" for each in loaded)
        loaded.append(load(*asked, **options))
        return loaded[-1]

    monkeypatch.setattr(flux2_klein, "_load", watched)
    meta = Compute(torch.device("meta"), torch.float32, "sdpa")
    flux2_klein.load_pipeline(str(REPO / "demo/snowball/flux"), meta, "none")
    assert len(loaded) == 3


def test_an_adapter_is_served_in_the_dtype_that_it_was_trained_in(
    trained: tuple[Path, list[dict[str, Any]]], toy: Path
) -> None:
    half = Compute(torch.device("cpu"), torch.bfloat16, "sdpa")
    folder = str(trained[0] / "output/model_lora")
    served = attach_adapter(load_network(str(toy), half), folder)
    assert {parameter.dtype for parameter in served.parameters()} == {torch.bfloat16}
    # As the trainer has it: weights of its own in float32, and products in the recipe's dtype.
    training = PeftModel.from_pretrained(load_network(str(toy), half), folder)
    name = "base_model.model.model.language_model.layers.1.mlp.up_proj"
    ours, theirs = served.get_submodule(name), training.get_submodule(name)
    assert theirs.lora_A.default.weight.dtype is torch.float32
    hidden = torch.randn(5, 96, generator=torch.Generator().manual_seed(0)).bfloat16()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        expected = theirs(hidden)
    with torch.inference_mode():
        assert torch.equal(ours(hidden), expected)
        assert not torch.equal(ours(hidden), ours.base_layer(hidden))
