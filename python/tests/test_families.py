"""Every supported architecture at toy size, through the same code: loaded by its config, sampled from, scored."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import get_peft_model
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
from runners.logprob import answer_logprobs
from runners.options import lora_config
from runners.preference import PairCollator
from runners.prompt import encode, messages_of_pair
from runners.sampling import Sampling
from runners.vision import see_once
from runners.vlm import Vlm, load_network, load_processor, load_vlm
from tests.conftest import COMPUTE, PIXELS, TRAINING, architecture, pair, question
from tests.test_logprob import by_hand

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

    greedy = Sampling(temperature=0, top_p=1, top_k=0, min_p=0, repetition_penalty=1, max_new_tokens=4)
    for prompt, draft in zip(prompts, decode(vlm, prompts, [0, 1], ["", ""], greedy), strict=True):
        assert draft.logprobs == pytest.approx(by_hand(vlm, prompt, draft.ids), abs=1e-4)


def same_logits(vlm: Vlm, images: Path) -> bool:
    """Does a preference batch of one- and two-image prompts get the same logits with images seen once as without?"""
    rows = [pair(vlm, images, 1), pair(vlm, images, 2)]
    rows[1] |= {"image": ["2.png", "3.png"], "prompt": "<image>" + rows[1]["prompt"]}
    rows[1]["prompt_digest"] = encode(vlm.processor, messages_of_pair(rows[1], images)).digest
    batch = PairCollator(rows, images, vlm.processor, vlm.unspeakable)([{"row": 0}, {"row": 1}])
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


def test_a_checkpoint_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(Failure, match="llama") as caught:
        load_processor(str(tmp_path), PIXELS, PIXELS)
    assert caught.value.kind == "BadInput"
