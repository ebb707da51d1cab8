"""Pictures and texts through the toy CLIP that the demo ships."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from runners.embed import embed
from runners.failure import Failure

CLIP = Path(__file__).resolve().parents[2] / "demo/pointer/clip"


class Heard:
    """A channel that remembers."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def send(self, body: dict[str, Any]) -> None:
        self.steps.append(body["step"])


def embedded(
    folder: Path, pictures: list[Path], texts: list[str], **change: Any
) -> tuple[Any, Any, dict[str, float], Heard]:
    """Vectors of the pictures and of the texts, the job's metrics, and what it said."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "images.json").write_text(json.dumps([str(path) for path in pictures]))
    (folder / "texts.json").write_text(json.dumps(texts))
    files = {"images": str(folder / "images.json"), "texts": str(folder / "texts.json"), "output": str(folder)}
    compute = {"device": "cpu", "threads": 1, "lock": None, "dtype": "float32", "attn_implementation": "sdpa"}
    heard = Heard()
    metrics = embed({"model": str(CLIP), "micro_batch": 2} | files | compute | change, heard)  # type: ignore[arg-type]
    image, text = (
        np.fromfile(folder / f"{name}.f32", "<f4").reshape(count, -1)
        for name, count in (("image", len(pictures)), ("text", len(texts)))
    )
    return image, text, metrics, heard


def pictures_in(folder: Path) -> list[Path]:
    paths = []
    for at, colour in enumerate(("red", "green", "blue")):
        paths.append(folder / f"{at}.png")
        Image.new("RGB", (128, 128), colour).save(paths[-1])
    return paths


def test_rows_are_unit_and_do_not_depend_on_their_batch(tmp_path: Path) -> None:
    pictures = pictures_in(tmp_path)
    texts = ["What is beside the red box?", "cone", "What stands next to the blue cone, where the red floor is?"]
    image, text, metrics, heard = embedded(tmp_path / "together", pictures, texts)
    assert metrics == {"dim": 64, "cut_texts": 0, "micro_batch": 2}
    assert heard.steps == [2, 3, 5, 6]
    for rows in (image, text):
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    alone, said, _, _ = embedded(tmp_path / "alone", pictures[2:], texts[2:], micro_batch=1)
    assert alone[0] == pytest.approx(image[2], abs=1e-5)
    assert said[0] == pytest.approx(text[2], abs=1e-5)


def test_a_text_that_is_too_long_is_cut_and_counted(tmp_path: Path) -> None:
    _, _, metrics, _ = embedded(tmp_path, pictures_in(tmp_path)[:1], ["cone " * 60, "cone"])
    assert metrics["cut_texts"] == 1


def test_broken_weights_and_lacking_ones_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(CLIP, broken)
    tensors = load_file(broken / "model.safetensors")
    name = "visual_projection.weight"
    save_file(tensors | {name: tensors[name] * float("nan")}, broken / "model.safetensors", {"format": "pt"})
    with pytest.raises(Failure, match="a vector without a length"):
        embedded(tmp_path / "out", pictures_in(tmp_path), ["cone"], model=str(broken))
    save_file(
        {key: value for key, value in tensors.items() if key != name}, broken / "model.safetensors", {"format": "pt"}
    )
    with pytest.raises(Failure, match="lacks 1 tensors, the first is visual_projection"):
        embedded(tmp_path / "out", pictures_in(tmp_path), ["cone"], model=str(broken))
