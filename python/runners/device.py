"""The device a runner works on: claimed for the life of the process, and set up the same way every time."""

import fcntl
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from runners.failure import Failure
from runners.protocol import Body, field, optional

if TYPE_CHECKING:
    import torch

# An open file keeps its flock; the kernel drops it with the process, however that ends.
_held_locks: dict[str, TextIO] = {}


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
    _lock(optional(request, "lock", str))
    device = field(request, "device", str)
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


def show_only(device: str) -> str:
    """Hides every other GPU from this process, before torch looks, and returns the device's name from then on.

    The trainer would spread a batch over all GPUs that it sees, leased or not.
    """
    if not device.startswith("cuda:"):
        return device
    index = int(device.removeprefix("cuda:"))
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = visible.split(",")[index] if visible else str(index)
    return "cuda:0"


def dtype_of(name: str) -> "torch.dtype":
    """The torch dtype of a recipe's name for it."""
    import torch

    dtypes = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
    if name not in dtypes:
        raise Failure("BadInput", f'dtype is "{name}"; {", ".join(dtypes)} are known.')
    return dtypes[name]


def _lock(path: str | None) -> None:
    # A second open of the same file would wait for the first one for ever.
    if path is None or path in _held_locks:
        return
    file = open(path, "a", encoding="utf-8")  # noqa: SIM115, PTH123 - stays open as long as the process lives
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write(f"Waiting for the device lock {path}.\n")
        fcntl.flock(file, fcntl.LOCK_EX)
    _held_locks[path] = file
