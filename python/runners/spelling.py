"""Text is text: where it spells out a control token ("<|im_end|>"), it must not end a turn or stand for an image.

A tokenizer cuts control tokens out before it looks at anything else, so what stands between two of them is encoded by
itself in any case. A prompt can therefore be put together from the template's own control tokens and, between them,
from text that is encoded without any: ordinary text gets the ids that it gets when the whole prompt is encoded at once.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from runners.failure import Failure
from runners.protocol import Body


def as_text(tokenizer: Any, text: str) -> list[int]:
    """Token ids of a text in which nothing is a control token, whatever it spells out."""
    ids: list[int] = tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return ids


def control_tokens(tokenizer: Any) -> re.Pattern[str]:
    """Finds them in a text. Added tokens that are not special (Qwen3's "<think>") are words of the model's own."""
    spelt = [str(token) for token in tokenizer.added_tokens_decoder.values() if token.special]
    # An empty alternative would be found in every text.
    return re.compile("|".join(map(re.escape, sorted(spelt, key=len, reverse=True))) or "(?!)")


def spells_one(tokenizer: Any, messages: Sequence[Body]) -> bool:
    """Is there a control token in a message's text, perhaps in two parts of it?"""
    wanted = control_tokens(tokenizer)
    texts = ("".join(part.get("text", "\0") for part in message["content"]) for message in messages)
    return any(wanted.search(text) for text in texts)


def masked(messages: Sequence[Body]) -> tuple[list[Body], dict[str, str]]:
    """The messages with a name in the place of every text, and the texts by name: no name stands in any text."""
    texts = [part["text"] for message in messages for part in message["content"] if part["type"] == "text"]
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    names = {f"[text {index} of {digest}]": text for index, text in enumerate(texts)}
    waiting = iter(names)

    def mask(part: Body) -> Body:
        return {**part, "text": next(waiting)} if part["type"] == "text" else part

    return [{**message, "content": [mask(part) for part in message["content"]]} for message in messages], names


def fill(text: str, names: dict[str, str]) -> str:
    """Puts the texts back into their places, in one pass."""
    places = re.compile("|".join(map(re.escape, names)))
    return places.sub(lambda match: names[match.group()], text) if names else text


def filled_ids(
    tokenizer: Any, rendered: str, ids: Sequence[int], types: Sequence[int], names: dict[str, str]
) -> tuple[list[int], list[int]]:
    """Token ids and their types of a prompt whose names are replaced by their texts.

    rendered: the prompt with names for texts; ids, types: the same encoded, each image token perhaps many times.
    """
    control = control_tokens(tokenizer)
    special = {id for id, token in tokenizer.added_tokens_decoder.items() if token.special}
    filled: list[int] = []
    kinds: list[int] = []
    at = 0
    for piece in filter(None, re.split(f"({control.pattern})", rendered)):
        end = at
        if control.fullmatch(piece):
            token = tokenizer.convert_tokens_to_ids(piece)
            while end < len(ids) and ids[end] == token:
                end += 1
            filled += ids[at:end]
            kinds += types[at:end]
        else:
            while end < len(ids) and ids[end] not in special:
                end += 1
            text = as_text(tokenizer, fill(piece, names))
            filled += text
            kinds += [0] * len(text)
        at = end
    if at < len(ids):
        raise Failure("BadInput", "A prompt's control tokens are not where its chat template put them.")
    return filled, kinds
