"""Advantages of tokens: whose merit a reward is."""

import json
from pathlib import Path
from typing import Any

import pytest

from runners.trainers.credit import advantages_by_part, spans_of, spread
from runners.trainers.rewarded import RewardedTrainer
from tests.conftest import trained_here
from tests.test_grpo import by, grpo_request, judging

PLAN = [(0, 40, 0.1), (0, 10, 0.2), (10, 20, 0.2), (20, 30, 0.2), (30, 40, 0.2)]
# The third action is wrong.
WRONG = [(0, 40, 0.1), (0, 10, 0.2), (10, 20, 0.2), (20, 30, -0.3), (30, 40, 0.2)]


def test_a_wrong_third_action_moves_its_own_tokens() -> None:
    right, wrong = advantages_by_part([PLAN, WRONG], 2, "none")
    spans = [(at, at + 5) for at in range(0, 40, 5)]
    assert spread(right, spans) == pytest.approx([0, 0, 0, 0, 1, 1, 0, 0])
    assert spread(wrong, spans) == pytest.approx([0, 0, 0, 0, -1, -1, 0, 0])


@pytest.mark.parametrize("scale", ["none", "group", "batch"])
def test_parts_add_up_to_the_advantage_of_the_sequence(scale: str) -> None:
    short = [(0, 20, -0.2), (0, 10, 0.2), (10, 20, 0.1)]
    credits = [PLAN, WRONG, short, [(0, 3, -1.0)]]
    rewards = [sum(credit for *_, credit in each) for each in credits]
    mean = sum(rewards) / 4
    deviation = (sum((each - mean) ** 2 for each in rewards) / 3) ** 0.5 + 1e-4
    found = advantages_by_part(credits, 4, scale)
    wanted = [(each - mean) / (1 if scale == "none" else deviation) for each in rewards]
    assert [sum(share for *_, share in each) for each in found] == pytest.approx(wanted)
    for parts, advantage in zip(found, wanted, strict=True):
        tokens = spread(parts, [(at, at + 3) for at in range(0, 39, 3)])
        assert sum(tokens) / len(tokens) == pytest.approx(advantage)


def test_references_are_compared_with_and_not_learned_from() -> None:
    found = advantages_by_part([PLAN, PLAN], 2, "none", [[WRONG, WRONG]])
    # The third action's mean is now −.05: both plans are better than half of those that they are compared with.
    assert len(found) == 2
    for parts in found:
        assert [share for *_, share in parts] == pytest.approx([0, 0, 0, 0.25, 0])


def test_a_token_has_the_characters_that_it_adds() -> None:
    words = {1: "Pick", 2: "(", 3: "cup", 4: ")", 9: ""}
    spans = spans_of([1, 2, 3, 4, 9], lambda ids: "".join(words[each] for each in ids))
    assert spans == [(0, 4), (4, 5), (5, 8), (8, 9), (9, 9)]


def thirds(row: int, text: str) -> dict[str, Any]:
    """The reward of a text is its last third's, by its first letter there."""
    at = 2 * len(text) // 3
    reward = 1.0 if text[at : at + 1].lower() < "n" else -1.0
    halves = [(0, len(text), 0.0), (0, at, 0.0), (at, len(text), reward)]
    credits = [{"from": begin, "to": end, "credit": credit} for begin, end, credit in halves]
    return {"reward": reward, "parts": {}, "credits": credits}


def test_a_row_brings_references(tmp_path: Path, toy: Path, images: Path) -> None:
    with judging(tmp_path, by(thirds)) as judge:
        request = grpo_request(tmp_path / "a", toy, images, judge, credit="action", num_train_epochs=1, save_steps=None)
        file = Path(request["data"])
        file.write_text(json.dumps([{**row, "references": ["zzzzzz"]} for row in json.loads(file.read_text())]))
        heard = trained_here(request)
    steps = [event["metrics"] for event in heard.events if event["event"] == "progress"]
    assert [step["reference_share"] for step in steps] == pytest.approx([0.2] * len(steps))
    assert [step["reference_reward"] for step in steps] == [-1] * len(steps)


def test_in_a_training_the_credit_reaches_the_loss(
    tmp_path: Path, toy: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Any, Any]] = []
    inner = RewardedTrainer._compute_loss

    def watched(self: RewardedTrainer, model: Any, inputs: Any) -> Any:
        seen.append((inputs["advantages"].clone(), inputs["completion_mask"].clone()))
        return inner(self, model, inputs)

    monkeypatch.setattr(RewardedTrainer, "_compute_loss", watched)
    with judging(tmp_path, by(thirds)) as judge:
        heard = trained_here(
            grpo_request(tmp_path / "a", toy, images, judge, credit="action", num_train_epochs=1, save_steps=None)
        )
    assert heard.events[-1]["event"] == "done"
    moved = [(own, mask) for own, mask in seen if own.abs().sum() > 0]
    assert moved
    for advantages, mask in moved:
        assert advantages.shape == mask.shape
        for own, length in zip(advantages, mask.sum(dim=1).tolist(), strict=True):
            assert own[length:].abs().sum() == 0
            if length >= 6 and own.abs().sum() > 0:
                assert own[: length // 3].abs().sum() == 0
                assert own[:length].abs().max() > 0.5
