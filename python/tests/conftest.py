"""A toy checkpoint, built here and untrained: the real Qwen3-VL classes, so that the tests need no download."""

import importlib.util
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from runners.device import Compute
from runners.prompt import encode, messages_of_row
from runners.train import train
from runners.vlm import Vlm, load_vlm

# A test that was skipped did not pass: those for a GPU are gathered only where there is one, or where one is stood in
# for.
collect_ignore = [] if torch.cuda.is_available() or "SNOWBALL_TEST_GPU" in os.environ else ["test_on_a_gpu.py"]

REPO = Path(__file__).resolve().parents[2]
FACTORY = REPO / ".tools/llama-factory/bin/python"
# Likewise those of LLaMA-Factory, where its environment was made.
if not FACTORY.is_file():
    collect_ignore.append("test_llama_factory.py")
# Installed when it is wished for.
MLX_PYTHON = os.environ.get("SNOWBALL_MLX_PYTHON", str(REPO / ".tools/mlx/bin/python"))
if not Path(MLX_PYTHON).exists():
    collect_ignore.append("test_mlx_speak.py")
# And vLLM.
VLLM_PYTHON = os.environ.get("SNOWBALL_VLLM_PYTHON", str(REPO / ".tools/vllm/bin/python"))
if not Path(VLLM_PYTHON).exists():
    collect_ignore += ["test_vllm.py", "test_use_vllm.py"]
