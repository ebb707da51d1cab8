"""The toy models' tokenizer: byte-level BPE over the toy world's own text, with Qwen's special tokens."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

ROOT = Path(__file__).resolve().parents[2]
WORDS = json.loads((ROOT / "demo/world/words.json").read_text())
PROMPTS = {path.stem: path.read_text() for path in (ROOT / "configs/prompts").glob("toy.*.txt")}

VOCABULARY = 512
SPECIAL = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
]

# The pre-tokenizer of Qwen's own tokenizers: words with their leading space, single digits, runs of punctuation.
WORD = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role + '\\n' }}"
    "{% if message.content is string %}{{ message.content }}"
    "{% else %}{% for part in message.content %}"
    "{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part.type == 'text' %}{{ part.text }}{% endif %}"
    "{% endfor %}{% endif %}{{ '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def landmarks() -> list[str]:
    """Every colour and shape, as answers name them: "red box", ..."""
    return [f"{colour} {shape}" for colour, shape in itertools.product(WORDS["colours"], WORDS["shapes"])]


def reply(thinking: str, instruction: str) -> str:
    """A well-formed reply of the planner with one instruction."""
    return f"<thinking>{thinking}</thinking><instructions><instruction>{instruction}</instruction></instructions>"


def corpus() -> Iterator[str]:
    """All text that the toy models ever meet, so that each common word becomes one token."""
    yield from (f"<|im_start|>{role}\n" for role in ("system", "user", "assistant") for _ in range(2000))
    yield from [PROMPTS["toy.system"]] * 2000
    for landmark in landmarks():
        yield from [landmark, f" {landmark}"] * 200
        for structure in WORDS["structures"]:
            for question in itertools.chain.from_iterable(WORDS["questions"].values()):
                asked = question.format(structure=structure, landmark=landmark)
                yield PROMPTS["toy.template"].format(question=asked, max_instructions=1)
                yield PROMPTS["toy.answer"].format(question=asked)
                yield PROMPTS["toy.rate"].format(question=asked)
                yield PROMPTS["toy.similarity"].format(question=asked, truth=landmark, answer=landmark)
    for family, thoughts in WORDS["thinking"].items():
        for thought, edits in itertools.product(thoughts, [*WORDS["cameras"].values(), *WORDS["useless"].values()]):
            for edit in edits:
                yield from [reply(thought.format(landmark="red box"), edit), family] * 5


def build_tokenizer() -> PreTrainedTokenizerFast:
    """Trains the tokenizer; the same words give the same vocabulary on every machine."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORD), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    bpe.train_from_iterator(corpus(), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL[1:],
        clean_up_tokenization_spaces=False,
        model_max_length=512,
    )
