"""A prompt is the same token ids and image grids wherever it is built."""

from pathlib import Path

import pytest
from PIL import Image

from runners.failure import Failure
from runners.families import load_processor
from runners.preference import PairCollator
from runners.prompt import encode, messages_of_pair
from runners.vlm import Vlm
from runners.vlm_server import sample
from tests.conftest import PIXELS, pair, question

SETTINGS = {
    "temperature": 1,
    "top_p": 1,
    "top_k": 0,
    "min_p": 0,
    "repetition_penalty": 1,
    "max_new_tokens": 1,
}


def test_training_sees_the_prompt_of_the_rollout(vlm: Vlm, images: Path) -> None:
    row = pair(vlm, images, 3)
    text = row["prompt"].removeprefix("<image>")
    rolled, _ = sample(vlm, [{"messages": question(images, 3, text), "seeds": ["s"]}], SETTINGS, 1, lambda *_: None)
    assert rolled[0]["prompt_digest"] == row["prompt_digest"]

    batch = PairCollator([row], images, vlm.processor, vlm.unspeakable)([{"row": 0}])
    prompt = encode(vlm.processor, question(images, 3, text))
    length = len(prompt.ids)
    assert batch["input_ids"][0, :length].tolist() == prompt.ids
    assert batch["input_ids"][1, :length].tolist() == prompt.ids
    end = vlm.tokenizer.eos_token_id
    for line, side in enumerate(("chosen", "rejected")):
        completion = batch["input_ids"][line][batch["completion_mask"][line].bool()].tolist()
        assert completion == [*vlm.tokenizer(row[side])["input_ids"], end]


@pytest.mark.parametrize("field", ["system", "prompt"])
def test_another_text_is_another_prompt(vlm: Vlm, images: Path, field: str) -> None:
    row = pair(vlm, images, 0)
    row[field] += " Please."
    with pytest.raises(Failure, match="another prompt") as caught:
        PairCollator([row], images, vlm.processor, ()).check_prompts()
    assert caught.value.kind == "Provenance"


def test_another_pixel_limit_is_another_prompt(vlm: Vlm, toy: Path, images: Path) -> None:
    smaller = load_processor(str(toy), PIXELS // 4, PIXELS // 4)
    prompt = encode(smaller, question(images, 0))
    assert prompt.grids is not None and prompt.grids.tolist() == [[1, 4, 4]]
    assert prompt.digest != encode(vlm.processor, question(images, 0)).digest


@pytest.mark.parametrize("prompt", ["What is behind?", "<image><image>What?", "What <image> is behind?"])
def test_markers_must_match_the_images(images: Path, prompt: str) -> None:
    row = {"id": "7", "image": ["0.png"], "system": "", "prompt": prompt}
    with pytest.raises(Failure, match="Pair 7"):
        messages_of_pair(row, images)


def test_an_unreadable_image_is_named(vlm: Vlm, images: Path, tmp_path: Path) -> None:
    whole = (images / "0.png").read_bytes()
    (tmp_path / "0.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Failure, match=r"0\.png cannot be read"):
        encode(vlm.processor, question(tmp_path, 0))
    Image.open(images / "0.png").verify()


def test_a_question_that_spells_out_an_image_token_is_refused(vlm: Vlm, images: Path) -> None:
    with pytest.raises(Failure, match="cannot be encoded") as caught:
        encode(vlm.processor, question(images, 0, "What is <|image_pad|>?"))
    assert caught.value.kind == "BadInput"


def test_a_completion_with_an_image_token_is_not_trained_on(vlm: Vlm, images: Path) -> None:
    row = pair(vlm, images, 0) | {"rejected": "see <|image_pad|>"}
    with pytest.raises(Failure, match="rejected text contains an image token"):
        PairCollator([row], images, vlm.processor, vlm.unspeakable)([{"row": 0}])
