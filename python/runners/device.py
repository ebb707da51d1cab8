"""The device a runner works on: claimed for the life of the process, and set up the same way every time."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runners.failure import Failure
from runners.locks import lock, lock_in_turn
from runners.protocol import Body, field, optional
from runners.ranks import Rank

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Compute:
    """Where and how precisely to compute."""

    device: "torch.device"
    dtype: "torch.dtype"
    attn_implementation: str


def claim_device(request: Body) -> Compute:
    """Waits for the host-wide lock of the device, then sets it up.

    Request fields: device ("cpu" or "cuda:N"), threads, dtype, attn_implementation, lock (a path or null).
    """
    path = optional(request, "lock", str)
    if path is not None:
        lock(path)
    return _set_up(request, field(request, "device", str))


def claim_share(request: Body, rank: Rank) -> Compute:
    """Like `claim_device`, for a trainer: of the job's `devices` and `locks`, or of its one, those of this process. All
    of its processes return once each has its lock."""
    devices: list[str] = optional(request, "devices", list) or [field(request, "device", str)]
    locks: list[str] = optional(request, "locks", list) or []
    if len(devices) != rank.count:
        raise Failure("BadInput", f"The job has {rank.count} processes and {len(devices)} devices; one each is needed.")
    names = show_only(devices)
    if rank.count == 1:
        return claim_device({**request, "device": names[0]})
    if locks:
        lock_in_turn(locks, rank.index)
    return _set_up(request, names[rank.index])


def _set_up(request: Body, device: str) -> Compute:
    threads = field(request, "threads", int)
    # Read once, when torch is loaded. Threads that spin at a barrier while another runner holds their core slow a small
    # model down ten times and more.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

    import torch

    if device != "cpu" and not torch.cuda.is_available():
        raise Failure("BadInput", f"The device {device} was asked for, but torch sees no CUDA device on this host.")
    torch.set_num_threads(threads)
    # Before the thread pool starts: its threads inherit the flag from this one.
    torch.set_flush_denormal(True)
    return Compute(
        torch.device(device), dtype_of(field(request, "dtype", str)), field(request, "attn_implementation", str)
    )


def show_only(devices: Sequence[str]) -> list[str]:
    """Hides every other GPU from this process, before torch looks, and returns the devices' names from then on.

    The trainer would spread a batch over all GPUs that it sees, leased or not.
    """
    indices = [int(device.removeprefix("cuda:")) for device in devices if device.startswith("cuda:")]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    known = visible.split(",") if visible else None
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(known[index] if known else str(index) for index in indices)
    return [device if device == "cpu" else f"cuda:{place}" for place, device in enumerate(devices)]


def dtype_of(name: str) -> "torch.dtype":
    """The torch dtype of a recipe's name for it."""
    import torch

    dtypes = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
    if name not in dtypes:
        raise Failure("BadInput", f'dtype is "{name}"; {", ".join(dtypes)} are known.')
    return dtypes[name]
