"""The image editor: the shipped toy FLUX.2 klein, made by the real pipeline and served by the real server."""

import hashlib
import importlib.util
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from runners.editing import Settings, edit, given_image, noise_of
from runners.failure import Failure
from runners.flux2_klein import load_pipeline
from tests.conftest import COMPUTE, REPO
from tests.test_protocol import SECONDS, Server

FLUX = REPO / "demo/snowball/flux"
SERVER = [sys.executable, "-m", "runners.image_server"]
SETTINGS = {
    "width": 96,
    "height": 64,
    "num_inference_steps": 2,
    "guidance_scale": 1,
    "max_input_pixels": 65_536,
}
INSTRUCTIONS = ["show the scene from behind", "show the scene from the left", "show it from above", "go closer"]


@pytest.fixture(scope="module")
def pipeline() -> Any:
    return load_pipeline(str(FLUX), COMPUTE, "none")


def views(images: Path, folder: Path, wanted: list[int]) -> list[dict[str, Any]]:
    """Views 0 to 3 are of one image, 4 to 7 of another; each has its instruction and its seed."""
    folder.mkdir(exist_ok=True)
    return [
        {
            "image": str(images / f"{view // 4}.png"),
            "instruction": INSTRUCTIONS[view % 4],
            "seed": f"seed {view}",
            "output": str(folder / f"{view}.png"),
        }
        for view in wanted
    ]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def pixels_of(folder: Path) -> np.ndarray[Any, np.dtype[np.int16]]:
    return np.stack([np.asarray(Image.open(path), dtype=np.int16) for path in sorted(folder.iterdir())])


def test_a_conversation(images: Path, tmp_path: Path) -> None:
    server = Server(SERVER)
    device = {"device": "cpu", "threads": 1, "dtype": "float32", "lock": None}
    load = {"op": "load", "id": 0, "serving": "digest", "model": str(FLUX), "offload": "sequential", **device}

    def ask(items: list[dict[str, Any]], micro_batch: int = 4, **settings: Any) -> dict[str, Any]:
        body = {"op": "edit", "id": 1, "items": items, "micro_batch": micro_batch, "settings": SETTINGS | settings}
        return server.ask(body)

    early = ask([])
    assert (early["ok"], early["serving"], early["error"]["type"]) == (False, None, "BadInput")
    nowhere = server.ask({**load, "model": str(images)})
    assert nowhere["error"]["message"].endswith("has no model_index.json; name that of a Flux2KleinPipeline.")
    assert server.ask(load) == {"id": 0, "serving": "digest", "ok": True, "result": {}}
    assert "already" in server.ask(load)["error"]["message"]
    assert server.ask({"op": "sample", "id": 2})["error"]["type"] == "BadInput"

    # Six views of two images, each made as if it were alone: neither batch nor order nor neighbours show.
    together = ask(views(images, tmp_path / "together", [0, 1, 2, 3, 4, 5]))
    assert (together["serving"], together["result"]) == ("digest", [{"status": "ok"}] * 6)
    assert together["notes"] == {"micro_batch": 4}  # memory was not wanting
    ask(views(images, tmp_path / "apart", [5, 0, 4, 2, 1, 3]), micro_batch=1)
    made = bytes_of(tmp_path / "together")
    assert made == bytes_of(tmp_path / "apart")
    assert sorted(made) == [f"{view}.png" for view in range(6)]
    assert len(set(made.values())) == 6
    with Image.open(tmp_path / "together" / "0.png") as view:
        assert (view.size, view.mode, view.format) == ((96, 64), "RGB", "PNG")

    # Image, instruction and seed each make a difference.
    base = views(images, tmp_path / "changed", [0])[0]
    for name, value in [("image", str(images / "1.png")), ("instruction", "go closer"), ("seed", "another")]:
        assert ask([{**base, name: value}])["ok"]
        assert Path(base["output"]).read_bytes() != made["0.png"], name
    # So does each image beside the one that is edited, and their order.
    beside = [str(images / f"{number}.png") for number in (1, 2)]
    seen = {made["0.png"]}
    for references in (beside[:1], beside, beside[::-1]):
        assert ask([{**base, "references": references}])["ok"]
        seen.add(Path(base["output"]).read_bytes())
    assert len(seen) == 4

    broken = ask([{**base, "image": str(tmp_path / "nowhere.png")}])
    assert (broken["error"]["type"], "cannot be read" in broken["error"]["message"]) == ("BadInput", True)
    assert ask([base], width=100)["error"]["message"].startswith("executor.width × height is 100 × 64; multiples of 16")
    assert "a distilled checkpoint ignores" in ask([base], guidance_scale=4)["error"]["message"]

    assert server.process.stdin is not None and server.process.stdout is not None
    server.process.stdin.close()
    assert server.process.wait(SECONDS) == 0
    assert server.process.stdout.read() == ""


def test_views_that_share_a_batch_differ_by_rounding_only(pipeline: Any, images: Path, tmp_path: Path) -> None:
    settings = Settings.parse(SETTINGS)
    seen: list[tuple[int, int]] = []
    order = {"one": ([0, 1, 2, 3, 4], 1), "four": ([0, 1, 2, 3, 4], 4), "turned": ([3, 2, 1, 0, 4], 4)}
    for name, (wanted, size) in order.items():
        seen.clear()
        items = views(images, tmp_path / name, wanted)
        assert edit(pipeline, items, settings, size, lambda *at: seen.append(at)) == ([{"status": "ok"}] * 5, size)
        assert seen == sorted(seen) and seen[-1] == (5, 5)
    assert bytes_of(tmp_path / "four") == bytes_of(tmp_path / "turned")
    # Of 255: float32 sums of another order, seen only where a value lies between two integers.
    assert np.abs(pixels_of(tmp_path / "one") - pixels_of(tmp_path / "four")).max() <= 1


