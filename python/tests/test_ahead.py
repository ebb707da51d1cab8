"""Prompts made ahead of their turn, what lies next to what, and what a server learns of its device's memory."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from runners import vlm_server
from runners.ahead import Ahead, alike
from runners.batching import in_micro_batches
from runners.decoding import BEAT, decode
from runners.failure import Failure
from runners.prompt import encode
from runners.sampling import Sampling
from runners.serving import ModelServer, Progress
from runners.vlm import Vlm
from tests.conftest import question
from tests.test_prompt import SETTINGS


class Maker:
    """Makes ten times the place, and notes when and in which thread."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self.threads: set[int] = set()

    def __call__(self, place: int) -> int:
        self.made.append(place)
        self.threads.add(threading.get_ident())
        return 10 * place


def settled(make: Maker, count: int) -> list[int]:
    deadline = time.monotonic() + 10
    while len(make.made) < count and time.monotonic() < deadline:
        time.sleep(0.001)
    return make.made


def test_what_comes_next_is_made_meanwhile_and_once() -> None:
    make = Maker()
    with Ahead(make, [3, 1, 0, 2, 4], threads=1) as ahead:
        assert ahead.take([3, 1]) == [30, 10]
        assert settled(make, 4) == [3, 1, 0, 2]
        # Half a batch again, after it ran out of memory.
        assert ahead.take([3]) == [30]
        assert ahead.take([1, 0]) == [10, 0]
        assert ahead.take([2, 4]) == [20, 40]
        assert sorted(make.made) == [0, 1, 2, 3, 4]
    assert threading.get_ident() not in make.threads


def test_without_threads_each_is_made_when_it_is_asked_for() -> None:
    make = Maker()
    with Ahead(make, range(4), threads=0) as ahead:
        assert ahead.take([0, 1]) == [0, 10]
        assert (make.made, make.threads) == ([0, 1], {threading.get_ident()})


def test_what_cannot_be_made_fails_when_it_is_taken() -> None:
    def make(place: int) -> int:
        if place == 1:
            raise Failure("BadInput", "an image is missing")
        return place

    with Ahead(make, range(2), threads=1) as ahead:
        assert ahead.take([0]) == [0]
        with pytest.raises(Failure, match="missing"):
            ahead.take([1])


def item(images: int, text: str) -> dict[str, Any]:
    content = [*[{"type": "image", "image": "x.png"}] * images, {"type": "text", "text": text}]
    return {"messages": [{"role": "user", "content": content}]}


def test_neighbours_are_alike_and_the_largest_come_first() -> None:
    items = [item(1, "short"), item(3, "short"), item(1, "a longer one"), item(3, "the longest"), item(1, "short")]
    assert alike(items) == [3, 1, 2, 0, 4]


def test_results_keep_the_order_of_their_items(vlm: Vlm, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [question(images, index, "What?" * (1 + 7 * index % 5)) for index in range(5)]
    items = [{"messages": each, "seeds": [f"{index}-{k}" for k in range(2)]} for index, each in enumerate(messages)]
    answers = [{"messages": each, "answer": "red box"} for each in messages]
    settings = SETTINGS | {"max_new_tokens": 4}

    def both() -> tuple[Any, Any]:
        sampled = vlm_server.sample(vlm, items, settings, 3, lambda *_: None)[0]
        scored = vlm_server.logprob(vlm, answers, 2, lambda *_: None)[0]
        return (
            [(each["prompt_digest"], [c["text"] for c in each["completions"]]) for each in sampled],
            [each["sum_logprob"] for each in scored],
        )

    def as_on_a_gpu(vlm: Vlm, items: Sequence[dict[str, Any]]) -> Ahead[Any]:
        order = alike(items)
        assert order != [*range(len(items))]
        return Ahead(lambda place: encode(vlm.processor, items[place]["messages"]), order, threads=2)

    plain = both()
    monkeypatch.setattr(vlm_server, "ahead_of", as_on_a_gpu)
    sorted_ = both()
    assert sorted_[0] == plain[0]
    assert sorted_[1] == pytest.approx(plain[1], abs=1e-4)


def test_a_long_micro_batch_says_that_it_lives(vlm: Vlm, images: Path) -> None:
    sampling = Sampling.parse(SETTINGS | {"max_new_tokens": 2 * BEAT + 1})
    prompt = encode(vlm.processor, question(images, 0))
    endless = replace(vlm, end_ids=frozenset())
    beats: list[None] = []
    [draft] = decode(endless, [prompt], [0], ["s"], sampling, beat=lambda: beats.append(None))
    assert (len(draft.ids), len(beats)) == (2 * BEAT + 1, 2)


def test_threads_do_not_encode_by_each_others_settings(vlm: Vlm) -> None:
    text = "<|im_start|>user\nWhat?<|im_end|>\n" * 20
    wanted = [vlm.tokenizer(text, split_special_tokens=split)["input_ids"] for split in (False, True)]
    assert wanted[0] != wanted[1]
    # Long enough for threads to meet within a call.
    with ThreadPoolExecutor(8) as pool:
        asked = [bool(place % 2) for place in range(600)]
        found = pool.map(lambda split: vlm.tokenizer(text, split_special_tokens=split)["input_ids"], asked)
        assert all(ids == wanted[split] for ids, split in zip(found, asked, strict=True))


class Small(ModelServer):
    """A server whose device holds three items."""

    def __init__(self) -> None:
        super().__init__()
        self.tried: list[int] = []

    def load(self, request: dict[str, Any]) -> None:
        pass

    def work(self, operation: str, request: dict[str, Any], progress: Progress) -> tuple[list[dict[str, Any]], int]:
        def work(batch: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
            self.tried.append(len(batch))
            if len(batch) > 3:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return [*batch]

        return in_micro_batches(request["items"], request["micro_batch"], work, progress)


@pytest.mark.parametrize(("device", "second"), [("cuda:0", [2, 2, 2]), ("cpu", [6, 4, 2, 2, 2])])
def test_a_server_tries_no_size_twice_that_its_gpu_cannot_hold(device: str, second: list[int]) -> None:
    server = Small()
    server._run({"op": "load", "serving": "digest", "device": device}, lambda *_: None)
    request = {"op": "edit", "items": [{}] * 6, "micro_batch": 8}
    answers = []
    for tried in ([6, 4, 2, 2, 2], second):
        server.tried.clear()
        answers.append(server._run(request, lambda *_: None)["notes"])
        assert server.tried == tried
    assert answers == [{"micro_batch": 2}] * 2
    # Another operation has another appetite.
    server.tried.clear()
    server._run({**request, "op": "other", "micro_batch": 3}, lambda *_: None)
    assert server.tried == [3, 3]
