"""Is the cold start fluent and ignorant? Samples it and counts.

    python demo/train/check_planner.py demo/snowball/planner --scenes valid

Prints the share of well-formed replies, which views each family of questions gets, and the chance (chi-square) of
seeing families differ this much if the views did not depend on them.
"""

import argparse
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scenes import GIVEN, load_scenes
from tokens import PROMPTS, WORDS
from transformers import Qwen3VLForConditionalGeneration, Qwen3VLProcessor

WELL_FORMED = re.compile(
    r"<thinking>[^<]*</thinking><instructions><instruction>([^<]+)</instruction></instructions>", re.A
)
EDITS = {text: name for kind in ("cameras", "useless") for name, texts in WORDS[kind].items() for text in texts}
BATCH = 50


def chi_square_chance(table: np.ndarray, draws: int = 2000) -> float:
    """Share of tables with the same margins, drawn at random, whose chi-square is at least this one's."""
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
    seen = ((table - expected) ** 2 / expected).sum()
    rows = np.repeat(np.arange(table.shape[0]), table.sum(1))
    columns = np.repeat(np.arange(table.shape[1]), table.sum(0))
    rng = np.random.default_rng(0)
    beyond = 0
    for _ in range(draws):
        drawn = np.zeros_like(table)
        np.add.at(drawn, (rows, rng.permutation(columns)), 1)
        beyond += ((drawn - expected) ** 2 / expected).sum() >= seen
    return beyond / draws


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scenes", type=Path, required=True)
    args = parser.parse_args()
    torch.manual_seed(0)
    model = Qwen3VLForConditionalGeneration.from_pretrained(args.folder, dtype=torch.float32).eval()
    processor = Qwen3VLProcessor.from_pretrained(args.folder)
    scenes = load_scenes([args.scenes])

    counts: dict[str, Counter[str]] = {}
    for at in range(0, len(scenes), BATCH):
        messages = []
        for scene in range(at, min(at + BATCH, len(scenes))):
            prompt = PROMPTS["toy.template"].format(question=scenes.items[scene]["question"], max_instructions=1)
            image = {"type": "image", "image": Image.fromarray(scenes.picture(scene, GIVEN)[0])}
            system = {"role": "system", "content": [{"type": "text", "text": PROMPTS["toy.system"]}]}
            messages.append([system, {"role": "user", "content": [image, {"type": "text", "text": prompt}]}])
        inputs = processor.apply_chat_template(
            messages,
            tokenize=True,
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True, "padding_side": "left"},
        )
        ids = model.generate(**inputs, max_new_tokens=64, do_sample=True, temperature=0.9, top_p=0.95, top_k=0)
        texts = processor.batch_decode(ids[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        for scene, text in enumerate(texts, at):
            match = WELL_FORMED.fullmatch(text)
            said = EDITS.get(match.group(1), "unknown") if match else "malformed"
            counts.setdefault(scenes.items[scene]["family"], Counter())[said] += 1

    names = sorted({name for family in counts.values() for name in family})
    table = np.array([[counts[family][name] for name in names] for family in counts])
    sys.stdout.write(f"{'':10}" + "".join(f"{name:>11}" for name in names) + "\n")
    for family, row in zip(counts, table, strict=True):
        sys.stdout.write(f"{family:10}" + "".join(f"{value:11d}" for value in row) + "\n")
    malformed = sum(family["malformed"] for family in counts.values())
    sys.stdout.write(f"well-formed {1 - malformed / table.sum():.3f} of {table.sum()}\n")
    sys.stdout.write(f"chance of such differences between families: {chi_square_chance(table):.3f}\n")


if __name__ == "__main__":
    main()
