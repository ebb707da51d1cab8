"""Given images and views as every role sees them: src/image/picture.ts decodes them to the same pixels."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from runners.failure import Failure


def read_picture(path: str) -> Image.Image:
    """The image in 8-bit RGB, turned the way that its file says. Transparency and colour profiles are left out, as by
    the image processors of transformers; of 16 bits the upper 8 are taken; of several frames the first."""
    try:
        # From a stream: files are mapped into memory, and mapped TIFFs that are to be turned come out torn (Pillow 13).
        with Path(path).open("rb") as file, Image.open(file) as image:
            return ImageOps.exif_transpose(_eight_bits(image)).convert("RGB")
    # Pillow says of a file that it cannot read by any of these.
    except (OSError, SyntaxError, ValueError) as error:
        raise Failure("BadInput", f"The image {path} cannot be read: {error}") from error


def _eight_bits(image: Image.Image) -> Image.Image:
    """convert() cuts what is brighter than 8 bits can say: a picture of 16 bits would be white."""
    if image.mode in ("I", "F"):
        raise ValueError(f"its pixels have 32 bits ({image.mode}); save it with 8 bits of grey or colour")
    if not image.mode.startswith("I;16"):
        return image
    upper = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    upper.info = image.info
    return upper
