"""Lets a checkpoint of MLX speak to a training's prompts, for checks on Apple silicon: image tokens and completions.
Runs in an environment of its own (envs/mlx.lock), which has no torch.

    python -m runners.mlx_speak request.json

request: {mlx: a folder, or a checkpoint's name on Hugging Face, which is fetched; items: [{row, id, images: how many,
messages: as in runners.prompt, their image paths absolute}]; check: {questions, completions, sampling}; min_pixels,
max_pixels, seed, output, lock}.
Writes output/measured.json as runners.check does, without what only a training knows.
"""

import json
from pathlib import Path
from typing import Any

from runners.failure import Failure
from runners.locks import lock
from runners.protocol import Body, Channel, field, number, optional, run_job
from runners.repetition import repetition

# As runners.families has them.
KNOWN = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe")
ALIVE: Body = {"event": "alive"}


def main() -> None:
    """Runs the job named on the command line."""
    run_job(speak)


def speak(request: Body, channel: Channel) -> dict[str, float]:
    """Measures, and writes what was found."""
    path = optional(request, "lock", str)
    if path is not None:
        lock(path)
    try:
        found = _speak(request, channel)
    except Failure:
        raise
    except Exception as error:  # What MLX raises has classes of its own, and is told as it is.
        raise Failure("ChildError", f"mlx-vlm failed: {type(error).__name__}: {error}") from error
    output = Path(field(request, "output", str)) / "measured.json"
    output.write_text(json.dumps(found, allow_nan=False), encoding="utf-8")
    return {"looked": float(found["looked"])}


def _speak(request: Body, channel: Channel) -> Body:
    folder = folder_of(field(request, "mlx", str), channel)
    config = config_of(folder)

    import mlx.core as mx
    from mlx_vlm import generate, load
    from mlx_vlm.utils import prepare_inputs

    try:
        model, processor = load(str(folder))
    except (TypeError, ValueError, KeyError) as error:
        raise Failure(
            "BadInput",
            f"mlx-vlm cannot load {folder}: {error}. Checkpoints of the mlx-community fit; one in the shape of "
            "transformers has to be converted (python -m mlx_vlm.convert).",
        ) from error
    processor.image_processor.size = {
        "shortest_edge": field(request, "min_pixels", int),
        "longest_edge": field(request, "max_pixels", int),
    }
    how = field(request, "check", dict)
    sampling = field(how, "sampling", dict)
    most = field(sampling, "max_new_tokens", int)
    items = field(request, "items", list)
    prompts, texts = [], {}
    for item in items:
        text = processor.apply_chat_template(item["messages"], tokenize=False, add_generation_prompt=True)
        inputs = prepare_inputs(processor, images=images_of(item) or None, prompts=text)
        ids = inputs["input_ids"][0].tolist()
        tokens = len(ids) + most
        seen = {"images": item["images"], "image_tokens": ids.count(config["image_token_id"]), "tokens": tokens}
        prompts.append({"id": item["id"], **seen})
        texts[item["row"]] = text
        channel.send(ALIVE)

    said = []
    for item in items[: field(how, "questions", int)]:
        completions = []
        for k in range(field(how, "completions", int)):
            mx.random.seed(hash((field(request, "seed", int), item["row"], k)) % 2**31)
            drawn = generate(
                model,
                processor,
                texts[item["row"]],
                image=images_of(item) or None,
                max_tokens=most,
                temperature=number(sampling, "temperature"),
                top_p=number(sampling, "top_p"),
                top_k=field(sampling, "top_k", int),
                min_p=number(sampling, "min_p"),
                repetition_penalty=number(sampling, "repetition_penalty"),
                verbose=False,
            )
            completions.append(completion(drawn))
            channel.send(ALIVE)
        said.append({"row": item["row"], "completions": completions})
    measured = {"looked": len(items), "context": context_of(config), "prompts": prompts, "said": said}
    rest: Body = {"answers": [], "alike": [], "sides": 0, "refused": [], "pairs": None, "step": None}
    return {"rows": field(request, "of", int), **measured, **rest, "memory": mx.get_peak_memory(), "of": None}


def completion(drawn: Any) -> Body:
    """One of mlx-vlm's results as runners.check has it; the end token is none of its text."""
    ended = drawn.finish_reason == "stop"
    ids = list(drawn.token_ids)[: -1 if ended else None]
    finish = "stop" if ended else "length"
    return {"text": drawn.text, "finish": finish, "tokens": len(ids), "repetition": repetition(ids)}


def images_of(item: Body) -> list[str]:
    """The paths of the images that a prompt shows."""
    return [part["image"] for message in item["messages"] for part in message["content"] if part["type"] == "image"]


def config_of(folder: Path) -> Body:
    """The checkpoint's config.json, of a family that the runners know."""
    try:
        config: Body = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure("BadInput", f"The checkpoint {folder} has no readable config.json: {error}") from error
    kind = config.get("model_type")
    if kind not in KNOWN:
        raise Failure("BadInput", f'The checkpoint {folder} is of type "{kind}"; {", ".join(KNOWN)} are known.')
    return config


def context_of(config: Body) -> int:
    """How many tokens it has places for; older configurations have the language model's at the top."""
    places: int = {**config, **config.get("text_config", {})}["max_position_embeddings"]
    return places


def folder_of(named: str, channel: Channel) -> Path:
    """The folder of a checkpoint; one that only has a name is fetched into Hugging Face's cache."""
    if Path(named).is_absolute():
        return Path(named)
    from huggingface_hub import snapshot_download

    channel.send(ALIVE)
    try:
        return Path(snapshot_download(named))
    except Exception as error:
        raise Failure(
            "BadInput",
            f"{named} is not in the cache and cannot be fetched ({type(error).__name__}): without a network, fetch it "
            "where there is one and name its folder with --model.",
        ) from error


if __name__ == "__main__":
    main()