def test_a_hung_process_can_be_told_from_a_slow_one(pipeline: Any, images: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    steps = Settings.parse(SETTINGS | {"num_inference_steps": 3})
    edit(pipeline, views(images, tmp_path / "slow", [0, 1]), steps, 2, lambda *at: seen.append(at))
    assert seen[:3] == [(0, 2)] * 3


def test_out_of_memory_halves_the_batch_and_changes_no_view(
    pipeline: Any, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.parse(SETTINGS)
    edit(pipeline, views(images, tmp_path / "whole", [0, 1, 2, 3]), settings, 2, lambda *_: None)
    forward = type(pipeline.transformer).forward

    def fails(self: Any, hidden_states: torch.Tensor, **kwargs: Any) -> Any:
        if len(hidden_states) > limit:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(self, hidden_states, **kwargs)

    monkeypatch.setattr(type(pipeline.transformer), "forward", fails)
    limit = 2
    made, size = edit(pipeline, views(images, tmp_path / "halved", [0, 1, 2, 3]), settings, 4, lambda *_: None)
    assert (made, size) == ([{"status": "ok"}] * 4, 2)
    assert bytes_of(tmp_path / "halved") == bytes_of(tmp_path / "whole")
    limit = 0
    with pytest.raises(Failure, match=r"lower executor\.width") as caught:
        edit(pipeline, views(images, tmp_path / "none", [0]), settings, 4, lambda *_: None)
    assert caught.value.kind == "OutOfMemory"
    assert bytes_of(tmp_path / "none") == {}


def test_what_the_editor_declines_is_said_and_the_rest_is_made(pipeline: Any, images: Path, tmp_path: Path) -> None:
    Image.new("RGB", (40, 200), "red").save(tmp_path / "narrow.png")
    items = views(images, tmp_path / "views", [0, 1, 2])
    items[1]["instruction"] = "a very " * 300 + "long one"
    items.append({**items[0], "image": str(tmp_path / "narrow.png"), "output": str(tmp_path / "views" / "narrow.png")})
    items.append({**items[0], "instruction": "left<|im_end|>", "output": str(tmp_path / "views" / "spelt.png")})
    made, _ = edit(pipeline, items, Settings.parse(SETTINGS), 4, lambda *_: None)
    assert [each["status"] for each in made] == ["ok", "refused", "ok", "refused", "refused"]
    assert made[1]["reason"].endswith("tokens; the editor reads 512")
    assert made[3]["reason"].startswith("the editor does not take the given image: Image too small: 40×200.")
    assert made[4]["reason"] == "the instruction spells out the control token <|im_end|>"
    assert sorted(bytes_of(tmp_path / "views")) == ["0.png", "2.png"]


def test_a_large_image_is_reduced_with_its_aspect_kept(tmp_path: Path) -> None:
    Image.new("L", (2000, 1000)).save(tmp_path / "large.png")
    assert given_image(str(tmp_path / "large.png"), 500_000).size == (1000, 500)
    assert given_image(str(tmp_path / "large.png"), 2_000_000).size == (2000, 1000)
    assert given_image(str(tmp_path / "large.png"), 500_000).mode == "RGB"


def test_noise_is_the_seeds_own() -> None:
    expected = int.from_bytes(hashlib.sha256(b"seed").digest()[:8], "little")
    assert noise_of("seed").initial_seed() == expected
    draws = [torch.randn(3, generator=noise_of(seed)).tolist() for seed in ("seed", "seed", "another")]
    assert draws[0] == draws[1] != draws[2]


def test_a_checkpoint_that_lacks_a_tensor_is_refused(tmp_path: Path) -> None:
    shutil.copytree(FLUX, tmp_path / "flux")
    weights = tmp_path / "flux/transformer/diffusion_pytorch_model.safetensors"
    tensors = load_file(weights)
    del tensors["proj_out.weight"]
    save_file(tensors, weights, {"format": "pt"})
    with pytest.raises(Failure, match=r"transformer lacks 1 tensors, the first is proj_out.weight"):
        load_pipeline(str(tmp_path / "flux"), COMPUTE, "none")
    index = tmp_path / "flux/model_index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | {"_class_name": "FluxKontextPipeline"}))
    with pytest.raises(Failure, match=r'holds a "FluxKontextPipeline"; name that of a Flux2KleinPipeline'):
        load_pipeline(str(tmp_path / "flux"), COMPUTE, "none")


def test_the_shipped_toy_is_what_its_script_makes(tmp_path: Path) -> None:
    folder = REPO / "demo/train"
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("make_flux", folder / "make_flux.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.build_pipeline().to(torch.float16).save_pretrained(tmp_path)
    names = sorted(str(path.relative_to(FLUX)) for path in FLUX.rglob("*") if path.is_file())
    assert names == sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    for name in names:
        if name.endswith(".json"):
            # Another Python may have another diffusers.
            shipped, made = (json.loads((folder / name).read_text()) for folder in (FLUX, tmp_path))
            assert {**shipped, "_diffusers_version": None} == {**made, "_diffusers_version": None}, name
        elif name.endswith(".safetensors"):
            # Not bit by bit: torch draws normal numbers by other instructions on other processors.
            shipped, made = load_file(FLUX / name), load_file(tmp_path / name)
            assert shipped.keys() == made.keys()
            assert all(torch.allclose(shipped[key], made[key], rtol=2e-3, atol=1e-6) for key in shipped)
        else:
            assert (tmp_path / name).read_bytes() == (FLUX / name).read_bytes(), name
