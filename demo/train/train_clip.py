"""Trains the toy CLIP of the pointer selector's demo and exports it for onnxruntime, on one CPU core, in minutes.

    node demo/world/numbered-rooms.ts --out rooms --seed train-rooms --pool 6000 --queries 0 --test 400
    python demo/train/train_clip.py --rooms rooms --out FOLDER --seed N

Pictures are told apart by what is asked about them and by what is seen in them: the floor and both things count, and
nothing says which of them an example should share with a query.
"""

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import torch
import torch.nn.functional as F
from made_by import write_made_by
from scenes import SIDE
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from train_in_context import Room, load_rooms, say
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizer

STEPS = 700
BATCH = 96
LEARNING_RATE = 2e-3
WIDTH = 64
PATCH = 16
LENGTH = 32
"""Tokens of the longest text."""
START, END = "<|startoftext|>", "<|endoftext|>"
TOLERANCE = 1e-4
"""Largest difference of a number of a vector that the export may make."""


def captions(room: Room) -> tuple[str, str]:
    """What is asked, alone and with what is seen."""
    return room.question, f"{room.question} {room.seen}"


def build_tokenizer(texts: list[str]) -> CLIPTokenizer:
    """CLIP's byte-level BPE over the rooms' own words, its two control tokens last, as in the published ones."""
    bpe = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    bpe.normalizer = normalizers.Lowercase()
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=700, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False
    )
    words = sorted({word for text in texts for word in text.lower().replace(",", " ,").replace("?", " ?").split()})
    bpe.train_from_iterator([word for word in words for _ in range(100)], trainer)
    learned = json.loads(bpe.to_str())["model"]
    whole = [*alphabet, *(f"{each}</w>" for each in alphabet)]
    merged = ["".join(pair) for pair in learned["merges"]]
    vocabulary = [*dict.fromkeys([*whole, *merged]), START, END]
    return CLIPTokenizer(
        vocab={token: at for at, token in enumerate(vocabulary)},
        merges=[tuple(pair) for pair in learned["merges"]],
        model_max_length=LENGTH,
    )


def build_model(tokenizer: CLIPTokenizer) -> CLIPModel:
    shape = {"hidden_size": WIDTH, "intermediate_size": 4 * WIDTH, "num_hidden_layers": 2, "num_attention_heads": 4}
    text = {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": LENGTH,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = {"image_size": SIDE, "patch_size": PATCH}
    return CLIPModel(CLIPConfig(text_config=shape | text, vision_config=shape | vision, projection_dim=WIDTH))


class Text(nn.Module):
    """input_ids (batch, length) → text_embeds (batch, dim), as exports of CLIP have it."""

    def __init__(self, clip: CLIPModel) -> None:
        super().__init__()
        self.clip = clip

    def forward(self, input_ids: Tensor) -> Tensor:
        pooled: Tensor = self.clip.get_text_features(input_ids=input_ids).pooler_output
        return pooled


class Vision(nn.Module):
    """pixel_values (batch, 3, side, side) → image_embeds (batch, dim)."""

    def __init__(self, clip: CLIPModel) -> None:
        super().__init__()
        self.clip = clip

    def forward(self, pixel_values: Tensor) -> Tensor:
        pooled: Tensor = self.clip.get_image_features(pixel_values=pixel_values).pooler_output
        return pooled


def export(clip: CLIPModel, folder: Path) -> float:
    """Writes onnx/text_model.onnx and onnx/vision_model.onnx; returns their largest difference from PyTorch."""
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    ids = torch.randint(0, clip.config.text_config.vocab_size - 2, (3, 12))
    ids[:, -1] = clip.config.text_config.eos_token_id
    parts = [
        ("text_model", Text(clip).eval(), "input_ids", "text_embeds", ids, {0: "batch", 1: "length"}),
        (
            "vision_model",
            Vision(clip).eval(),
            "pixel_values",
            "image_embeds",
            torch.randn(3, 3, SIDE, SIDE),
            {0: "batch"},
        ),
    ]
    worst = 0.0
    for name, module, given, made, example, axes in parts:
        file = folder / "onnx" / f"{name}.onnx"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module,
                (example,),
                str(file),
                input_names=[given],
                output_names=[made],
                dynamic_axes={given: axes, made: {0: "batch"}},
                opset_version=18,
                dynamo=False,
            )
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        # Another batch and another length than the export saw.
        other = example[:2] if name == "vision_model" else torch.cat([example[:2, :4], example[:2, -1:]], 1)
        (found,) = session.run(None, {given: other.numpy()})
        with torch.no_grad():
            worst = max(worst, float((torch.from_numpy(found) - module(other)).abs().max()))
    return worst


