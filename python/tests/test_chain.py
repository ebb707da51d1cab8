"""From answers to pairs to rewards: each training starts from the checkpoint that the one before it made."""

import json
from pathlib import Path
from typing import Any

from runners.merge import merge
from runners.vlm import Vlm
from tests.conftest import DEVICE, TRAINING, Heard, pair, question, trained_here, training_request
from tests.test_grpo import GRPO, by, early, judging
from tests.test_grpo import question as rewarded
from tests.test_sft import SFT, answer

SHORT = {"num_train_epochs": 2, "save_steps": None, "lora_target": ["q_proj", "up_proj"]}


def merged(request: dict[str, Any], images: Path) -> str:
    """Merges what a request has trained, and returns the checkpoint's folder."""
    output = Path(request["output"])
    items = [question(images, index) for index in range(2)]
    own = {"model": request["model"], "adapter": str(output / "model_lora"), "output": str(output)}
    merge(own | {"dtypes": ["float32"], "canary": {"items": items}} | DEVICE, Heard())  # type: ignore[arg-type]
    return str(output / "model_merged")


def test_answers_then_pairs_then_rewards(tmp_path: Path, toy: Path, images: Path, vlm: Vlm) -> None:
    answers = training_request(tmp_path / "sft", toy, images, [answer(index) for index in range(4)])
    answers |= {"algorithm": "sft", "settings": SFT | SHORT}
    trained_here(answers)

    pairs = training_request(tmp_path / "dpo", toy, images, [pair(vlm, images, index) for index in range(4)])
    pairs |= {"model": merged(answers, images), "settings": TRAINING | SHORT}
    heard = trained_here(pairs)
    # Held to where it starts from, and not to the base.
    first = next(event["metrics"] for event in heard.events if event["event"] == "progress")
    assert (first["margin"], first["reward_chosen"]) == (0, 0)

    rows = [rewarded(index) for index in range(4)]
    with judging(tmp_path, by(early)) as judge:
        rewards = training_request(tmp_path / "grpo", toy, images, rows)
        rewards |= {"model": merged(pairs, images), "algorithm": "grpo", "judge": judge, "settings": GRPO | SHORT}
        heard = trained_here(rewards)
    first = next(event["metrics"] for event in heard.events if event["event"] == "progress")
    assert first["kl"] == 0
    last = merged(rewards, images)
    canary = json.loads((Path(last).parent / "canary.json").read_text())
    assert canary["kl_adapter_base"] > 0
    assert {path.name for path in Path(last).iterdir()} >= {"config.json", "model.safetensors", "tokenizer.json"}
