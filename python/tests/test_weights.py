"""A checkpoint's weights are those of its safetensors, and nothing else in its folder is loaded in their place."""

import shutil
from pathlib import Path

import pytest
import torch
from peft import get_peft_model
from safetensors.torch import load_file

from runners.adapter import save_adapter
from runners.failure import Failure
from runners.flux2_klein import load_pipeline
from runners.options import lora_config
from runners.vlm import load_network
from tests.conftest import COMPUTE, REPO, TRAINING

FLUX = REPO / "demo/snowball/flux"


def pickled(folder: Path, name: str) -> None:
    """Other weights as a pickle, and the real ones under a name that nobody asks for."""
    weights = folder / f"{name}.safetensors"
    torch.save({each: torch.zeros_like(tensor) for each, tensor in load_file(weights).items()}, folder / f"{name}.bin")
    weights.rename(folder / "consolidated.safetensors")


def test_a_pickle_beside_a_decoy_is_not_loaded(toy: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(toy, tmp_path / "toy"))
    pickled(folder, "model")
    (folder / "model.bin").rename(folder / "pytorch_model.bin")
    with pytest.raises(Failure, match=r"has no model\.safetensors") as caught:
        load_network(str(folder), COMPUTE)
    assert caught.value.kind == "BadInput"


def test_the_adapter_of_a_checkpoint_is_not_applied_in_silence(toy: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(toy, tmp_path / "toy"))
    network = load_network(str(toy), COMPUTE)
    save_adapter(get_peft_model(network, lora_config(TRAINING, network)), tmp_path / "adapter")
    shutil.copytree(tmp_path / "adapter", folder, dirs_exist_ok=True)
    with pytest.raises(Failure, match=r"adapter_config\.json") as caught:
        load_network(str(folder), COMPUTE)
    assert caught.value.kind == "BadInput"


@pytest.mark.parametrize(
    ("part", "name", "pickle"),
    [
        ("transformer", "diffusion_pytorch_model", "diffusion_pytorch_model.bin"),
        ("vae", "diffusion_pytorch_model", "diffusion_pytorch_model.bin"),
        ("text_encoder", "model", "pytorch_model.bin"),
    ],
)
def test_an_editors_parts_come_from_safetensors(tmp_path: Path, part: str, name: str, pickle: str) -> None:
    folder = Path(shutil.copytree(FLUX, tmp_path / "flux"))
    pickled(folder / part, name)
    (folder / part / f"{name}.bin").rename(folder / part / pickle)
    with pytest.raises(Failure, match=rf"{part} has no {name}\.safetensors") as caught:
        load_pipeline(str(folder), COMPUTE, "none")
    assert caught.value.kind == "BadInput"


def test_an_editors_text_encoder_has_no_adapter(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FLUX, tmp_path / "flux"))
    (folder / "text_encoder/adapter_config.json").write_text('{"base_model_name_or_path": "/elsewhere"}')
    with pytest.raises(Failure, match=r"adapter_config\.json"):
        load_pipeline(str(folder), COMPUTE, "none")
