"""LLaMA-Factory at toy size, in its own environment: it trains, what it makes is served, and nothing is cut."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from runners.vlm import load_vlm
from tests.conftest import COMPUTE, DEVICE, FACTORY, PIXELS, REPO

INFO = {
    "rows": {
        "file_name": "rows.json",
        "formatting": "sharegpt",
        "columns": {"messages": "messages", "images": "images"},
        "tags": {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "system_tag": "system",
        },
    }
}
YAML = {
    "stage": "sft",
    "do_train": True,
    "finetuning_type": "lora",
    "lora_rank": 4,
    "lora_alpha": 8,
    "lora_target": "q_proj,v_proj",
    "learning_rate": 0.02,
    "num_train_epochs": 3,
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 1,
    "cutoff_len": 256,
    "image_min_pixels": PIXELS,
    "image_max_pixels": PIXELS,
}


def ran(folder: Path, toy: Path, images: Path, **changes: Any) -> list[dict[str, Any]]:
    given = folder / "given"
    given.mkdir(parents=True)
    (folder / "checkpoints").mkdir()
    rows = [
        {
            "messages": [
                {"role": "user", "content": "<image><image>Which is better?"},
                {"role": "assistant", "content": f"<think>So.</think><answer>Image {1 + at % 2} is better</answer>"},
            ],
            "images": [f"{at}.png", f"{(at + 1) % 8}.png"],
        }
        for at in range(8)
    ]
    (given / "rows.json").write_text(json.dumps(rows))
    (given / "dataset_info.json").write_text(json.dumps(INFO))
    (given / "train.yaml").write_text(json.dumps(YAML | changes))
    tuning = "full" if changes.get("finetuning_type") == "full" else "lora"
    request = {
        "model": str(toy),
        "given": str(given),
        "output": str(folder),
        "checkpoints": str(folder / "checkpoints"),
        "resume_from": None,
        "image_root": str(images),
        "settings": {"tuning": tuning, "save_steps": 6},
        "seed": 0,
        **DEVICE,
    }
    (folder / "request.json").write_text(json.dumps(request))
    command = [str(FACTORY), "-m", "runners.llama_factory", str(folder / "request.json")]
    env = os.environ | {"PYTHONPATH": str(REPO / "python"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()] or [{"event": "died", "why": done.stderr}]


def test_it_trains_an_adapter_that_is_served(tmp_path: Path, toy: Path, images: Path) -> None:
    events = ran(tmp_path, toy, images)
    assert events[-1]["event"] == "done", events[-1]
    losses = [event["metrics"]["loss"] for event in events if event["event"] == "progress"]
    assert len(losses) == 12
    assert losses[-1] < 0.8 * losses[0]
    assert [event["step"] for event in events if event["event"] == "checkpoint"] == [6, 12]
    assert events[-1]["metrics"]["answers"] == 8
    assert str(toy) not in (tmp_path / "model_lora/adapter_config.json").read_text()
    load_vlm(str(toy), str(tmp_path / "model_lora"), COMPUTE, PIXELS, PIXELS)


def test_a_row_that_would_be_cut_is_refused(tmp_path: Path, toy: Path, images: Path) -> None:
    last = ran(tmp_path, toy, images, finetuning_type="full", cutoff_len=40)[-1]
    assert last["type"] == "BadInput"
    assert "8 rows reach cutoff_len (40 tokens)" in last["message"]
