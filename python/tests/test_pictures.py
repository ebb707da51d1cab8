"""Pictures are read to the pixels that src/image/picture.ts reads: both are compared with the same list."""

import hashlib
import json
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from runners.failure import Failure
from runners.pictures import read_picture

PICTURES = Path(__file__).parents[2] / "test" / "fixtures" / "pictures"
PIXELS: dict[str, str] = json.loads((PICTURES / "pixels.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PIXELS)
def test_the_pixels_are_those_of_the_list(name: str) -> None:
    picture = read_picture(str(PICTURES / name))
    assert picture.mode == "RGB"
    head = f"{picture.width}x{picture.height}\n".encode()
    assert hashlib.sha256(head + picture.tobytes()).hexdigest() == PIXELS[name]


@pytest.mark.parametrize("path", sorted(PICTURES.glob("*.refused.*")), ids=lambda path: path.name)
def test_what_is_refused_at_import_is_refused_here_too(path: Path) -> None:
    with pytest.raises(Failure, match="cannot be read") as refusal:
        read_picture(str(path))
    assert refusal.value.kind == "BadInput"


def test_a_picture_without_oddities_is_what_pillow_alone_makes_of_it() -> None:
    for name in ["rgb8.png", "plain.jpg", "grey.jpg", "rgb8-alpha.png", "alpha.webp"]:
        with Image.open(PICTURES / name) as image:
            assert read_picture(str(PICTURES / name)).tobytes() == image.convert("RGB").tobytes()
            assert ImageOps.exif_transpose(image).tobytes() == image.tobytes()


def test_avif_is_read_if_not_to_the_last_digit(tmp_path: Path) -> None:
    Image.new("RGB", (24, 16), "red").save(tmp_path / "a.avif")
    assert read_picture(str(tmp_path / "a.avif")).size == (24, 16)
