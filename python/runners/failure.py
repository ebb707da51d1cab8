"""What a runner reports when it cannot do what was asked. The names are those of src/contract/failures.ts."""

import errno
import re
from typing import Literal

FailureType = Literal["BadInput", "OutOfMemory", "ChildError", "DiskFull", "ArtifactLost", "CanaryFailed", "Provenance"]

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
    if is_out_of_memory(error):
        return Failure("OutOfMemory", f"The device ran out of memory: {_first_line(error)}")
    if _is_disk_full(error):
        return Failure("DiskFull", f"No space is left where this step writes: {_first_line(error)}")
    return Failure("ChildError", f"{type(error).__name__}: {_first_line(error)}")


def is_out_of_memory(error: BaseException) -> bool:
    """CUDA has a class for it, older allocators and the CPU's only a message."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "not enough memory" in str(error)


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
