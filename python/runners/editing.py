"""Views of given images: in batches where they can be, each with noise of its own, each a whole file."""

import hashlib
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from runners.batching import in_micro_batches
from runners.flux2_klein import check_settings, declined
from runners.pictures import read_picture
from runners.protocol import Body, field, number, optional

OUT_OF_MEMORY = "lower executor.width and height or max_input_pixels, or offload the model"


@dataclass(frozen=True)
class Settings:
    """What shapes every view of a request. A given image of more than `max_input_pixels` is reduced to as many."""

    width: int
    height: int
    steps: int
    guidance: float
    max_input_pixels: int

    @staticmethod
    def parse(body: Body) -> "Settings":
        """Reads a request's `settings`; every one must be there."""
        return Settings(
            width=field(body, "width", int),
            height=field(body, "height", int),
            steps=field(body, "num_inference_steps", int),
            guidance=number(body, "guidance_scale"),
            max_input_pixels=field(body, "max_input_pixels", int),
        )


def edit(
    pipeline: Any, items: Sequence[Body], settings: Settings, micro_batch: int, progress: Callable[[int, int], None]
) -> tuple[list[Body], int]:
    """Writes every item's view. The pipeline reads several images as references of one view, so only neighbours in
    `items` with the same images share a micro-batch. Returns the results and the size that it ended with."""
    check_settings(pipeline, settings.width, settings.height, settings.guidance)
    results: list[Body] = []
    for paths, group in itertools.groupby(items, key=given_paths):
        given = [given_image(path, settings.max_input_pixels) for path in paths]
        views = [(item, declined(pipeline, given, field(item, "instruction", str))) for item in group]
        wanted = [item for item, reason in views if reason is None]

        def beat(done: int, before: int = len(results)) -> None:
            progress(before + done, len(items))

        micro_batch = _write_views(pipeline, given, wanted, settings, micro_batch=micro_batch, beat=beat)
        results += [{"status": "refused", "reason": reason} if reason else {"status": "ok"} for _, reason in views]
        progress(len(results), len(items))
    return results, micro_batch


def _write_views(
    pipeline: Any,
    given: list[Image.Image],
    items: Sequence[Body],
    settings: Settings,
    *,
    micro_batch: int,
    beat: Callable[[int], None],
) -> int:
    written: list[Path] = []

    def each_step(*_: Any) -> Body:
        # A large batch takes minutes, in which silence would mean that the process hangs.
        beat(len(written))
        return {}

    def work(batch: Sequence[Body]) -> list[Path]:
        pictures = pipeline(
            image=given,
            prompt=[item["instruction"] for item in batch],
            width=settings.width,
            height=settings.height,
            num_inference_steps=settings.steps,
            guidance_scale=settings.guidance,
            generator=[noise_of(field(item, "seed", str)) for item in batch],
            callback_on_step_end=each_step,
            callback_on_step_end_tensor_inputs=[],
        ).images
        paths = [Path(field(item, "output", str)) for item in batch]
        for picture, path in zip(pictures, paths, strict=True):
            write_png(picture, path)
        written.extend(paths)
        return paths

    return in_micro_batches(items, micro_batch, work, lambda done, _: beat(done), OUT_OF_MEMORY)[1]


def noise_of(seed: str) -> torch.Generator:
    """A view's own generator. On the CPU whatever the device, so that equal seeds are equal noise everywhere."""
    block = hashlib.sha256(seed.encode()).digest()
    return torch.Generator("cpu").manual_seed(int.from_bytes(block[:8], "little"))


def given_paths(item: Body) -> list[str]:
    """The image that a view is an edit of, and those beside it."""
    references: list[str] = optional(item, "references", list) or []
    return [field(item, "image", str), *references]


def given_image(path: str, max_pixels: int) -> Image.Image:
    """The image to edit, reduced to at most `max_pixels` with its aspect kept."""
    image = read_picture(path)
    scale = math.sqrt(max_pixels / (image.width * image.height))
    if scale >= 1:
        return image
    return image.resize((int(image.width * scale), int(image.height * scale)), Image.Resampling.LANCZOS)


def write_png(picture: Image.Image, path: Path) -> None:
    """Writes a view so that its name never stands for half a file."""
    partial = path.with_name(f"{path.name}.partial")
    picture.save(partial, format="PNG")
    partial.replace(path)
