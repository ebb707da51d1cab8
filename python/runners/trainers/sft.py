"""Supervised fine-tuning with TRL's SFTTrainer: the answers are learned, and nothing of what they answer.

settings, beside those of every training: {extra: passed on to SFTConfig}.
"""

from collections.abc import Sequence
from typing import Any

import torch
from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from runners.options import config_of, is_full
from runners.parts import Rates
from runners.policy import Whole, adapted, whole
from runners.protocol import Body
from runners.report import METRICS
from runners.spelling import as_text
from runners.trainers.job import Job, Training
from runners.trainers.rows import IGNORED, Asked, padded, read_rows, sees_images, spoken

# TRL's names, and ours: of the answers' tokens alone, as the loss.
ANSWERS = {"mean_token_accuracy": "accuracy", "entropy": "entropy"}


class AnswerCollator(Asked):
    """Makes batches of prompts with their answers, labelled with the answers' tokens and their ends."""

    def __call__(self, examples: Sequence[Body]) -> dict[str, torch.Tensor]:
        """examples: [{row: index}]. Returns input_ids, attention_mask, mm_token_type_ids, labels, all (rows, tokens),
        right-padded, and pixel_values with image_grid_thw if there are images."""
        rows = [self.rows[example["row"]] for example in examples]
        prompts = [self.prompt(row) for row in rows]
        tokenizer = self.processor.tokenizer
        answers = [
            spoken(self, row, "answer", [*as_text(tokenizer, row["answer"]), tokenizer.eos_token_id]) for row in rows
        ]
        for row, prompt, ids in zip(rows, prompts, answers, strict=True):
            self.fits(row, len(prompt.ids) + len(ids))
        batch = padded(prompts, answers, tokenizer.pad_token_id or 0)
        mask = batch.pop("completion_mask")
        return batch | {"labels": batch["input_ids"].masked_fill(mask == 0, IGNORED)}


def training_of(job: Job) -> Training:
    """The training on the job's answers."""
    rows = read_rows(job.data)
    collator = asked_of(job, rows)
    collator.check_prompts(job.rank)
    given: Body = {
        "args": sft_config(job),
        "processing_class": job.processor,
        "data_collator": collator,
        # TRL takes a data set for a visual one, and leaves it as it is, by the name of a column.
        "train_dataset": Dataset.from_dict({"row": list(range(len(rows))), "images": [[]] * len(rows)}),
    }
    trainer: SFTTrainer
    if is_full(job.settings):
        network, rates = whole(job, job.settings, with_images=sees_images(rows, job.rank.count))
        trainer = FullSFTTrainer(model=network, rates=rates, **given)
    else:
        sees_images(rows, job.rank.count)
        network, adapter = adapted(job, job.settings)
        trainer = SFTTrainer(model=network, peft_config=adapter, **given)
    return Training(trainer, rows=len(rows), called="answers", metrics=METRICS | ANSWERS)


def asked_of(job: Job, rows: list[Body]) -> AnswerCollator:
    """How it reads its rows."""
    return AnswerCollator(rows, job.image_root, job.processor, job.unspeakable, job.context)


def sft_config(job: Job) -> SFTConfig:
    """TRL's configuration."""
    # The default of 1024 tokens would cut answers behind the image tokens, without a word.
    return config_of(SFTConfig, job, job.settings, {"max_length": None, "packing": False})


class FullSFTTrainer(Whole, SFTTrainer):  # type: ignore[misc]
    """Trains the network itself."""

    def __init__(self, *, rates: Rates, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rates = rates
