"""Micro-batches that shrink when the device runs out of memory."""

import gc
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from runners.failure import Failure, is_out_of_memory

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_micro_batches(
    items: Sequence[Item],
    size: int,
    work: Callable[[Sequence[Item]], list[Result]],
    progress: Callable[[int, int], None],
    advice: str = "lower max_pixels or max_new_tokens",
) -> tuple[list[Result], int]:
    """Works through the items in order, `size` at a time. Out of memory, it halves the size and takes the same items
    again, down to one; then the failure is `OutOfMemory`, and `advice` says what would help. Returns the results and
    the size that it ended with."""
    results: list[Result] = []
    while len(results) < len(items):
        done = _attempt(work, items[len(results) : len(results) + size])
        if done is not None:
            results.extend(done)
            progress(len(results), len(items))
            continue
        if size == 1:
            raise Failure("OutOfMemory", f"The device ran out of memory on a single item; {advice}.")
        size //= 2
        sys.stderr.write(f"Out of memory: going on with micro-batches of {size}.\n")
        _free()
    return results, size


def _attempt(work: Callable[[Sequence[Item]], list[Result]], batch: Sequence[Item]) -> list[Result] | None:
    # A function of its own: while the exception is alive, its traceback keeps every tensor of the failed batch.
    try:
        return work(batch)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None


def _free() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
