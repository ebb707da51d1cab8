"""A checkpoint of MLX speaks to a training's prompts: a real process in MLX's own environment."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DEVICE, MLX_PYTHON, question, runner_env
from tests.test_check import CHECK


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, toy: Path) -> Path:
    """The toy, with the configuration as checkpoints are published with it and MLX reads it."""
    folder = tmp_path_factory.mktemp("published")
    shutil.copytree(toy, folder, dirs_exist_ok=True)
    config = json.loads((folder / "config.json").read_text())
    rope = config["text_config"]["rope_parameters"]
    config["text_config"] |= {"rope_theta": rope["rope_theta"], "rope_scaling": rope}
    config["vision_config"]["model_type"] = config["model_type"]
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def spoken(folder: Path, model: str, images: Path) -> dict[str, Any]:
    """The job's last event, and what it measured."""
    items = [{"row": index, "id": f"q-{index}", "images": 1, "messages": question(images, index)} for index in range(3)]
    request = {"mlx": model, "items": items, "of": 3, "check": CHECK, "seed": 7, "output": str(folder), **DEVICE}
    path = folder / "request.json"
    path.write_text(json.dumps(request))
    command = [MLX_PYTHON, "-m", "runners.mlx_speak", str(path)]
    done = subprocess.run(command, env=runner_env(), capture_output=True, text=True, check=False)
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    written = folder / "measured.json"
    return last | {"measured": json.loads(written.read_text()) if written.exists() else None}


def test_it_speaks(tmp_path: Path, published: Path, images: Path) -> None:
    found = spoken(tmp_path, str(published), images)
    assert found["event"] == "done", found
    measured = found["measured"]
    assert [each["image_tokens"] for each in measured["prompts"]] == [16, 16, 16]
    assert measured["context"] == 512
    assert [len(each["completions"]) for each in measured["said"]] == [2, 2]
    assert all(0 <= one["tokens"] <= 8 for each in measured["said"] for one in each["completions"])


def test_what_cannot_speak_is_refused_in_a_sentence(tmp_path: Path, toy: Path, images: Path) -> None:
    (tmp_path / "llama").mkdir()
    (tmp_path / "llama/config.json").write_text('{"model_type": "llama"}')
    llama = spoken(tmp_path, str(tmp_path / "llama"), images)
    assert llama["type"] == "BadInput"
    assert 'is of type "llama"; qwen2_vl, qwen2_5_vl' in llama["message"]
    # Offline, and the cache lacks it.
    named = spoken(tmp_path, "mlx-community/Qwen2.5-VL-3B-Instruct-4bit", images)
    assert named["type"] == "BadInput"
    assert "cannot be fetched" in named["message"] and "--model" in named["message"]
    other = spoken(tmp_path, str(toy), images)
    assert other["type"] == "BadInput"
    assert "has to be converted" in other["message"]
