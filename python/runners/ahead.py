"""Prompts made ready while the GPU works on the ones before them: to decode, resize and cut up one image of a megapixel
takes a core the better part of a tenth of a second, and a critic's prompt has several."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from types import TracebackType
from typing import Any, Generic, TypeVar

import torch

from runners.protocol import Body

T = TypeVar("T")


class Ahead(Generic[T]):
    """Makes what belongs to each of some places, in threads, and as far ahead as was last asked for.

    Without threads each is made when it is asked for.
    """

    def __init__(self, make: Callable[[int], T], order: Sequence[int], threads: int) -> None:
        """order: all places, as they will be asked for, neighbours together."""
        self._make = make
        self.order = order
        self._rank = {place: rank for rank, place in enumerate(order)}
        self._pool = ThreadPoolExecutor(threads, initializer=_one_core) if threads else None
        self._coming: dict[int, Future[T]] = {}

    def __enter__(self) -> "Ahead[T]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def take(self, places: Sequence[int]) -> list[T]:
        """What belongs to these places, made once however often they are taken, until later ones are."""
        if self._pool is None:
            return [self._make(place) for place in places]
        ranks = [self._rank[place] for place in places]
        first, end = min(ranks), max(ranks) + 1
        for place in [*places, *self.order[end : end + len(places)]]:
            if place not in self._coming:
                self._coming[place] = self._pool.submit(self._make, place)
        self._coming = {place: each for place, each in self._coming.items() if self._rank[place] >= first}
        return [self._coming[place].result() for place in places]


def in_turn(tokenizer: Any) -> None:
    """Has several threads encode texts one after the other. What a call wants of a tokenizer is set in the tokenizer
    itself, so that another thread's call would be encoded by it."""
    encode, lock = tokenizer._encode_plus, Lock()

    def locked(*args: Any, **kwargs: Any) -> Any:
        with lock:
            return encode(*args, **kwargs)

    tokenizer._encode_plus = locked


def _one_core() -> None:
    # Each thread is one of many already.
    torch.set_num_threads(1)


def alike(items: Sequence[Body]) -> list[int]:
    """The places of a request's items, those with the most images and the longest texts first: neighbours are alike,
    and so padded least, and what does not fit into memory shows at once."""

    def extent(place: int) -> tuple[int, int]:
        parts = [part for message in items[place]["messages"] for part in message["content"]]
        texts = [part["text"] for part in parts if part["type"] == "text"]
        return len(parts) - len(texts), sum(map(len, texts))

    return sorted(range(len(items)), key=extent, reverse=True)
