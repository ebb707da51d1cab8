"""Every supported architecture at toy size, through the same code: loaded by its config, sampled from, scored."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import get_peft_model
from safetensors.torch import load_file
from transformers import (
    AutoModelForImageTextToText,
    Qwen2_5_VLConfig,
    Qwen2_5_VLProcessor,
    Qwen2VLConfig,
    Qwen2VLImageProcessor,
    Qwen2VLProcessor,
    Qwen2VLVideoProcessor,
    Qwen3VLMoeConfig,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)

from runners.decoding import decode
from runners.failure import Failure
from runners.families import load_processor
from runners.logprob import answer_logprobs
from runners.options import lora_config
from runners.parts import part_of
from runners.prompt import encode, messages_of_row
from runners.sampling import Sampling
from runners.trainers import dpo
from runners.trainers.preference import PairCollator
from runners.trainers.vision import see_once
from runners.vlm import Vlm, load_network, load_vlm
from tests.conftest import (
    COMPUTE,
    FULL,
    PIXELS,
    TRAINING,
    architecture,
    pair,
    question,
    trained_here,
    training_request,
)
from tests.test_logprob import by_hand

GREEDY = Sampling(temperature=0, top_p=1, top_k=0, min_p=0, repetition_penalty=1, max_new_tokens=4)
TEXT = {
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}
OLDER = TEXT | {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 6, 6]}}
VISION = {"depth": 2, "num_heads": 2, "spatial_merge_size": 2, "temporal_patch_size": 2}
EXPERTS = {"num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 32, "head_dim": 32}
INTERLEAVED = {
    "rope_parameters": {
        "rope_type": "default",
        "rope_theta": 10000.0,
        "mrope_section": [6, 5, 5],
        "mrope_interleaved": True,
    }
}

FAMILIES: dict[str, tuple[Any, dict[str, Any], dict[str, Any], Any, Any, int]] = {
    "qwen2_vl": (
        Qwen2VLConfig,
        OLDER,
        VISION | {"embed_dim": 64, "hidden_size": 64, "mlp_ratio": 2, "patch_size": 14},
        Qwen2VLProcessor,
        Qwen2VLVideoProcessor,
        14,
    ),
    "qwen2_5_vl": (
        Qwen2_5_VLConfig,
        OLDER,
        VISION
        | {"hidden_size": 64, "out_hidden_size": 64, "intermediate_size": 64, "patch_size": 14}
        | {"window_size": 56, "fullatt_block_indexes": [1]},
        Qwen2_5_VLProcessor,
        Qwen2VLVideoProcessor,
        14,
    ),
    "qwen3_vl_moe": (
        Qwen3VLMoeConfig,
        TEXT | EXPERTS | INTERLEAVED,
        VISION
        | {"hidden_size": 64, "out_hidden_size": 64, "intermediate_size": 64, "patch_size": 16}
        | {"num_position_embeddings": 64, "deepstack_visual_indexes": [0]},
        Qwen3VLProcessor,
        Qwen3VLVideoProcessor,
        16,
    ),
}


@pytest.fixture(scope="module", params=FAMILIES)
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained checkpoint of the family, with the toy's tokenizer."""
    config_class, text, vision, processor_class, video_class, patch = FAMILIES[request.param]
    tokenizer = architecture().build_tokenizer()
    ids = tokenizer.get_vocab()
    config = config_class(
        text_config=text | {"vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id, "bos_token_id": None},
        vision_config=vision,
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
    )
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp(request.param)
    AutoModelForImageTextToText.from_config(config).save_pretrained(folder)
    pixels = {"patch_size": patch, "merge_size": 2, "temporal_patch_size": 2}
    processor_class(
        image_processor=Qwen2VLImageProcessor(**pixels),
        tokenizer=tokenizer,
        video_processor=video_class(**pixels),
        chat_template=architecture().CHAT_TEMPLATE,
    ).save_pretrained(folder)
    return folder


def test_a_family_is_sampled_scored_and_given_an_adapter(checkpoint: Path, images: Path) -> None:
    vlm = load_vlm(str(checkpoint), None, COMPUTE, 4 * PIXELS // 16, PIXELS)
    prompts = [encode(vlm.processor, question(images, index)) for index in range(2)]
    answers = ["red box", "a green cone"]
    for prompt, answer, result in zip(prompts, answers, answer_logprobs(vlm, prompts, answers), strict=True):
        ids = vlm.tokenizer(answer)["input_ids"]
        assert result.sum_logprob == pytest.approx(sum(by_hand(vlm, prompt, ids)), abs=1e-4)

    for prompt, draft in zip(prompts, decode(vlm, prompts, [0, 1], ["", ""], GREEDY), strict=True):
        assert draft.logprobs == pytest.approx(by_hand(vlm, prompt, draft.ids), abs=1e-4)


def same_logits(vlm: Vlm, images: Path) -> bool:
    """Does a preference batch of one- and two-image prompts get the same logits with images seen once as without?"""
    rows = [pair(vlm, images, 1), pair(vlm, images, 2)]
    rows[1] |= {"image": ["2.png", "3.png"], "prompt": "<image>" + rows[1]["prompt"]}
    rows[1]["prompt_digest"] = encode(vlm.processor, messages_of_row(rows[1], images)).digest
    batch = PairCollator(rows, images, vlm.processor, vlm.unspeakable, 4096)([{"row": 0}, {"row": 1}])
    del batch["completion_mask"]
    with torch.no_grad():
        plain, once = (vlm.model(**inputs, use_cache=False).logits for inputs in (batch, see_once(vlm.model, batch)))
    return torch.allclose(plain, once, atol=1e-5)


def test_images_seen_once_look_the_same(checkpoint: Path, images: Path) -> None:
    assert same_logits(load_vlm(str(checkpoint), None, COMPUTE, 4 * PIXELS // 16, PIXELS), images)


def test_images_seen_once_look_the_same_to_the_toy(vlm: Vlm, images: Path) -> None:
    assert same_logits(vlm, images)


def test_an_adapter_stays_out_of_the_vision_tower(checkpoint: Path) -> None:
    network = load_network(str(checkpoint), COMPUTE)
    linear = {
        name.rsplit(".", 1)[-1] for name, module in network.named_modules() if isinstance(module, torch.nn.Linear)
    }
    wanted = sorted(linear & {"q_proj", "v_proj", "gate_proj", "up_proj"})
    adapted = get_peft_model(network, lora_config(TRAINING | {"lora_target": wanted}, network))
    names = [name for name, _ in adapted.named_parameters() if "lora_A" in name]
    # Two layers. In Qwen2.5-VL the vision tower has a gate_proj and an up_proj of its own.
    assert len(names) == 2 * len(wanted)
    assert all("language_model" in name for name in names)


# Of Adam's first step the size is the learning rate in every weight, whatever the gradient and its clipping.
ONE_STEP = {
    "loss_type": ["sigmoid"],
    "loss_weights": [1],
    "lr_scheduler_type": "constant",
    "warmup_steps": 0,
    "num_train_epochs": None,
    "max_steps": 1,
    "save_steps": None,
    "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 1,
}


def one_step(folder: Path, checkpoint: Path, images: Path, training: dict[str, Any]) -> dict[str, Any]:
    """Trains one step on the tests' own pairs, whose prompts are digested by the checkpoint's own processor."""
    vlm = load_vlm(str(checkpoint), None, COMPUTE, PIXELS, PIXELS)
    request = training_request(folder, checkpoint, images, [pair(vlm, images, index) for index in range(2)])
    return trained_here(request | {"settings": training | ONE_STEP}).events[-1]["metrics"]  # type: ignore[no-any-return]


def moved(trained: Path, base: Path) -> dict[str, float]:
    """The largest change of a weight in each part of the network."""
    weights, before = load_file(trained / "model.safetensors"), load_file(base / "model.safetensors")
    change: dict[str, float] = {}
    for name, tensor in weights.items():
        part = part_of(name)
        change[part] = max(change.get(part, 0), (tensor - before[name]).abs().max().item())
    return change


def is_trained_with_an_adapter(folder: Path, checkpoint: Path, images: Path) -> None:
    metrics = one_step(folder, checkpoint, images, TRAINING | {"lora_target": ["q_proj", "v_proj"]})
    assert metrics["sigmoid"] == pytest.approx(math.log(2), abs=1e-6)
    assert metrics["grad_norm"] > 0
    adapter = load_file(folder / "output/model_lora/adapter_model.safetensors")
    # B is zero at first.
    assert all(tensor.abs().max() > 0 for tensor in adapter.values())


def is_trained_as_a_whole(folder: Path, checkpoint: Path, images: Path) -> None:
    metrics = one_step(folder / "all", checkpoint, images, FULL)
    assert metrics["sigmoid"] == pytest.approx(math.log(2), abs=1e-6)
    change = moved(folder / "all/output/model_full", checkpoint)
    assert change == pytest.approx({"language_model": 2e-4, "vision_tower": 1e-4, "merger": 3e-4}, rel=0.01)
    one_step(folder / "some", checkpoint, images, FULL | {"freeze_vision_tower": True, "freeze_language_model": True})
    change = moved(folder / "some/output/model_full", checkpoint)
    assert change == pytest.approx({"language_model": 0, "vision_tower": 0, "merger": 3e-4}, rel=0.01)
    loaded = load_vlm(str(folder / "all/output/model_full"), None, COMPUTE, PIXELS, PIXELS)
    assert decode(loaded, [encode(loaded.processor, question(images, 0))], [0], [""], GREEDY)[0].ids


def test_a_family_is_trained_with_an_adapter(checkpoint: Path, images: Path, tmp_path: Path) -> None:
    is_trained_with_an_adapter(tmp_path, checkpoint, images)


def test_a_family_is_trained_as_on_a_gpu(
    checkpoint: Path, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = TRAINING | {"lora_target": ["q_proj", "v_proj"]}
    here = one_step(tmp_path / "here", checkpoint, images, small)
    monkeypatch.setattr(dpo, "needs_tails", lambda _: True)
    there = one_step(tmp_path / "there", checkpoint, images, small | {"extra": {"gradient_checkpointing": True}})
    assert there == pytest.approx(here, rel=1e-4)


def test_each_part_of_a_family_moves_at_its_own_rate_or_not_at_all(
    checkpoint: Path, images: Path, tmp_path: Path
) -> None:
    is_trained_as_a_whole(tmp_path, checkpoint, images)


def test_each_part_of_the_toy_moves_at_its_own_rate_or_not_at_all(toy: Path, images: Path, tmp_path: Path) -> None:
    is_trained_as_a_whole(tmp_path, toy, images)


@pytest.mark.parametrize(
    "load", [lambda folder: load_processor(folder, PIXELS, PIXELS), lambda f: load_network(f, COMPUTE)]
)
def test_a_checkpoint_of_another_kind_is_refused(tmp_path: Path, load: Any) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(Failure, match="llama") as caught:
        load(str(tmp_path))
    assert caught.value.kind == "BadInput"
