"""What a runner reports when it cannot do what was asked. The names are those of src/contract/failures.ts."""

import errno
import re
from typing import Literal

FailureType = Literal[
    "BadInput",
    "OutOfMemory",
    "ChildError",
    "DiskFull",
    "ArtifactLost",
    "CanaryFailed",
    "Provenance",
    "Infrastructure",
]

# torch has a class for memory that its own allocator did not get. What cuBLAS, cuDNN, NCCL, the driver and the host's
# allocator did not get comes as a RuntimeError with one of these words.
NO_MEMORY = re.compile(
    r"out of memory|failed with OOM|ALLOC_FAILED|ALLOCATION_FAILED|cudaErrorMemoryAllocation"
    r"|(not enough|can't allocate|failed to allocate) memory",
    re.IGNORECASE,
)
# CUDA's errors after which every further call of the process fails as well (cudaGetErrorString, CUDA 13).
LOST = re.compile(
    r"illegal memory access|device-side assert|unspecified launch failure|misaligned address|illegal instruction"
    r"|invalid program counter|hardware stack error|uncorrectable (ECC|NVLink) error|launch timed out"
    r"|global/shared address space|Invalid access of peer GPU memory|CUDA error: unknown error",
    re.IGNORECASE,
)
# How the processes of a job learn of the end of another one: gloo and the store in words, NCCL by a class.
PEER_GONE = re.compile(r"Connection (closed|reset) by peer", re.IGNORECASE)

# Native writers keep no errno: they repeat the system's words, safetensors its number, and torch's zip only notices
# that its file is too short.
NO_SPACE = re.compile(
    r"no space left on device|disk quota exceeded|\(os error (28|122)\)|inline_container\.cc.*unexpected pos",
    re.IGNORECASE,
)


class Failure(Exception):
    """A failure with its type: the type decides whether the step is tried again."""

    def __init__(self, kind: FailureType, message: str) -> None:
        super().__init__(message)
        self.kind: FailureType = kind


def failure_of(error: BaseException) -> Failure:
    """The typed failure behind an exception; anything unforeseen is a ChildError that names its class."""
    if isinstance(error, Failure):
        return error
    # First: to libraries a GPU that is gone can look like one without memory.
    if device_is_lost(error):
        return Failure(
            "Infrastructure", f"The GPU failed, and what this process had on it is lost: {_first_line(error)}"
        )
    if is_out_of_memory(error):
        return Failure("OutOfMemory", f"The device ran out of memory: {_first_line(error)}")
    if _peer_is_gone(error):
        return Failure("Infrastructure", f"Another process of this job is gone: {_first_line(error)}")
    if _is_disk_full(error):
        return Failure("DiskFull", f"No space is left where this step writes: {_first_line(error)}")
    return Failure("ChildError", f"{type(error).__name__}: {_first_line(error)}")


def is_out_of_memory(error: BaseException) -> bool:
    """Did the device, or the host, have too little memory?"""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and NO_MEMORY.search(str(error)) is not None


def device_is_lost(error: BaseException) -> bool:
    """Is the CUDA context of this process beyond use? Only another process can work on the GPU then."""
    import torch

    if isinstance(error, RuntimeError) and LOST.search(str(error)):
        return True
    if isinstance(error, Failure) or not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return False
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        # What is to be waited for may wait itself, for other processes; and this one ends in any case.
        return False
    try:
        # An error in a kernel is reported by whatever is called next, in that one's words. It stays, and so shows here.
        torch.cuda.synchronize()
    except RuntimeError:
        return True
    return False


def _peer_is_gone(error: BaseException) -> bool:
    import torch

    if torch.distributed.is_available() and isinstance(error, torch.distributed.DistError):
        return True
    return isinstance(error, RuntimeError) and PEER_GONE.search(str(error)) is not None


def _is_disk_full(error: BaseException) -> bool:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if NO_SPACE.search(str(cause)):
            return True
        cause = cause.__cause__
    return False


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else "no message"
