"""The network that learns to plan in the toy's rooms: a critic's, whose tokenizer has got the words of plans. What it
has learned to see is as it was, and of plans it knows nothing: the new words' embeddings are means of their parts'.

python demo/train/make_plans.py FROM FOLDER
"""

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path

import torch
from architecture import build_processor, save
from tokens import corpus, landmarks
from transformers import AutoTokenizer, Qwen3VLForConditionalGeneration
from transformers.utils.logging import disable_progress_bar

# As src/benchmark/plan.ts asks, and as demo/world/plan-service.ts answers.
ASK = (
    "Plan it for a robot with one hand: one action a line, each of them Navigate(place), Pick(object) or Place(place)."
)
TABLES = ("black table", "brown table", "white table")

# Words of plans beside those of the corpus, among whose texts they shall be common enough.
VOCABULARY = 576
OFTEN = 50


def plans() -> Iterator[str]:
    """Tasks with their plans."""
    for (place, target), thing in itertools.product(itertools.permutations(TABLES, 2), landmarks()):
        yield f"Put what is on the {place} on the {target}.\n{ASK}"
        yield f"Navigate({place})\nPick({thing})\nNavigate({target})\nPlace({target})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    disable_progress_bar()
    before = AutoTokenizer.from_pretrained(args.source)
    tokenizer = before.train_new_from_iterator([*corpus(), *[*plans()] * OFTEN], VOCABULARY, show_progress=False)
    model = Qwen3VLForConditionalGeneration.from_pretrained(args.source, dtype=torch.float32)
    old = model.get_input_embeddings().weight.detach().clone()
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    known = before.get_vocab()
    rows = [
        old[known[word]] if word in known else old[before.encode(tokenizer.decode([index]))].mean(dim=0)
        for word, index in sorted(tokenizer.get_vocab().items(), key=lambda each: each[1])
    ]
    model.get_input_embeddings().weight.data.copy_(torch.stack(rows))
    model.tie_weights()
    save(model, build_processor(tokenizer), args.folder)


if __name__ == "__main__":
    main()
