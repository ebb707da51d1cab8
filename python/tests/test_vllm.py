"""vLLM as a model server: a real one, as a process of its own environment, compared with transformers in this one."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForImageTextToText

from runners.adapter import CONFIG, WEIGHTS, save_adapter
from runners.prompt import encode
from runners.vlm import Vlm, load_vlm
from runners.vlm_server import logprob, sample
from tests.conftest import COMPUTE, DEVICE, PIXELS, VLLM_PYTHON, question, runner_env

# Two ways of adding up the same float32 numbers; of an answer's tokens each differs by less than this.
TOLERANCE = 1e-4
RANK = 4
PLACES = 160
ENGINE = {"max_model_len": PLACES, "memory_share": 0.9, "cache_gib": 0.25, "max_lora_rank": 8}
SAMPLING = {
    "temperature": 1.0,
    "top_p": 0.95,
    "top_k": 50,
    "min_p": 0.01,
    "repetition_penalty": 1.1,
    "max_new_tokens": 24,
}
GREEDY = SAMPLING | {"temperature": 0.0, "repetition_penalty": 1.0}
BASE: dict[str, Any] = {"serving": "base", "adapter": None}


class Server:
    """A model server, one request at a time."""

    def __init__(self, model: Path, log: Path, **engine: Any) -> None:
        self._log = log.open("w")
        self.process = subprocess.Popen(
            [VLLM_PYTHON, "-m", "runners.vllm_server"],
            env=runner_env(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.loaded = self.ask("load", serving="base", model=str(model), **DEVICE | ENGINE | engine)

    def ask(self, operation: str, **body: Any) -> dict[str, Any]:
        """The answer to a request."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"op": operation, "id": 1, "micro_batch": 5, **body}) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            heard: dict[str, Any] = json.loads(line)
            if "progress" not in heard:
                return heard
        raise AssertionError(f"the server is gone: {self.process.wait()}")

    def close(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait()


@pytest.fixture(scope="module")
def server(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(toy, tmp_path_factory.mktemp("vllm") / "stderr.txt")
    assert server.loaded["ok"], server.loaded
    yield server
    assert server.close() == 0


@pytest.fixture(scope="module")
def adapters(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two adapters that change what is said."""
    folders = []
    for index in range(2):
        network = load_vlm(str(toy), None, COMPUTE, PIXELS, PIXELS).model
        targets = [name for name, _ in network.named_modules() if "language_model" in name and "_proj" in name]
        adapted = get_peft_model(network, LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=targets))
        noise = torch.Generator().manual_seed(index)
        with torch.no_grad():
            for name, parameter in adapted.named_parameters():
                if "lora_" in name:
                    parameter.normal_(0, 0.1, generator=noise)
        folder = tmp_path_factory.mktemp("adapters") / str(index)
        save_adapter(adapted, folder)
        folders.append(folder)
    return folders


def items(images: Path, count: int = 3) -> list[dict[str, Any]]:
    """Questions about one image, about none and about two."""
    asked = [question(images, index) for index in range(count)]
    asked[1][1]["content"].pop(0)
    asked[2][1]["content"].insert(0, {"type": "image", "image": str(images / "7.png")})
    seeds = [["a", "b"], ["c"], ["d", "e", "f"]]
    return [{"messages": each, "seeds": own} for each, own in zip(asked, seeds, strict=True)]


def silent(_done: int, _total: int) -> None:
    """Progress that nobody waits for."""


@pytest.mark.parametrize("sampling", [SAMPLING, GREEDY])
def test_it_says_what_transformers_says_with_the_same_seeds(
    server: Server, vlm: Vlm, images: Path, sampling: dict[str, Any]
) -> None:
    asked = items(images)
    answer = server.ask("sample", items=asked, sampling=sampling, **BASE)
    assert (answer["ok"], answer["serving"], answer["notes"]) == (True, "base", {"micro_batch": 5})
    expected, _ = sample(vlm, asked, sampling, 5, silent)
    for found, wanted in zip(answer["result"], expected, strict=True):
        assert found["prompt_digest"] == wanted["prompt_digest"]
        for said, other in zip(found["completions"], wanted["completions"], strict=True):
            assert said["mean_logprob"] == pytest.approx(other["mean_logprob"], abs=TOLERANCE)
            assert {**said, "mean_logprob": 0} == {**other, "mean_logprob": 0}
    texts = [said["text"] for each in answer["result"] for said in each["completions"]]
    assert len(set(texts)) == (6 if sampling is SAMPLING else 3)


def test_a_request_gives_the_same_whatever_came_before(server: Server, images: Path) -> None:
    asked = items(images)
    first = server.ask("sample", items=asked, sampling=SAMPLING, **BASE)
    server.ask("sample", items=asked[::-1], sampling=GREEDY, **BASE)
    assert server.ask("sample", items=asked, sampling=SAMPLING, **BASE) == first


def scores(found: list[dict[str, Any]]) -> list[float]:
    return [each["sum_logprob"] for each in found]


def test_it_finds_answers_as_likely_as_transformers_does(server: Server, vlm: Vlm, images: Path) -> None:
    texts = ["a red box", "B", "<|im_end|> is text"]
    asked = [{**item, "answer": text} for item, text in zip(items(images), texts, strict=True)]
    answer = server.ask("logprob", items=asked, **BASE)
    expected, _ = logprob(vlm, asked, 3, silent)
    assert [each["tokens"] for each in answer["result"]] == [each["tokens"] for each in expected]
    assert scores(answer["result"]) == pytest.approx(scores(expected), abs=TOLERANCE)


def test_adapters_take_turns(server: Server, toy: Path, adapters: list[Path], images: Path) -> None:
    asked = [{**item, "answer": "a red box"} for item in items(images)]
    found: dict[str, list[dict[str, Any]]] = {}
    for digest in ["0", "1", "base", "0"]:
        adapter = None if digest == "base" else str(adapters[int(digest)])
        answer = server.ask("logprob", items=asked, serving=digest, adapter=adapter)
        assert (answer["ok"], answer["serving"]) == (True, digest), answer
        assert found.setdefault(digest, answer["result"]) == answer["result"]
        expected, _ = logprob(load_vlm(str(toy), adapter, COMPUTE, PIXELS, PIXELS), asked, 3, silent)
        assert scores(answer["result"]) == pytest.approx(scores(expected), abs=TOLERANCE)
    assert abs(scores(found["0"])[0] - scores(found["1"])[0]) > 100 * TOLERANCE
    assert abs(scores(found["0"])[0] - scores(found["base"])[0]) > 100 * TOLERANCE


def test_what_it_would_not_serve_whole_is_refused(
    server: Server, vlm: Vlm, adapters: list[Path], images: Path, tmp_path: Path
) -> None:
    asked = items(images)
    tower, large = tmp_path / "tower", tmp_path / "large"
    for folder in (tower, large):
        shutil.copytree(adapters[0], folder)
    tensors = load_file(tower / WEIGHTS)
    name = next(iter(tensors))
    save_file({**tensors, name.replace("language_model", "visual"): tensors[name].clone()}, tower / WEIGHTS)
    config = json.loads((large / CONFIG).read_text())
    (large / CONFIG).write_text(json.dumps(config | {"r": 16}))
    seen = server.ask("sample", items=asked, sampling=SAMPLING, serving="tower", adapter=str(tower))
    assert seen["error"]["type"] == "BadInput"
    assert "on the vision tower, the first is base_model" in seen["error"]["message"]
    rank = server.ask("sample", items=asked, sampling=SAMPLING, serving="large", adapter=str(large))
    assert "has rank 16; vllm.max_lora_rank is 8" in rank["error"]["message"]
    # A completion that was cut there would pass for one that the model ended, or for a long one.
    long = server.ask("sample", items=asked, sampling=SAMPLING | {"max_new_tokens": PLACES}, **BASE)
    tokens = len(encode(vlm.processor, asked[0]["messages"]).ids)
    assert long["error"] == {
        "type": "BadInput",
        "message": f"A prompt has {tokens} tokens, 16 of them of images, and {PLACES} more are wanted, but "
        f"vllm.max_model_len is {PLACES}; raise it to {tokens + PLACES} at least, or lower max_pixels.",
    }
    assert server.ask("sample", items=asked, sampling=SAMPLING, **BASE)["ok"]


def test_too_little_memory_is_told_with_what_would_help(toy: Path, tmp_path: Path) -> None:
    small = Server(toy, tmp_path / "stderr.txt", cache_gib=1e-4)
    assert small.loaded["error"]["type"] == "OutOfMemory"
    assert "raise vllm.memory_share or vllm.cache_gib, or lower vllm.max_model_len" in small.loaded["error"]["message"]
    more = small.ask("load", serving="base", model=str(toy), **DEVICE | ENGINE | {"max_model_len": 100_000})
    assert "vllm.max_model_len is 100000, but the checkpoint" in more["error"]["message"]
    assert small.close() == 0


@pytest.fixture(scope="module")
def divisible(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with random weights whose attention two devices can share: the toy's has three heads."""
    folder = tmp_path_factory.mktemp("divisible") / "model"
    shutil.copytree(toy, folder)
    config = AutoConfig.from_pretrained(toy)
    config.text_config.num_attention_heads = config.vision_config.num_heads = 4
    config.text_config.num_key_value_heads = 2
    torch.manual_seed(0)
    AutoModelForImageTextToText.from_config(config).save_pretrained(folder)
    return folder


def test_a_checkpoint_divided_over_two_devices_says_the_same_and_leaves_no_process(
    divisible: Path, images: Path, tmp_path: Path
) -> None:
    two = {"devices": ["cpu", "cpu"], "locks": [str(tmp_path / "0"), str(tmp_path / "1")]}
    engine = ENGINE | {"max_lora_rank": 0}
    divided = Server(divisible, tmp_path / "stderr.txt", **engine, **two, tensor_parallel_size=3)
    assert divided.loaded["error"] == {
        "type": "BadInput",
        "message": "vllm.tensor_parallel_size is 3, and the attention heads of the checkpoint "
        f"{divisible} are 4 in the language model and 4 in the vision tower; a divisor of both is needed.",
    }
    loaded = divided.ask("load", serving="base", model=str(divisible), **DEVICE | engine | two, tensor_parallel_size=2)
    assert loaded["ok"], loaded
    asked = items(images)
    found = divided.ask("sample", items=asked, sampling=SAMPLING, **BASE)
    expected, _ = sample(load_vlm(str(divisible), None, COMPUTE, PIXELS, PIXELS), asked, SAMPLING, 5, silent)
    for each, wanted in zip(found["result"], expected, strict=True):
        for said, other in zip(each["completions"], wanted["completions"], strict=True):
            assert said["mean_logprob"] == pytest.approx(other["mean_logprob"], abs=TOLERANCE)
            assert {**said, "mean_logprob": 0} == {**other, "mean_logprob": 0}
    workers = [pid for pid in below(divided.process.pid) if "VLLM::Worker" in pid.read_text()]
    assert len(workers) == 2
    divided.process.kill()
    divided.process.wait()
    until = time.monotonic() + 20
    while any(alive(each) for each in workers):
        assert time.monotonic() < until, "a worker outlived its runner"
        time.sleep(0.05)


def below(pid: int) -> list[Path]:
    """The command lines of a process's children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{child}/cmdline") for child in children]


def alive(command: Path) -> bool:
    """A zombie's command line is empty."""
    try:
        return command.read_bytes() != b""
    except (FileNotFoundError, ProcessLookupError):
        return False
