"""Which files of a checkpoint's folder are loaded: its safetensors, and nothing that merely lies beside them."""

from pathlib import Path

from runners.adapter import CONFIG as ADAPTER
from runners.failure import Failure

# transformers' name for a network's weights, and diffusers'.
MODEL = "model"
DIFFUSION = "diffusion_pytorch_model"


def check_weights(folder: Path, name: str = MODEL) -> None:
    """Refuses a folder from which other weights would be loaded in silence: a pickle where there are no safetensors of
    this name, or an adapter, which transformers lays over the network, or over another base that it names."""
    if (folder / ADAPTER).exists():
        raise Failure("BadInput", f"The checkpoint {folder} has an {ADAPTER}; merge the adapter, or remove the file.")
    if not any((folder / f"{name}.safetensors{index}").is_file() for index in ("", ".index.json")):
        raise Failure("BadInput", f"The checkpoint {folder} has no {name}.safetensors; convert its weights to that.")
