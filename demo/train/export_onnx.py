"""Exports a toy checkpoint for onnxruntime: `<folder>/onnx/model.onnx` and `grid.json`, checked against transformers.

    python demo/train/export_onnx.py demo/snowball/critic

The graph holds Qwen3-VL for images of one fixed size: pixels go in as bytes, positions and the causal mask are
arithmetic on the token ids, so that a caller needs a tokenizer and an image decoder, and nothing else.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import torch
from fixed_grid import FixedGrid
from PIL import Image
from scenes import CELLS, SIDE
from transformers import Qwen3VLForConditionalGeneration, Qwen3VLProcessor

TOLERANCE = 1e-3
"""Largest difference of a log-probability from transformers' that is let through."""


def export(folder: Path) -> float:
    """Writes the graph; returns the largest difference of log-probabilities on a padded batch of random pictures."""
    model = Qwen3VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    processor = Qwen3VLProcessor.from_pretrained(folder)
    (folder / "onnx").mkdir(exist_ok=True)
    target = folder / "onnx" / "model.onnx"

    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)
    images = [Image.fromarray(each) for each in pixels]
    messages = [
        [
            {
                "role": "user",
                "content": [*({"type": "image", "image": each} for each in some), {"type": "text", "text": text}],
            }
        ]
        for some, text in [(images[:2], "What is behind the grey block?"), (images[2:], "What lies in the white tub?")]
    ]
    inputs = processor.apply_chat_template(
        messages,
        tokenize=True,
        add_generation_prompt=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True, "padding_side": "right"},
    )
    with torch.no_grad():
        expected = model(**inputs).logits

    # The exporter of the newer kind does not follow the library's attention and mask functions; this one is frozen
    # but complete, and says so in warnings.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            FixedGrid(model, SIDE).eval(),
            (inputs["input_ids"], torch.from_numpy(pixels)),
            str(target),
            input_names=["input_ids", "pixels"],
            output_names=["logits"],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "length"},
                "pixels": {0: "images"},
                "logits": {0: "batch", 1: "length"},
            },
            opset_version=18,
            dynamo=False,
        )
    (folder / "onnx" / "grid.json").write_text(
        json.dumps({"width": SIDE, "height": SIDE, "image_tokens": CELLS * CELLS}, indent=2) + "\n"
    )
    session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
    (found,) = session.run(["logits"], {"input_ids": inputs["input_ids"].numpy(), "pixels": pixels})
    real = inputs["attention_mask"].bool()
    difference = torch.from_numpy(found).log_softmax(-1)[real] - expected.log_softmax(-1)[real]
    return float(difference.abs().max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    difference = export(folder)
    if difference > TOLERANCE:
        raise SystemExit(f"{folder}/onnx differs from the checkpoint by {difference:.2g} in log-probability.")
    sys.stdout.write(f"{folder}/onnx/model.onnx: log-probabilities within {difference:.2g} of transformers\n")


if __name__ == "__main__":
    main()
