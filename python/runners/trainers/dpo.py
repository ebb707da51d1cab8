"""DPO on preference pairs with TRL's DPOTrainer (Rafailov et al. 2023): a fresh adapter, with the same network without
it as the reference, or the whole network, with a second load as the reference.

settings, beside those of every training: {beta, loss_type, loss_weights, label_smoothing, sft_only: train on the chosen
texts alone, extra: passed on to DPOConfig}. Rows that know what the reference finds of them (`reference`, by
runners.reference) spare the training the reference.
"""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from trl import DPOConfig, DPOTrainer

from runners.failure import Failure
from runners.fsdp import divide, is_divided
from runners.options import config_of, is_full
from runners.parts import Rates
from runners.policy import Whole, adapted, frozen, whole
from runners.protocol import Body, field, number, optional
from runners.reference import logprob_sums
from runners.report import METRICS
from runners.trainers.job import Job, Training
from runners.trainers.preference import PairCollator, knows_reference
from runners.trainers.rows import read_rows, sees_images
from runners.trainers.tails import joining, needs_tails, tails_of
from runners.trainers.vision import see_once
from runners.zero import is_sharded

# How far two computations of a sum of log-probabilities may be apart by the shapes of their batches, in half precision
# and not: a share of the sum, and nats.
ROUNDING = {True: (0.02, 0.5), False: (1e-4, 1e-3)}

# TRL's names, and ours.
REWARDS = {
    "rewards/margins": "margin",
    "rewards/accuracies": "accuracy",
    "rewards/chosen": "reward_chosen",
    "rewards/rejected": "reward_rejected",
}


def training_of(job: Job) -> Training:
    """The training on the job's pairs. Refuses prompts that are not those of the rollout."""
    settings = job.settings
    if field(settings, "sft_only", bool):
        settings = settings | {"loss_type": ["sft"], "loss_weights": [1.0]}
    rows = read_rows(job.data)
    cached = knows_reference(rows)
    config = dpo_config(job, settings, cached=cached)
    collator = asked_of(job, rows)
    collator.check_prompts(job.rank)
    trainer = _trainer(
        job,
        settings,
        with_images=sees_images(rows, job.rank.count),
        cached=cached,
        args=config,
        processing_class=job.processor,
        data_collator=collator,
        train_dataset=Dataset.from_dict({"row": list(range(len(rows)))}),
    )
    terms = {term: term for term in config.loss_type}
    # In the order in which they have always been written: the file that holds them is part of a policy's digest.
    metrics = {"loss": METRICS["loss"]} | REWARDS | METRICS | terms
    return Training(trainer, rows=len(rows), called="pairs", metrics=metrics)


def asked_of(job: Job, rows: list[Body]) -> PairCollator:
    """How it reads its rows."""
    return PairCollator(rows, job.image_root, job.processor, job.unspeakable, job.context)


def dpo_config(job: Job, settings: Body, *, cached: bool = False) -> DPOConfig:
    """TRL's configuration. `cached`: the batches say what the reference finds."""
    terms: list[str] = field(settings, "loss_type", list)
    own = {
        "beta": number(settings, "beta"),
        "loss_type": terms,
        "loss_weights": optional(settings, "loss_weights", list) or [1.0] * len(terms),
        "label_smoothing": number(settings, "label_smoothing"),
        # The default of 1024 tokens would cut completions behind the image tokens, without a word.
        "max_length": None,
        "precompute_ref_log_probs": cached,
    }
    # TRL's own default would switch off a dropout that the recipe asks for.
    dropout = 0.0 if is_full(settings) else number(settings, "lora_dropout")
    return config_of(DPOConfig, job, settings, own, defaults={"disable_dropout": dropout == 0})


def _trainer(job: Job, settings: Body, *, with_images: bool, cached: bool, **given: Any) -> "TermwiseDPOTrainer":
    """The trainer that the settings ask for, on freshly loaded networks. `given` are DPOTrainer's own arguments."""
    # What looks at images by itself would meet a share of the weights.
    sharded = is_sharded(job.zero) or is_divided(settings)
    given |= {"tails": needs_tails(job.compute.device), "cached": cached}
    other = None if job.reference is None or cached else joining(frozen(job, job.reference))
    if not is_full(settings):
        network, adapter = adapted(job, settings)
        alike = other is None and not sharded
        return TermwiseDPOTrainer(
            model=joining(network), ref_model=other, peft_config=adapter, sees_alike=alike, **given
        )
    network, rates = whole(job, settings, with_images=with_images)
    alike = other is None and not rates.see and not sharded
    # TRL would load the reference in float32, whatever the network is in.
    reference = None if cached else other or joining(frozen(job, job.model))
    return FullDPOTrainer(model=joining(network), ref_model=reference, rates=rates, sees_alike=alike, **given)


