"""Whole checkpoints on disk: written with all that the base has beside its weights, and looked at before they count."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from runners.adapter import tensor_shapes
from runners.failure import Failure
from runners.protocol import Body

# A checkpoint's weights are in one file, or in several and an index of them.
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"

State = dict[str, torch.Tensor]


def write_checkpoint(network: Any, base: Path, folder: Path, dtype: torch.dtype, state: State | None = None) -> None:
    """Writes the network in `dtype`, with the base's tokenizer, processor and templates beside it as they are.

    state: its weights, where they are not all in this process.
    """
    state = network.state_dict() if state is None else state
    folder.mkdir(parents=True)
    for path in sorted(base.iterdir()):
        is_weights = path.suffix in (".safetensors", ".bin", ".onnx") or path.name.endswith(".index.json")
        if path.is_file() and not is_weights:
            shutil.copyfile(path, folder / path.name)
    # Tied tensors stay one tensor, which is then written once. All are copied: DeepSpeed's are pieces of one buffer,
    # which would pass for tied ones.
    rounded: dict[int, torch.Tensor] = {}
    for tensor in state.values():
        if tensor.data_ptr() not in rounded:
            rounded[tensor.data_ptr()] = tensor.detach().to("cpu", dtype, copy=True).contiguous()
    network.save_pretrained(folder, state_dict={name: rounded[each.data_ptr()] for name, each in state.items()})
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    text = json.dumps(declared(config, str(dtype).removeprefix("torch.")), indent=2, sort_keys=True)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")


def declared(config: Body, dtype: str) -> Body:
    """A checkpoint's configuration that names `dtype`, in its parts too."""
    # save_pretrained names the dtype of the network in memory, here and in the parts' own sections.
    parts = {name: declared(value, dtype) if isinstance(value, dict) else value for name, value in config.items()}
    return parts | ({"dtype": dtype} if "dtype" in parts else {})


def one_of_each(state: State) -> State:
    """The state without the further names of tied tensors."""
    seen: set[int] = set()
    kept: State = {}
    for name, tensor in state.items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            kept[name] = tensor
    return kept


def check_tensors(folder: Path) -> dict[str, Path]:
    """Where each tensor of a checkpoint is. A missing shard, a missing tensor or an empty one is refused."""
    index = folder / INDEX
    if not index.is_file():
        return dict.fromkeys(tensor_shapes(folder / WEIGHTS), folder / WEIGHTS)
    shard_of: dict[str, str] = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    for shard in sorted(set(shard_of.values())):
        found = tensor_shapes(folder / shard)
        lost = sorted(name for name, home in shard_of.items() if home == shard and name not in found)
        if lost:
            raise Failure("CanaryFailed", f"{folder / shard} lacks {len(lost)} tensors, the first is {lost[0]}.")
    return {name: folder / shard for name, shard in shard_of.items()}


def check_trained(folder: Path, base: Path, tied: Iterable[str] = ()) -> float:
    """The share of a written checkpoint's numbers that differ from its base in the same dtype. Refused are other
    tensors than the base's, numbers that are none, and a checkpoint that equals its base.

    tied: further names of tensors, which a checkpoint may have or leave out.
    """
    further = {_plain(name) for name in tied}
    trained, before = (
        {_plain(name): (name, home) for name, home in check_tensors(each).items() if _plain(name) not in further}
        for each in (folder, base)
    )
    lost = sorted(before.keys() ^ trained.keys())
    if lost:
        raise Failure("CanaryFailed", f"{folder} and its base do not both have {lost[0]} ({len(lost)} such tensors).")
    changed = total = 0
    for plain, (name, home) in sorted(trained.items()):
        tensor, old = _read(home, name), _read(before[plain][1], before[plain][0])
        if tensor.shape != old.shape:
            raise Failure("CanaryFailed", f"The trained {name} is {[*tensor.shape]}, its base {[*old.shape]}.")
        if not torch.isfinite(tensor).all():
            raise Failure("CanaryFailed", f"The trained {name} holds NaN or infinity; lower the learning rates.")
        changed += int((tensor != old.to(tensor.dtype)).sum())
        total += tensor.numel()
    if changed == 0:
        raise Failure(
            "CanaryFailed",
            "The trained checkpoint equals its base: every step was rounded away; train longer, at larger learning "
            "rates, or with planner.dtype float32.",
        )
    return changed / total


def _read(home: Path, name: str) -> torch.Tensor:
    with safe_open(home, framework="pt") as file:
        return file.get_tensor(name)  # type: ignore[no-any-return]


def _plain(name: str) -> str:
    # Published Qwen2-VL and Qwen2.5-VL say model.layers and visual, what transformers holds in memory says
    # model.language_model.layers and model.visual, and it writes either.
    path = name.split(".")
    while path[0] in ("model", "language_model"):
        path.pop(0)
    return ".".join(path)
