"""Running out of memory: halve and go on, and know when to stop."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from runners.batching import in_micro_batches
from runners.failure import Failure
from runners.vlm import Vlm
from runners.vlm_server import sample
from tests.conftest import question
from tests.test_prompt import SETTINGS


def doubled_below(limit: int, sizes: list[int]) -> Any:
    def work(batch: Sequence[int]) -> list[int]:
        sizes.append(len(batch))
        if len(batch) >= limit:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return [2 * item for item in batch]

    return work


def test_the_batch_is_halved_until_it_fits() -> None:
    sizes: list[int] = []
    progress: list[tuple[int, int]] = []
    results, size = in_micro_batches(
        range(10), 8, doubled_below(3, sizes), lambda done, total: progress.append((done, total))
    )
    assert results == [2 * item for item in range(10)]
    assert size == 2
    assert sizes == [8, 4, 2, 2, 2, 2, 2]
    assert progress == [(2, 10), (4, 10), (6, 10), (8, 10), (10, 10)]


def test_one_item_that_does_not_fit_is_a_failure() -> None:
    with pytest.raises(Failure) as caught:
        in_micro_batches(range(4), 4, doubled_below(1, []), lambda *_: None)
    assert caught.value.kind == "OutOfMemory"


def test_other_errors_are_not_taken_for_it() -> None:
    def work(batch: Sequence[int]) -> list[int]:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        in_micro_batches(range(4), 4, work, lambda *_: None)


def test_completions_are_the_same_after_halving(vlm: Vlm, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [{"messages": question(images, index), "seeds": [f"{index}-{k}" for k in range(3)]} for index in range(3)]
    settings = SETTINGS | {"max_new_tokens": 6}
    whole, size = sample(vlm, items, settings, 9, lambda *_: None)
    assert size == 9

    forward = type(vlm.model).forward
    calls = 0

    def fails_third(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(type(vlm.model), "forward", fails_third)
    halved, size = sample(vlm, items, settings, 9, lambda *_: None)
    assert (size, calls > 3) == (4, True)
    assert [[c["text"] for c in item["completions"]] for item in halved] == [
        [c["text"] for c in item["completions"]] for item in whole
    ]