class TermWeight:
    """A loss term's weight that notes the term. TRL multiplies each term by its weight and adds them up in one line;
    the multiplication is the only place where a term can be seen on its own."""

    def __init__(self, weight: float, note: Callable[[torch.Tensor], None]) -> None:
        self._weight = weight
        self._note = note

    def __rmul__(self, term: torch.Tensor) -> torch.Tensor:
        self._note(term)
        return term * self._weight


class TermwiseDPOTrainer(DPOTrainer):  # type: ignore[misc]
    """DPOTrainer with one more metric per loss term, and, where policy and reference share the part of the network that
    an image passes first (`sees_alike`), one look at each image. With `tails`, logits of the completions alone. With
    `cached`, the batches say what the reference finds, and of the first one it is looked at again."""

    def __init__(self, *, sees_alike: bool, tails: bool, cached: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._sees_alike = sees_alike
        self._tails = tails
        self._unchecked = cached
        self.loss_weights: list[TermWeight] = [
            TermWeight(weight, partial(self._note_term, name))
            for name, weight in zip(self.args.loss_type, self.args.loss_weights, strict=True)
        ]

    def _prepare_dataset(self, dataset: Any, *_args: Any, **_kwargs: Any) -> Any:
        # The collator reads the rows themselves.
        return dataset

    def _precompute_ref_logps(self, dataset: Any, *_args: Any, **_kwargs: Any) -> Any:
        # The rows know them: TRL would compute them anew for each training, and with images not at all.
        return dataset

    def _compute_loss(self, model: Any, inputs: Body, return_outputs: bool) -> Any:
        if self._unchecked:
            self._unchecked = False
            self._check_reference(model, inputs)
        if self._sees_alike:
            network = self.accelerator.unwrap_model(model)
            # As within the network's own forward, which Accelerate has wrapped.
            with self.accelerator.autocast():
                inputs = see_once(network.get_base_model() if isinstance(network, PeftModel) else network, inputs)
        if self._tails:
            inputs = tails_of(inputs)
        return super()._compute_loss(model, inputs, return_outputs)

    def _check_reference(self, model: Any, inputs: Body) -> None:
        """Compares what the rows say of the reference with what it finds, where it is at hand: under an adapter, or
        as the network that has not been trained yet."""
        network = self.accelerator.unwrap_model(model)
        has_adapter = isinstance(network, PeftModel)
        if not has_adapter and (self.state.global_step > 0 or self.is_deepspeed_enabled):
            return
        training = network.training
        with torch.no_grad(), self.accelerator.autocast(), network.disable_adapter() if has_adapter else nullcontext():
            found = logprob_sums(network.eval(), inputs)
            # Before the adapter is thawed: weights that are still whole would be, and not the shares of them.
            divide(network)
        network.train(training)
        known = torch.cat([inputs["ref_chosen_logps"], inputs["ref_rejected_logps"]])
        part, least = ROUNDING[self.args.bf16 or self.args.fp16]
        worst = int(((found - known).abs() - part * found.abs()).argmax())
        if not bool((found - known).abs()[worst] <= part * found.abs()[worst] + least):
            raise Failure(
                "Provenance",
                f"The reference finds {found[worst]:.4f} of a completion that was noted as {known[worst]:.4f}: its "
                "log-probabilities are of another network or other rows; nothing was trained.",
            )

    def _note_term(self, name: str, term: torch.Tensor) -> None:
        value = self.accelerator.gather(term.detach()).mean().item()
        self._metrics["train" if self.model.training else "eval"][name].append(value)


class FullDPOTrainer(Whole, TermwiseDPOTrainer):
    """Trains the network itself. `ref_model` has to be a second, frozen load in the same dtype."""

    def __init__(self, *, rates: Rates, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rates = rates
