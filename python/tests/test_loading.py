"""How a checkpoint reaches its device: tensor by tensor, and never as a whole through the host's memory."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForImageTextToText

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
