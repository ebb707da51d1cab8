"""Checkpoints of real size with random weights, for measuring: the shapes of Qwen3-VL-4B and 8B and of FLUX.2 klein 4B
by their published configurations, with the toy models' tokenizer. They say and show nothing.

python demo/train/real_size.py FOLDER [--device cuda] [--dry]     writes FOLDER/{planner,critic,klein}; --dry counts only
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from architecture import build_processor
from diffusers import AutoencoderKLFlux2, FlowMatchEulerDiscreteScheduler, Flux2KleinPipeline, Flux2Transformer2DModel
from make_flux import qwen_tokenizer
from tokens import build_tokenizer
from transformers import GenerationConfig, Qwen3Config, Qwen3ForCausalLM, Qwen3VLConfig, Qwen3VLForConditionalGeneration

VOCABULARY = 151_936
PLANNER: dict[str, dict[str, Any]] = {
    "text": {"hidden_size": 2560, "intermediate_size": 9728, "tie_word_embeddings": True},
    "vision": {"depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "deepstack_visual_indexes": [5, 11, 17]},
}
CRITIC: dict[str, dict[str, Any]] = {
    "text": {"hidden_size": 4096, "intermediate_size": 12_288, "tie_word_embeddings": False},
    "vision": {"depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "deepstack_visual_indexes": [8, 16, 24]},
}


def vlm(shape: dict[str, dict[str, Any]]) -> Qwen3VLForConditionalGeneration:
    """A Qwen3-VL of this shape."""
    tokenizer = build_tokenizer()
    ids = tokenizer.get_vocab()
    config = Qwen3VLConfig(
        text_config={
            "vocab_size": VOCABULARY,
            "num_hidden_layers": 36,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "max_position_embeddings": 262_144,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 5_000_000.0,
                "mrope_section": [24, 20, 20],
                "mrope_interleaved": True,
            },
            "bos_token_id": None,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
            **shape["text"],
        },
        vision_config={
            "num_heads": 16,
            "patch_size": 16,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "num_position_embeddings": 2304,
            "out_hidden_size": shape["text"]["hidden_size"],
            **shape["vision"],
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=shape["text"]["tie_word_embeddings"],
    )
    model = Qwen3VLForConditionalGeneration(config)
    model.generation_config = GenerationConfig(eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    return model


def klein() -> Flux2KleinPipeline:
    """The pipeline of FLUX.2 klein 4B: Qwen3-4B reads, a transformer of 5 + 20 blocks edits."""
    tokenizer = qwen_tokenizer()
    reader = Qwen3Config(
        vocab_size=VOCABULARY,
        hidden_size=2560,
        intermediate_size=9728,
        num_hidden_layers=36,
        num_attention_heads=32,
        num_key_value_heads=8,
        head_dim=128,
        max_position_embeddings=40_960,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=AutoencoderKLFlux2(),
        text_encoder=Qwen3ForCausalLM(reader),
        tokenizer=tokenizer,
        transformer=Flux2Transformer2DModel(
            in_channels=128,
            num_layers=5,
            num_single_layers=20,
            attention_head_dim=128,
            num_attention_heads=24,
            joint_attention_dim=3 * 2560,
            guidance_embeds=False,
        ),
        is_distilled=True,
    )


def save_vlm(model: Qwen3VLForConditionalGeneration, folder: Path) -> None:
    """Writes it with its processor."""
    model.save_pretrained(folder)
    build_processor(build_tokenizer()).save_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="cuda", help="where the weights are drawn: a CPU takes minutes")
    parser.add_argument("--dry", action="store_true", help="draw and write nothing, count the parameters")
    args = parser.parse_args()
    torch.set_default_dtype(torch.bfloat16)
    torch.manual_seed(0)
    made: dict[str, Callable[[], Any]] = {"planner": lambda: vlm(PLANNER), "critic": lambda: vlm(CRITIC), "klein": klein}
    for name, make in made.items():
        with torch.device("meta" if args.dry else args.device):
            model = make()
        parts = [model.text_encoder, model.transformer, model.vae] if name == "klein" else [model]
        billions = [sum(each.numel() for each in part.parameters()) / 1e9 for part in parts]
        if not args.dry:
            folder = args.folder / name
            model.save_pretrained(folder) if name == "klein" else save_vlm(model, folder)
        sys.stdout.write(f"{name}: {' + '.join(f'{each:.2f}' for each in billions)} billion parameters\n")
        sys.stdout.flush()
        del model


if __name__ == "__main__":
    main()