SIDE = 128
PIXELS = SIDE * SIDE
COMPUTE = Compute(torch.device("cpu"), torch.float32, "sdpa")
DEVICE = {
    "device": "cpu",
    "threads": 1,
    "dtype": "float32",
    "attn_implementation": "sdpa",
    "min_pixels": PIXELS,
    "max_pixels": PIXELS,
    "lock": None,
}


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def architecture() -> ModuleType:
    """demo/train/architecture.py, which makes the shipped toy models, loaded by its path."""
    folder = REPO / "demo/train"
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("architecture", folder / "architecture.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained toy checkpoint. Its weights are spread wider than at birth: its distributions shall have a shape."""
    build = architecture()
    tokenizer = build.build_tokenizer()
    model = build.build_model(tokenizer, 0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1 and "language_model" in name:
                parameter.mul_(4)
    folder = tmp_path_factory.mktemp("toy")
    build.save(model, build.build_processor(tokenizer), folder)
    return folder


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of noise: 0.png ... 7.png."""
    folder = tmp_path_factory.mktemp("images")
    noise = np.random.default_rng(0)
    for index in range(8):
        Image.fromarray(noise.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)).save(folder / f"{index}.png")
    return folder


@pytest.fixture(scope="session")
def vlm(toy: Path) -> Vlm:
    return load_vlm(str(toy), None, COMPUTE, PIXELS, PIXELS)


def question(images: Path, index: int, text: str | None = None) -> list[dict[str, Any]]:
    """What a planner is asked about image `index`; the questions differ in length."""
    asked = text or f"What is behind the wall{' over there' * index}?"
    content = [{"type": "image", "image": str(images / f"{index}.png")}, {"type": "text", "text": asked}]
    return [
        {"role": "system", "content": [{"type": "text", "text": "You are a planner."}]},
        {"role": "user", "content": content},
    ]


def pair(vlm: Vlm, images: Path, index: int) -> dict[str, Any]:
    """A preference row whose prompt is that of `question(images, index % 8, ...)`."""
    row: dict[str, Any] = {
        "id": f"pair-{index}",
        "image": [f"{index % 8}.png"],
        "system": "You are a planner.",
        "prompt": f"<image>What is behind wall {index}?",
        "chosen": "<instructions><instruction>look from behind</instruction></instructions>",
        "rejected": "<instructions><instruction>make it darker</instruction></instructions>",
    }
    row["prompt_digest"] = encode(vlm.processor, messages_of_row(row, images)).digest
    return row


TRAINING: dict[str, Any] = {
    "beta": 0.1,
    "loss_type": ["sigmoid", "sft"],
    "loss_weights": [1, 0.5],
    "label_smoothing": 0,
    "lora_rank": 4,
    "lora_alpha": 8,
    "lora_dropout": 0,
    "lora_target": ["q_proj", "v_proj", "up_proj"],
    "learning_rate": 5e-3,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 1,
    "num_train_epochs": 4,
    "max_steps": None,
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 2,
    "max_grad_norm": 1,
    "save_steps": 2,
    "extra": {},
    "sft_only": False,
}


# Learning rates that tell the parts apart by their first step: Adam's is the rate itself, in every weight.
FULL: dict[str, Any] = TRAINING | {
    "tuning": "full",
    "language_lr": 2e-4,
    "vision_lr": 1e-4,
    "merger_lr": 3e-4,
    "freeze_language_model": False,
    "freeze_vision_tower": False,
    "freeze_merger": False,
}


def training_request(folder: Path, toy: Path, images: Path, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A training job that writes under `folder`: 10 pairs make three optimizer steps an epoch, twelve in all."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pairs.json").write_text(json.dumps(rows))
    return {
        "model": str(toy),
        "data": str(folder / "pairs.json"),
        "image_root": str(images),
        "output": str(folder / "output"),
        "checkpoints": str(folder / "checkpoints"),
        "resume_from": None,
        "algorithm": "dpo",
        "reference": None,
        "settings": TRAINING,
        "seed": 7,
        **DEVICE,
    }


# Adam divides a gradient by its own size, and what was rounded with it: where a gradient is hardly more than rounding,
# two ways of adding up the same numbers part by a share of the learning rate, on some processors and not on others.
# With this much below the line such a weight hardly moves, and the others move as ever.
STEADY: dict[str, Any] = {"adam_epsilon": 1e-5}

# Sixteen pairs, eight a step, one at a time: two steps.
PAIRS_A_STEP = 8
SPREAD: dict[str, Any] = {
    "num_train_epochs": 1,
    "lr_scheduler_type": "constant",
    "warmup_steps": 0,
    "per_device_train_batch_size": 1,
    "save_steps": 1,
}


def spread_request(
    folder: Path, toy: Path, images: Path, vlm: Vlm, training: dict[str, Any], processes: int
) -> dict[str, Any]:
    """The same training for any number of processes: as many pairs a step."""
    rows = [pair(vlm, images, index) for index in range(2 * PAIRS_A_STEP)]
    request = training_request(folder, toy, images, rows)
    shares = {"num_processes": processes, "gradient_accumulation_steps": PAIRS_A_STEP // processes}
    request["settings"] = training | SPREAD | shares | {"extra": training["extra"] | STEADY}
    if processes > 1:
        locks = [str(folder / f"cpu-{index}.lock") for index in range(processes)]
        request |= {"devices": ["cpu"] * processes, "locks": locks}
    return request


class Heard:
    """A channel to nobody, for a job that runs in the tests' own process."""

    quiet_s = 0.0

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def send(self, body: dict[str, Any]) -> None:
        self.events.append(body)


def trained_here(request: dict[str, Any]) -> Heard:
    """Runs a training job in this process, which spares it the start of one."""
    heard = Heard()
    metrics = train(request, heard)  # type: ignore[arg-type]
    heard.send({"event": "done", "metrics": metrics})
    return heard


def same_training(events: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    """Asserts equal metrics, step by step, but for the rounding of sums in another order."""
    steps, expected = ([event for event in each if event["event"] == "progress"] for each in (events, others))
    assert [event["step"] for event in steps] == [event["step"] for event in expected]
    for step, other in zip(steps, expected, strict=True):
        assert step["metrics"] == pytest.approx(other["metrics"], rel=1e-4, abs=1e-5)


def same_weights(path: Path, other: Path) -> None:
    """Asserts equal tensors, but for what that rounding becomes in Adam's steps."""
    weights, expected = load_file(path), load_file(other)
    assert weights.keys() == expected.keys()
    for name, tensor in weights.items():
        assert torch.allclose(tensor, expected[name], atol=1e-5), name


class Job:
    """A runner's job as a real process, or as several; iterating yields its events."""

    def __init__(
        self, module: str, request: dict[str, Any], folder: Path, processes: int = 1, python: str = sys.executable
    ) -> None:
        path = folder / "request.json"
        path.write_text(json.dumps(request))
        self._log = (folder / "stderr.txt").open("w")
        self.process = subprocess.Popen(
            [python, *(LAUNCH if processes > 1 else []), "-m", module, str(path)],
            cwd=REPO,
            env=runner_env(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __iter__(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield json.loads(line)
        self.process.wait()


def in_turn(jobs: list[dict[str, Any]], home: Path) -> list[list[dict[str, Any]]]:
    """The events of each of several trainings, one after the other in the same two processes."""
    job = Job("tests.jobs_in_turn", {"jobs": jobs}, home, processes=2)
    events = list(job)
    assert job.process.returncode == 0, (home / "stderr.txt").read_text()[-2000:]
    ends = [0, *(place + 1 for place, event in enumerate(events) if event["event"] == "done")]
    return [events[begin:end] for begin, end in itertools.pairwise(ends)]


# As src/model/trainer/launch.ts has it, for two processes.
LAUNCH = [
    *("-m", "accelerate.commands.launch", "--config_file", str(REPO / "python/envs/accelerate.yaml"), "--multi_gpu"),
    *("--num_machines", "1", "--num_processes", "2", "--main_process_port", "0", "--mixed_precision", "no"),
    *("--dynamo_backend", "no", "--num_cpu_threads_per_process", "1"),
]


def runner_env() -> dict[str, str]:
    paths = f"{REPO / 'python'}:{REPO / '.tools/deepspeed'}"
    return {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": "0", "HF_HUB_OFFLINE": "1"}


@pytest.fixture(scope="session")
def alone(
    tmp_path_factory: pytest.TempPathFactory, toy: Path, images: Path, vlm: Vlm
) -> dict[str, tuple[Path, list[dict[str, Any]]]]:
    """What several processes are compared with: the same training in one, with an adapter and as a whole."""
    found = {}
    for tuning, training in (("lora", TRAINING), ("full", FULL)):
        folder = tmp_path_factory.mktemp(tuning)
        found[tuning] = (folder, trained_here(spread_request(folder, toy, images, vlm, training, 1)).events)
    return found


@pytest.fixture(scope="session")
def trained(
    tmp_path_factory: pytest.TempPathFactory, toy: Path, images: Path, vlm: Vlm
) -> tuple[Path, list[dict[str, Any]]]:
    """The folder of an undisturbed training job, and its events."""
    folder = tmp_path_factory.mktemp("trained")
    rows = [pair(vlm, images, index) for index in range(10)]
    events = list(Job("runners.train", training_request(folder, toy, images, rows), folder))
    return folder, events
