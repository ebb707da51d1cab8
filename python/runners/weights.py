"""Which files of a checkpoint's folder are loaded: its safetensors, and nothing that merely lies beside them."""

from pathlib import Path
from typing import Any

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


def check_loaded(what: str, loading: dict[str, Any]) -> None:
    """Refuses a checkpoint that lacks a tensor, or has it in another shape: it would have been filled with noise.

    loading: what from_pretrained says with output_loading_info.
    """
    lost = sorted(loading["missing_keys"]) + sorted(map(str, loading["mismatched_keys"]))
    if lost:
        raise Failure("BadInput", f"The checkpoint {what} lacks {len(lost)} tensors, the first is {lost[0]}.")