@torch.no_grad()
def examine(clip: CLIPModel, tokenizer: CLIPTokenizer, rooms: list[Room], pixels: Tensor) -> dict[str, float]:
    """Share of pictures whose own text is the nearest of all; how often the nearest picture has an answer of the same
    colour."""
    texts = tokenizer([captions(room)[1] for room in rooms], padding=True, return_tensors="pt")
    said = F.normalize(clip.get_text_features(**texts).pooler_output, dim=-1)
    seen = F.normalize(clip.get_image_features(pixel_values=pixels).pooler_output, dim=-1)
    found = (seen @ said.T).argmax(1) == torch.arange(len(rooms))
    colours = np.array([room.colour for room in rooms])
    nearest = (seen @ seen.T).fill_diagonal_(-1).argmax(1).numpy()
    return {
        "found": round(found.float().mean().item(), 3),
        "nearest_has_its_colour": round(float((colours == colours[nearest]).mean()), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    rooms, valid = load_rooms(args.rooms, "pool"), load_rooms(args.rooms, "test")
    tokenizer = build_tokenizer([text for room in rooms for text in captions(room)])
    processor = CLIPImageProcessor(
        do_resize=True, size={"shortest_edge": SIDE}, do_center_crop=True, crop_size={"height": SIDE, "width": SIDE}
    )
    clip = build_model(tokenizer)
    optimizer = torch.optim.AdamW(clip.parameters(), LEARNING_RATE, weight_decay=0.05)
    schedule = CosineAnnealingLR(optimizer, STEPS, LEARNING_RATE / 50)
    began = time.monotonic()

    def look(some: list[Room]) -> Tensor:
        pixels: Tensor = processor(images=[room.pixels for room in some], return_tensors="pt")["pixel_values"]
        return pixels

    for step in range(1, STEPS + 1):
        some = [rooms[int(at)] for at in rng.integers(0, len(rooms), BATCH)]
        texts = [captions(room)[int(rng.integers(2))] for room in some]
        ids = tokenizer(texts, padding=True, return_tensors="pt")
        loss = clip(**ids, pixel_values=look(some), return_loss=True).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(clip.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0:
            say({"step": step, "loss": round(loss.item(), 4), "seconds": round(time.monotonic() - began)})

    # As they are stored, so that the graphs are those of the checkpoint.
    clip = clip.eval().half().float()
    measured = examine(clip, tokenizer, valid, look(valid))
    say(dict(measured))
    difference = export(clip, args.out)
    if difference > TOLERANCE:
        raise SystemExit(f"{args.out}/onnx differs from the checkpoint by {difference:.2g}.")
    clip.half().save_pretrained(args.out)
    tokenizer.save_pretrained(args.out)
    processor.save_pretrained(args.out)
    how = {"seed": args.seed, "rooms": len(rooms), "steps": STEPS, "batch": BATCH}
    write_made_by(args.out, how, measured | {"onnx_difference": difference})
    sys.stdout.write(f"{sum(p.numel() for p in clip.parameters()):,} parameters in {args.out}\n")


if __name__ == "__main__":
    main()
