"""LoRA adapters on disk: whole, portable, and the same bytes for the same weights."""

import json
import math
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, get_peft_model_state_dict
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from runners.failure import Failure, FailureType

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"


def attach_adapter(network: Any, folder: str) -> Any:
    """The network with the adapter's layers inside, not merged. A missing, empty or foreign tensor is refused: PEFT
    would leave that layer as it was, and say so only in a warning."""
    found = tensor_shapes(Path(folder) / WEIGHTS)
    if not (Path(folder) / CONFIG).is_file():
        raise Failure("ArtifactLost", f"The adapter {folder} has no {CONFIG}.")
    # In the network's dtype, as the trainer multiplied it: PEFT would widen it to float32, for which a GPU leaves its
    # tensor cores.
    adapted = PeftModel.from_pretrained(network, folder, autocast_adapter_dtype=False)
    wanted = {name: tuple(tensor.shape) for name, tensor in get_peft_model_state_dict(adapted).items()}
    # Its bytes are whole: it was made on another model.
    refuse_difference(f"The adapter {folder}", found, wanted, kind="BadInput")
    return adapted


def save_adapter(adapted: Any, folder: Path, state: dict[str, Any] | None = None) -> None:
    """Writes weights and configuration. No path of this host and no set order gets in: equal weights, equal bytes.

    state: its weights, where they are not all in this process.
    """
    folder.mkdir(parents=True)
    tensors = get_peft_model_state_dict(adapted, state_dict=state)
    save_file({name: tensors[name].contiguous().cpu() for name in sorted(tensors)}, folder / WEIGHTS, {"format": "pt"})
    config: LoraConfig = adapted.peft_config["default"]
    fields = {name: _ordered(value) for name, value in config.to_dict().items()}
    fields |= {"base_model_name_or_path": None, "inference_mode": True}
    (folder / CONFIG).write_text(json.dumps(fields, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def tensor_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of a safetensors file; a missing, torn or empty file or tensor is refused."""
    try:
        with safe_open(path, framework="pt") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise Failure("ArtifactLost", f"{path} is missing or torn: {error}") from error
    if not shapes:
        raise Failure("ArtifactLost", f"{path} holds no tensors.")
    empty = sorted(name for name, shape in shapes.items() if math.prod(shape) == 0)
    if empty:
        # ZeRO-3 saves the shards it does not hold as empty tensors.
        raise Failure("ArtifactLost", f"{path} holds {len(empty)} empty tensors, the first is {empty[0]}.")
    return shapes


def refuse_difference(
    what: str,
    found: dict[str, tuple[int, ...]],
    wanted: dict[str, tuple[int, ...]],
    *,
    kind: FailureType = "ArtifactLost",
) -> None:
    """Refuses a set of tensors whose names or shapes are not exactly the wanted ones."""
    wrong = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
    if wrong:
        name = wrong[0]
        raise Failure(
            kind,
            f"{what} has {len(wrong)} tensors missing, foreign or of another shape, the first is {name}: "
            f"{found.get(name)} found, {wanted.get(name)} wanted.",
        )


def _ordered(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else value
