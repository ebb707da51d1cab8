"""Supervised fine-tuning by LLaMA-Factory, in its own environment: an adapter, or the whole network.

    .tools/llama-factory/bin/python -m runners.llama_factory request.json

request: that of runners.train, and `given`: a folder with dataset_info.json, rows.json (sharegpt) and train.yaml, in
which the folders of the attempt, the data set, the template and the seed are left out.
Writes output/model_lora/, or output/model_full/ when the YAML's finetuning_type is full. Resumes from a checkpoint.
Not supported: several processes, checkpoints that are no Qwen-VL, other stages than sft.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from runners.device import claim_device
from runners.failure import Failure
from runners.growth import tell_growth
from runners.protocol import Body, Channel, field, optional, run_job

# LLaMA-Factory's names of chat templates. Those without a thought of their own leave an answer as it is.
TEMPLATES = {
    "qwen2_vl": "qwen2_vl",
    "qwen2_5_vl": "qwen2_vl",
    "qwen3_vl": "qwen3_vl_nothink",
    "qwen3_vl_moe": "qwen3_vl_nothink",
    "qwen3_5": "qwen3_5_nothink",
}

DATASET = "rows"


def main() -> None:
    """Runs the job named on the command line."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Everything that it reads is on this host.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    run_job(train_aloud)


def train_aloud(request: Body, channel: Channel) -> dict[str, float]:
    """Trains, and is not silent while it writes."""
    tell_growth(channel, [Path(field(request, "checkpoints", str)), Path(field(request, "output", str))])
    return train(request, channel)


def train(request: Body, channel: Channel) -> dict[str, float]:
    """Trains, writes the policy, and returns the summary metrics."""
    compute = claim_device(request)
    given = Path(field(request, "given", str))
    model = Path(field(request, "model", str))

    import yaml  # type: ignore[import-untyped]

    asked: Body = yaml.safe_load((given / "train.yaml").read_text(encoding="utf-8"))
    tuning = str(asked.get("finetuning_type", "lora"))
    full = tuning == "full"
    if full != (field(request, "settings", dict).get("tuning") == "full") or tuning not in ("full", "lora"):
        raise Failure("BadInput", f"The YAML's finetuning_type is {tuning}, which the recipe's tuning is not.")
    if asked.get("stage", "sft") != "sft":
        raise Failure("BadInput", f"The YAML's stage is {asked['stage']}; sft is needed.")

    from llamafactory.train.tuner import run_exp  # type: ignore[import-not-found]
    from transformers import TrainerCallback

    from runners.checkpoint import check_checkpoint
    from runners.report import METRICS, Report, metrics_of, summary

    resume_from = optional(request, "resume_from", str)
    if resume_from is not None:
        check_checkpoint(Path(resume_from), full=full)
    told = asked | folders_of(request, given, model) | {"use_cpu": compute.device.type == "cpu"}

    class Watch(TrainerCallback):  # type: ignore[misc]
        """Refuses rows that would be cut, and keeps what was logged."""

        def __init__(self) -> None:
            self.logs: list[Body] = []
            self.rows = 0

        def on_train_begin(self, args: Any, state: Any, control: Any, train_dataloader: Any = None, **_: Any) -> None:
            rows = train_dataloader.dataset
            self.rows = len(rows)
            limit = int(told.get("cutoff_len", 2048))
            cut = [place for place, row in enumerate(rows) if len(row["input_ids"]) >= limit]
            if cut:
                raise Failure(
                    "BadInput",
                    f"{len(cut)} rows reach cutoff_len ({limit} tokens), the first is row {cut[0] + 1}: "
                    "their ends would be cut off. A larger cutoff_len, or a smaller max_pixels, is needed.",
                )

        def on_log(self, args: Any, state: Any, control: Any, logs: Body, **_: Any) -> None:
            if "loss" in logs:
                self.logs.append({"step": state.global_step, **logs})

    watch = Watch()
    run_exp(told, callbacks=[watch, Report(channel, METRICS, scaled=bool(told.get("fp16")))])

    checkpoints, output = Path(field(request, "checkpoints", str)), Path(field(request, "output", str))
    dtype = field(request, "dtype", str)
    saved = keep_whole(checkpoints, model, output, dtype) if full else keep_adapter(checkpoints, output)
    steps = [metrics_of(entry, METRICS) for entry in watch.logs]
    made = {"answers": float(watch.rows), "steps": float(watch.logs[-1]["step"])}
    return summary(steps) | saved | made


def folders_of(request: Body, given: Path, model: Path) -> Body:
    """What is this attempt's, and what the run decides whatever the YAML says."""
    from runners.train import seed_of

    kind = json.loads((model / "config.json").read_text(encoding="utf-8")).get("model_type")
    if kind not in TEMPLATES:
        raise Failure("BadInput", f"{model} is a {kind}; LLaMA-Factory is told templates of {', '.join(TEMPLATES)}.")
    checkpoints = field(request, "checkpoints", str)
    return {
        "model_name_or_path": str(model),
        "template": TEMPLATES[kind],
        "dataset": DATASET,
        "dataset_dir": str(given),
        "media_dir": field(request, "image_root", str),
        "output_dir": checkpoints,
        "overwrite_output_dir": True,
        "overwrite_cache": True,
        "preprocessing_num_workers": 1,
        "resume_from_checkpoint": optional(request, "resume_from", str),
        "save_strategy": "steps",
        "save_steps": field(field(request, "settings", dict), "save_steps", int),
        "save_only_model": False,
        "logging_steps": 1,
        "plot_loss": False,
        "report_to": "none",
        "seed": seed_of(request),
        "data_seed": seed_of(request),
    }


def keep_adapter(trained: Path, output: Path) -> dict[str, float]:
    """The adapter as the house keeps one: no path of this host in it."""
    from runners.adapter import CONFIG, WEIGHTS, tensor_shapes

    folder = output / "model_lora"
    folder.mkdir(parents=True)
    tensor_shapes(trained / WEIGHTS)
    shutil.copyfile(trained / WEIGHTS, folder / WEIGHTS)
    config = json.loads((trained / CONFIG).read_text(encoding="utf-8")) | {"base_model_name_or_path": None}
    # What PEFT keeps as a set is in no order.
    config["target_modules"] = sorted(config["target_modules"])
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return {}


def keep_whole(trained: Path, base: Path, output: Path, dtype: str) -> dict[str, float]:
    """The checkpoint in the recipe's dtype, with the base's tokenizer, processor and templates beside it: those that
    another version of transformers writes may be read otherwise."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    from runners.device import dtype_of
    from runners.whole import WEIGHTS, check_tensors, check_trained, declared

    folder = output / "model_full"
    folder.mkdir(parents=True)
    for path in sorted(base.iterdir()):
        is_weights = path.suffix in (".safetensors", ".bin", ".onnx") or path.name.endswith(".index.json")
        if path.is_file() and not is_weights:
            shutil.copyfile(path, folder / path.name)
    tensors = {}
    for name, home in sorted(check_tensors(trained).items()):
        with safe_open(home, framework="pt") as file:
            tensors[name] = file.get_tensor(name).to(dtype_of(dtype)).contiguous()
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    config = declared(json.loads((base / "config.json").read_text(encoding="utf-8")), dtype)
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return {"changed": check_trained(folder, base, ("lm_head.weight",))}


if __name__ == "__main__":
    main()
