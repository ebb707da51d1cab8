"""Embeds pictures and texts with CLIP, as a job: vectors of length 1 in the space that both share.

    python -m runners.embed request.json

request: {model: folder; images: JSON array of paths; texts: JSON array of texts; output: folder; micro_batch; device,
threads, lock, dtype, attn_implementation}.
Writes output/image.f32 and output/text.f32: little-endian, a row after the other, in the order that was asked. `done`
says the length of a vector, and how many texts were longer than the model reads and were cut.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runners.device import Compute, claim_device
from runners.failure import Failure
from runners.protocol import Body, Channel, field, run_job


def main() -> None:
    """Runs the job named on the command line."""
    run_job(embed)


def embed(request: Body, channel: Channel) -> dict[str, float]:
    """Writes both files; returns dim, cut_texts and the micro-batch that fitted."""
    compute = claim_device(request)
    import torch

    from runners.batching import in_micro_batches
    from runners.pictures import read_picture

    images, texts = (_listed(request, name) for name in ("images", "texts"))
    output, asked = Path(field(request, "output", str)), field(request, "micro_batch", int)
    model, tokenizer, processor = load_clip(field(request, "model", str), compute)
    most = model.config.text_config.max_position_embeddings
    total, cut = len(images) + len(texts), 0

    @torch.inference_mode()
    def see(batch: Sequence[str]) -> list[torch.Tensor]:
        pixels = processor(images=[read_picture(path) for path in batch], return_tensors="pt")["pixel_values"]
        found = model.get_image_features(pixel_values=pixels.to(compute.device, compute.dtype))
        return rows_of(found.pooler_output)

    @torch.inference_mode()
    def read(batch: Sequence[str]) -> list[torch.Tensor]:
        ids = tokenizer(list(batch), padding=True, truncation=True, max_length=most, return_tensors="pt")
        return rows_of(model.get_text_features(**ids.to(compute.device)).pooler_output)

    def tell(before: int) -> Any:
        return lambda done, _: channel.send({"event": "progress", "step": before + done, "total": total, "metrics": {}})

    advice = "a smaller CLIP is needed"
    seen, fits = in_micro_batches(images, asked, see, tell(0), advice)
    cut = sum(len(ids) > most for ids in tokenizer(texts)["input_ids"]) if texts else 0
    said, smaller = in_micro_batches(texts, asked, read, tell(len(images)), advice)
    for name, rows in (("image", seen), ("text", said)):
        (output / f"{name}.f32").write_bytes(b"".join(row.numpy().astype("<f4").tobytes() for row in rows))
    return {"dim": model.config.projection_dim, "cut_texts": cut, "micro_batch": min(fits, smaller)}


def rows_of(features: Any) -> list[Any]:
    """Each row in float32 at length 1; a row that has none says so."""
    rows = features.float().cpu()
    norms = rows.norm(dim=-1, keepdim=True)
    if not bool((norms.isfinite() & (norms > 0)).all()):
        raise Failure("ChildError", "CLIP made a vector without a length: its weights or its dtype are broken.")
    return list(rows / norms)


def load_clip(folder: str, compute: Compute) -> tuple[Any, Any, Any]:
    """Model, tokenizer and image processor, by their own classes: a checkpoint that lacks a tensor is refused."""
    from transformers import CLIPImageProcessor, CLIPModel, CLIPTokenizer, logging

    from runners.weights import check_loaded, check_weights

    logging.disable_progress_bar()
    check_weights(Path(folder))
    model, loading = CLIPModel.from_pretrained(
        folder,
        dtype=compute.dtype,
        attn_implementation=compute.attn_implementation,
        use_safetensors=True,
        output_loading_info=True,
    )
    check_loaded(folder, loading)
    processor = CLIPImageProcessor.from_pretrained(folder)
    return model.to(compute.device).eval(), CLIPTokenizer.from_pretrained(folder), processor


def _listed(request: Body, name: str) -> list[str]:
    listed: list[str] = json.loads(Path(field(request, name, str)).read_text(encoding="utf-8"))
    return listed


if __name__ == "__main__":
    main()
