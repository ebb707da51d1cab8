"""The toy FLUX.2 klein: the real classes of diffusers at toy size, with random weights. It learned nothing, so its
views show nothing; it is there so that the production executor runs where no checkpoint and no GPU is.

python demo/train/make_flux.py [FOLDER]     writes demo/snowball/flux, the same bytes every time
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKLFlux2, FlowMatchEulerDiscreteScheduler, Flux2KleinPipeline, Flux2Transformer2DModel
from tokens import CHAT_TEMPLATE, ROOT, SPECIAL, build_tokenizer
from transformers import Qwen2TokenizerFast, Qwen3Config, Qwen3ForCausalLM

SEED = 0
LATENT_CHANNELS = 4
TEXT_WIDTH = 16
TEXT_LAYERS = 27
"""The pipeline reads the hidden states of layers 9, 18 and 27: with fewer, it would need a setting of its own."""
SPREAD = 3
"""The transformer's matrices are this much wider than at birth: image and instruction then change the view."""


def build_pipeline(seed: int = SEED) -> Flux2KleinPipeline:
    """An untrained pipeline of 156,000 parameters: Qwen3 reads, a transformer of 1 + 1 blocks edits, and the
    autoencoder has the real one's four levels, so that a latent patch is 16 × 16 pixels here, too."""
    torch.manual_seed(seed)
    tokenizer = qwen_tokenizer()
    transformer = Flux2Transformer2DModel(
        in_channels=4 * LATENT_CHANNELS,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * TEXT_WIDTH,
        timestep_guidance_channels=16,
        mlp_ratio=2.0,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    with torch.no_grad():
        for parameter in transformer.parameters():
            if parameter.ndim > 1:
                parameter.mul_(SPREAD)
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=AutoencoderKLFlux2(
            block_out_channels=(8, 8, 8, 8), layers_per_block=1, latent_channels=LATENT_CHANNELS, norm_num_groups=4
        ),
        text_encoder=build_text_encoder(tokenizer),
        tokenizer=tokenizer,
        transformer=transformer,
        is_distilled=True,
    )


def qwen_tokenizer() -> Qwen2TokenizerFast:
    """The toy models' vocabulary in the class that the real checkpoints name."""
    bpe = json.loads(build_tokenizer().backend_tokenizer.to_str())["model"]
    tokenizer = Qwen2TokenizerFast(
        vocab=bpe["vocab"],
        merges=[tuple(pair) for pair in bpe["merges"]],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token="<|endoftext|>",
        extra_special_tokens=SPECIAL[1:],
        model_max_length=512,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def build_text_encoder(tokenizer: Qwen2TokenizerFast) -> Qwen3ForCausalLM:
    """Qwen3 with layers enough for the pipeline, each of them tiny."""
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=TEXT_WIDTH,
        intermediate_size=32,
        num_hidden_layers=TEXT_LAYERS,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen3ForCausalLM(config)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "demo/snowball/flux")
    args = parser.parse_args()
    pipeline = build_pipeline().to(torch.float16)
    pipeline.save_pretrained(args.folder)
    networks = (pipeline.transformer, pipeline.vae, pipeline.text_encoder)
    parameters = sum(parameter.numel() for network in networks for parameter in network.parameters())
    sys.stdout.write(f"{parameters:,} parameters in {args.folder}\n")


if __name__ == "__main__":
    main()
