"""What a training spends on a GPU: logits of the completions alone, and the tower in the dtype of the rest."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.distributed.utils import _to_kwargs

from runners import policy
from runners.adapter import WEIGHTS as ADAPTER
from runners.trainers import dpo
from runners.trainers.preference import PairCollator
from runners.trainers.tails import HEAD, joining, needs_tails, tails_of
from runners.trainers.vision import see_once
from runners.vlm import Vlm, load_network
from runners.whole import WEIGHTS
from tests.conftest import COMPUTE, FULL, TRAINING, pair, same_training, same_weights, spread_request, trained_here

Alone = dict[str, tuple[Path, list[dict[str, Any]]]]


@pytest.fixture
def batch(vlm: Vlm, images: Path) -> dict[str, torch.Tensor]:
    rows = [pair(vlm, images, index) for index in range(12)]
    collator = PairCollator(rows, images, vlm.processor, vlm.unspeakable, 4096)
    # Prompts of different lengths: "wall 2", "wall 11".
    return collator([{"row": 2}, {"row": 11}])


def test_a_tail_begins_where_the_first_completion_is_predicted(batch: dict[str, torch.Tensor]) -> None:
    ids, mask = batch["input_ids"], batch["completion_mask"]
    starts = mask.argmax(dim=1)
    assert len(set(starts.tolist())) == 2
    tail = tails_of(batch)
    assert torch.equal(torch.cat([tail[HEAD], tail["input_ids"]], dim=1), ids)
    assert tail[HEAD].shape[1] == int(starts.min()) - 1
    assert tail["completion_mask"].sum() == mask.sum()
    untouched = batch.keys() - {"input_ids", "completion_mask"}
    assert all(tail[name] is batch[name] for name in untouched)


def test_the_network_reads_all_and_answers_for_the_tail(toy: Path, batch: dict[str, torch.Tensor]) -> None:
    network = joining(load_network(str(toy), COMPUTE)).eval()
    whole = {name: value for name, value in batch.items() if name != "completion_mask"}
    tail = {name: value for name, value in tails_of(batch).items() if name != "completion_mask"}
    with torch.inference_mode():
        expected, found = network(**whole).logits, network(**tail).logits
    assert found.shape[1] == tail["input_ids"].shape[1] < expected.shape[1] / 2
    assert torch.allclose(found, expected[:, -found.shape[1] :], atol=1e-5)


def test_a_batch_survives_what_several_gpus_do_to_it(vlm: Vlm, batch: dict[str, torch.Tensor]) -> None:
    # On GPUs, and there alone, DDP takes a batch apart and puts it together again.
    given = tails_of(see_once(vlm.model, batch))
    [found] = _to_kwargs((), given, torch.device("cpu"), False)[1]
    assert found.keys() == given.keys()
    image, expected = (each.pop("mm_encoder_outputs")["image"] for each in (found, given))
    assert all(found[name] is given[name] for name in given)
    assert type(image) is type(expected) and image.keys() == expected.keys()
    assert [each is other for each, other in zip(image.pooler_output, expected.pooler_output, strict=True)] == [
        True
    ] * 4


def test_it_is_the_gpu_that_needs_it() -> None:
    assert needs_tails(torch.device("cuda:0")) and not needs_tails(torch.device("cpu"))


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_training_on_tails_is_training_on_the_whole(
    alone: Alone, tmp_path: Path, toy: Path, images: Path, vlm: Vlm, monkeypatch: pytest.MonkeyPatch, tuning: str
) -> None:
    # As on a GPU, which does without the activations between layers too.
    monkeypatch.setattr(dpo, "needs_tails", lambda _: True)
    training = {"lora": TRAINING, "full": FULL}[tuning] | {"extra": {"gradient_checkpointing": True}}
    folder, expected = alone[tuning]
    found = trained_here(spread_request(tmp_path, toy, images, vlm, training, 1)).events
    same_training(found, expected)
    name = {"lora": f"model_lora/{ADAPTER}", "full": f"model_full/{WEIGHTS}"}[tuning]
    same_weights(tmp_path / "output" / name, folder / "output" / name)


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_gradient_checkpointing_leaves_no_trail_of_hooks(
    tmp_path: Path, toy: Path, images: Path, vlm: Vlm, monkeypatch: pytest.MonkeyPatch, tuning: str
) -> None:
    networks: list[Any] = []

    def watched(model: str, compute: Any, quantised: Any) -> Any:
        networks.append(load_network(model, compute, quantised))
        return networks[-1]

    monkeypatch.setattr(policy, "load_network", watched)
    training = {"lora": TRAINING, "full": FULL}[tuning] | {"extra": {"gradient_checkpointing": True}}
    request = spread_request(tmp_path, toy, images, vlm, training, 1)
    request["settings"] |= {"max_steps": 1, "gradient_accumulation_steps": 4}
    trained_here(request)
    # Without one an adapter would have no gradients: the embeddings that everything starts from are frozen.
    assert len(networks[0].model.language_model.embed_tokens._forward_hooks) == 1


def test_a_frozen_tower_is_computed_in_the_recipe_s_dtype(
    tmp_path: Path, toy: Path, images: Path, vlm: Vlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[torch.dtype] = set()

    def watched(model: str, compute: Any, quantised: Any) -> Any:
        network = load_network(model, compute, quantised)
        network.model.visual.blocks[0].attn.qkv.register_forward_hook(lambda _m, _i, out: seen.add(out.dtype))
        return network

    monkeypatch.setattr(policy, "load_network", watched)
    training = FULL | {"freeze_vision_tower": True, "freeze_merger": True, "max_steps": 1}
    request = spread_request(tmp_path, toy, images, vlm, training, 1) | {"dtype": "bfloat16"}
    request["settings"] |= {"max_steps": 1, "gradient_accumulation_steps": 1}
    trained_here(request)
    assert seen == {torch.bfloat16}
