"""What is asked of the critic about a scene, and what it should say: targets come from the object-id buffer."""

from dataclasses import dataclass

import numpy as np
import torch
from scenes import CELLS, GIVEN, HELPFUL, OTHER, VIEWS, Scenes
from tokens import PROMPTS, WORDS
from torch import Tensor
from transformers import Qwen3VLProcessor

BEST_RATED_PIXELS = 400
"""From here on a view is rated 10; 1 means that the thing does not show at all."""

LENGTH = 88
"""Tokens of a training sequence: the longest question with two pictures."""

TEXT_LENGTH = 52
"""Tokens of a training sequence without pictures: the longest comparison of two answers."""

IGNORED = -100
"""Label of tokens that are not learned (PyTorch's cross-entropy skips it)."""


@dataclass(frozen=True)
class Mix:
    """Shares of the kinds of question; what is left over is an answer from the helpful view."""

    without_view: float
    other_view: float
    rating: float
    similarity: float
    reworded: float = 0
    """Share of the ratings that are asked in the second wording."""


REVEALED = Mix(0, 0, 0, 0)
BLENDED = Mix(without_view=0.14, other_view=0.18, rating=0.1, similarity=0.03)
REHEARSED = Mix(without_view=0.14, other_view=0.18, rating=0.2, similarity=0, reworded=0.5)
"""Beside the comparisons of answers, so that nothing else changes."""


@dataclass(frozen=True)
class Dialogue:
    """One question with its pictures (scene, view) and the reply to learn."""

    pictures: list[tuple[int, int]]
    prompt: str
    reply: str


def pose(scenes: Scenes, scene: int, mix: Mix, rng: np.random.Generator) -> Dialogue:
    """A question of a kind drawn from `mix`."""
    draw = float(rng.random())
    if draw < mix.similarity:
        return compare(scenes, scene, rng)
    draw -= mix.similarity
    if draw < mix.rating:
        return rate(scenes, scene, int(rng.integers(VIEWS)), again=float(rng.random()) < mix.reworded)
    draw -= mix.rating
    if draw < mix.without_view:
        return answer(scenes, scene, None)
    draw -= mix.without_view
    return answer(scenes, scene, OTHER if draw < mix.other_view else HELPFUL)


def answer(scenes: Scenes, scene: int, view: int | None) -> Dialogue:
    """Asks what is hidden, with the given picture and perhaps one more."""
    item = scenes.items[scene]
    pictures = [(scene, GIVEN)] if view is None else [(scene, GIVEN), (scene, view)]
    return Dialogue(pictures, PROMPTS["toy.answer"].format(question=item["question"]), item["answer"])


def rate(scenes: Scenes, scene: int, view: int, again: bool = False) -> Dialogue:
    """Asks how good a view is: 1 to 10 by the pixels of the hidden thing. `again`: in the second wording."""
    item = scenes.items[scene]
    rating = 1 + round(9 * min(1.0, scenes.shows(scene, view) / BEST_RATED_PIXELS))
    prompt = PROMPTS["toy.rate_again" if again else "toy.rate"].format(question=item["question"])
    return Dialogue([(scene, GIVEN), (scene, view)], prompt, str(rating))


def compare(scenes: Scenes, scene: int, rng: np.random.Generator, again: bool = False) -> Dialogue:
    """Asks how close an answer is to the truth: 2 both words right, 0 one of them, -2 none; each equally often."""
    item = scenes.items[scene]
    truth = item["answer"].split(" ")
    said = list(truth)
    right = int(rng.integers(3))
    for place in rng.permutation(2)[right:]:
        words = [list(WORDS["colours"]), WORDS["shapes"]][place]
        said[place] = str(rng.choice([word for word in words if word != truth[place]]))
    template = PROMPTS["toy.similarity_again" if again else "toy.similarity"]
    prompt = template.format(question=item["question"], truth=item["answer"], answer=" ".join(said))
    return Dialogue([], prompt, str(2 * right - 2))


class Spelling:
    """Token ids of dialogues: the processor's own chat template, with the image tokens of a fixed grid."""

    def __init__(self, processor: Qwen3VLProcessor) -> None:
        self.processor = processor
        self.known: dict[tuple[int, str, str], list[int]] = {}

    def prompt(self, prompt: str, images: int, system: str = "") -> list[int]:
        """Ids up to where the assistant begins to speak."""
        key = (images, prompt, system)
        if key not in self.known:
            parts = [{"type": "image"}] * images + [{"type": "text", "text": prompt}]
            messages = [{"role": "user", "content": parts}]
            if system:
                messages.insert(0, {"role": "system", "content": [{"type": "text", "text": system}]})
            text = self.processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            pad = self.processor.image_token
            text = text.replace(pad, pad * CELLS * CELLS)
            self.known[key] = self.processor.tokenizer(text)["input_ids"]
        return self.known[key]

    def reply(self, reply: str) -> list[int]:
        """Ids of what the assistant says, with the end token."""
        ids: list[int] = self.processor.tokenizer(reply)["input_ids"]
        return [*ids, self.processor.tokenizer.eos_token_id]

    def batch(self, rows: list[tuple[list[int], list[int]]], length: int = LENGTH) -> tuple[Tensor, Tensor]:
        """(prompt, reply) ids → ids and labels, (n, length), padded on the right; labels only where replies are."""
        longest = max(length, *(len(prompt) + len(reply) for prompt, reply in rows))
        ids = torch.full((len(rows), longest), self.processor.tokenizer.pad_token_id)
        labels = torch.full((len(rows), longest), IGNORED)
        for row, (prompt, reply) in enumerate(rows):
            ids[row, : len(prompt) + len(reply)] = torch.tensor(prompt + reply)
            labels[row, len(prompt) : len(prompt) + len(reply)] = torch.tensor(reply)
        return ids, labels
