"""The device a runner works on: claimed for the life of the process, and set up the same way every time."""

import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from runners.failure import Failure
from runners.locks import lock, lock_in_turn
from runners.protocol import Body, field, optional
from runners.ranks import Rank

if TYPE_CHECKING:
    import torch


# The attention that is a package of its own.
FLASH = "flash_attention_2"


@dataclass(frozen=True)
class Compute:
    """Where and how precisely to compute."""

    device: "torch.device"
    dtype: "torch.dtype"
    attn_implementation: str

    def exact(self) -> "Compute":
        """The same device in float32, in which flash attention cannot compute."""
        import torch

        attention = "sdpa" if self.attn_implementation == FLASH else self.attn_implementation
        return replace(self, dtype=torch.float32, attn_implementation=attention)


def claim_device(request: Body) -> Compute:
    """Waits for the host-wide lock of the device, then sets it up.

    Request fields: device ("cpu" or "cuda:N"), threads, dtype, attn_implementation, lock (a path or null).
    """
    path = optional(request, "lock", str)
    if path is not None:
        lock(path)
    asked = field(request, "device", str)
    return _set_up(request, asked, _shown((asked,))[0])


def claim_devices(request: Body) -> Compute:
    """Like `claim_device`, for one process that works on several: on the request's `devices`, under their `locks`, or
    on its one. Its compute is on the first of them."""
    devices: list[str] | None = optional(request, "devices", list)
    if devices is None:
        return claim_device(request)
    # In one order for all who take several, or two would each hold what the other waits for.
    for path in sorted(optional(request, "locks", list) or []):
        lock(path)
    return _set_up(request, devices[0], _shown(tuple(devices))[0])


@cache
def _shown(devices: tuple[str, ...]) -> list[str]:
    # Once: a second load would count the GPUs among those that the first one left.
    return show_only(devices)


def claim_share(request: Body, rank: Rank) -> Compute:
    """Like `claim_device`, for a trainer: of the job's `devices` and `locks`, or of its one, those of this process. All
    of its processes return once each has its lock."""
    devices: list[str] = optional(request, "devices", list) or [field(request, "device", str)]
    locks: list[str] = optional(request, "locks", list) or []
    if len(devices) != rank.count:
        raise Failure("BadInput", f"The job has {rank.count} processes and {len(devices)} devices; one each is needed.")
    if rank.count == 1:
        return claim_device({**request, "device": devices[0]})
    names = show_only(devices)
    if locks:
        lock_in_turn(locks, rank.index)
    return _set_up(request, devices[rank.index], names[rank.index])


def _set_up(request: Body, asked: str, name: str) -> Compute:
    """asked: the device as the worker calls it; name: as this process does, which sees no other GPU."""
    threads = field(request, "threads", int)
    # Read once, when torch is loaded. Threads that spin at a barrier while another runner holds their core slow a small
    # model down ten times and more.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Read with the first allocation. A cache of keys and values grows with every token, and so never fits where it lay
    # before: without segments that grow too, memory ends in pieces long before it ends.
    if not os.environ.keys() & {"PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF"}:
        os.environ["PYTORCH_ALLOC_CONF"] = "expandable_segments:True"

    import torch

    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise Failure("BadInput", f"The device {asked} was asked for, but torch sees no such GPU on this host.")
    torch.set_num_threads(threads)
    # Before the thread pool starts: its threads inherit the flag from this one.
    torch.set_flush_denormal(True)
    # Said, so that no default decides: what is asked for in float32, a merge above all, is not computed with the ten
    # bits of TF32.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    compute = Compute(device, dtype_of(field(request, "dtype", str)), field(request, "attn_implementation", str))
    _check_attention(compute)
    return compute


def _check_attention(compute: Compute) -> None:
    import torch

    if compute.attn_implementation != FLASH:
        return
    if importlib.util.find_spec("flash_attn") is None:
        raise Failure("BadInput", f"attn_implementation is {FLASH}, whose package flash-attn is not there; use sdpa.")
    if compute.device.type == "cpu" or compute.dtype is torch.float32:
        raise Failure("BadInput", f"attn_implementation is {FLASH}, for bfloat16 and float16 on a GPU; use sdpa.")


def show_only(devices: Sequence[str]) -> list[str]:
    """Hides every other GPU from this process, before torch looks, and returns the devices' names from then on.

    The trainer would spread a batch over all GPUs that it sees, leased or not; and whatever does not say where it works
    would leave a CUDA context on the first GPU of the host.
    """
    # As nvidia-smi counts them; by itself CUDA puts the fastest first.
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    indices = [int(device.removeprefix("cuda:")) for device in devices if device.startswith("cuda:")]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    known = visible.split(",") if visible else None
    if known and max(indices, default=0) >= len(known):
        raise Failure("BadInput", f"The device cuda:{max(indices)} was asked for; CUDA_VISIBLE_DEVICES is {visible}.")
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(known[index] if known else str(index) for index in indices)
    return [device if device == "cpu" else f"cuda:{place}" for place, device in enumerate(devices)]


def dtype_of(name: str) -> "torch.dtype":
    """The torch dtype of a recipe's name for it."""
    import torch

    dtypes = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
    if name not in dtypes:
        raise Failure("BadInput", f'dtype is "{name}"; {", ".join(dtypes)} are known.')
    return dtypes[name]
