"""Group-relative policy optimisation (Shao et al. 2024) with TRL's GRPOTrainer: of several sampled answers to a
question, the better ones become more likely.

settings, beside those of every training: {num_generations, temperature, top_p, max_completion_length, beta, loss_type,
scale_rewards, epsilon, epsilon_high: null, extra: passed on to GRPOConfig}.

Prompts are encoded, and answers sampled, through the code of the rollout, every answer with noise of its own, so that a
resumed training samples what it would have sampled. What an answer is worth is asked of whoever started the training
(runners.rewards).
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from accelerate.utils import gather_object
from datasets import Dataset
from peft import PeftModel
from trl import GRPOConfig, GRPOTrainer
from trl.models.utils import unwrap_model_for_generation
from trl.trainer.utils import RepeatSampler

from runners.decoding import Draft, decode
from runners.failure import Failure
from runners.options import config_of, is_full
from runners.parts import Rates
from runners.policy import Whole, adapted, frozen, whole
from runners.prompt import Prompt
from runners.protocol import Body, field, number, optional
from runners.report import METRICS
from runners.rewards import Rewarded, Rewards
from runners.sampling import Sampling
from runners.trainers.job import Job, Training
from runners.trainers.rows import Asked, pixels_of, read_rows, sees_images
from runners.vlm import vlm_of

# TRL's names, and ours: what is rewarded, and what is gained by hacking the reward.
WATCHED = {
    "reward": "reward",
    "reward_std": "reward_std",
    "frac_reward_zero_std": "equal_groups",
    "kl": "kl",
    "entropy": "entropy",
    "completions/mean_length": "length",
    "completions/clipped_ratio": "cut",
    "repetition": "repetition",
}

# Divided by, so that a group whose rewards are equal has advantages of 0 and not of 0 / 0.
SMALL = 1e-4


def training_of(job: Job) -> Training:
    """The training on the job's questions."""
    rows = read_rows(job.data)
    settings = job.settings
    sampling = sampling_of(settings)
    asked = Asked(rows, job.image_root, job.processor, job.unspeakable, job.context, room=sampling.max_new_tokens)
    asked.check_prompts(job.rank)
    if job.rewards is None:
        raise Failure("BadInput", "A training by rewards needs somebody to ask for them: request.rewards is missing.")
    rewards = Rewards(job.rewards)
    given: Body = {
        "args": grpo_config(job),
        "processing_class": job.processor,
        "reward_funcs": [_never_called],
        "train_dataset": Dataset.from_dict({"row": list(range(len(rows))), "prompt": [""] * len(rows)}),
        "asked": asked,
        "rewards": rewards,
        "sampling": sampling,
        "noise": str(job.seed),
    }
    beta = number(settings, "beta")
    trainer: RewardedGRPOTrainer
    if is_full(settings):
        network, rates = whole(job, settings, with_images=sees_images(rows, job.rank.count))
        reference = frozen(job, job.reference or job.model) if beta > 0 else None
        trainer = FullGRPOTrainer(model=network, rates=rates, reference=reference, held=beta, **given)
    else:
        sees_images(rows, job.rank.count)
        network, adapter = adapted(job, settings)
        reference = frozen(job, job.reference) if beta > 0 and job.reference else None
        trainer = RewardedGRPOTrainer(model=network, peft_config=adapter, reference=reference, held=beta, **given)
    questions = trainer.args.generation_batch_size // trainer.num_generations
    if len(rows) < questions:
        raise Failure(
            "BadInput",
            f"There are {len(rows)} questions, and an optimizer step takes {questions}; fewer "
            "per_device_train_batch_size × gradient_accumulation_steps × num_processes are needed, or more questions.",
        )
    parts = {f"rewards/{name}": f"reward_{name}" for name in optional(settings, "rewards", dict) or {}}
    return Training(trainer, rows=len(rows), called="questions", metrics=METRICS | WATCHED | parts)


def sampling_of(settings: Body) -> Sampling:
    """How answers are sampled: nothing of the checkpoint's own generation settings plays a part."""
    return Sampling(
        temperature=number(settings, "temperature"),
        top_p=number(settings, "top_p"),
        top_k=0,
        min_p=0,
        repetition_penalty=1,
        max_new_tokens=field(settings, "max_completion_length", int),
    )


def grpo_config(job: Job) -> GRPOConfig:
    """TRL's configuration."""
    settings = job.settings
    own = {
        "num_generations": field(settings, "num_generations", int),
        "temperature": number(settings, "temperature"),
        "top_p": number(settings, "top_p"),
        "max_completion_length": field(settings, "max_completion_length", int),
        # The trainer is given its reference, or none; TRL would load one of its own, in float32.
        "beta": 0.0 if is_full(settings) or job.reference else number(settings, "beta"),
        "loss_type": field(settings, "loss_type", str),
        "scale_rewards": field(settings, "scale_rewards", str),
        "epsilon": number(settings, "epsilon"),
        "epsilon_high": optional(settings, "epsilon_high", float),
        "use_vllm": False,
        "log_completions": False,
    }
    return config_of(GRPOConfig, job, settings, own)


def _never_called(**_: Any) -> list[float]:
    raise AssertionError("rewards are asked for in one place")


@dataclass(frozen=True)
class Sampled:
    """Answers of one process: the place of each one's prompt among `prompts`, its draft and its reward."""

    prompts: Sequence[Prompt]
    owners: Sequence[int]
    drafts: Sequence[Draft]


class Epochs(RepeatSampler):  # type: ignore[misc]
    """TRL's order of questions, drawn anew from the seed and the epoch's number. TRL's own goes on with one generator,
    which a resumed training begins anew: it would see the first epoch's order again."""

    epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Trainer before each epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        self.generator.manual_seed(self.seed + self.epoch)
        yield from super().__iter__()


class RewardedGRPOTrainer(GRPOTrainer):  # type: ignore[misc]
    """GRPOTrainer with the house's prompts, its sampling and its rewards.

    reference: a network that the policy is held to, where that is not the base below the adapter. held: beta.
    """

    def __init__(
        self,
        *,
        asked: Asked,
        rewards: Rewards,
        sampling: Sampling,
        noise: str,
        reference: Any,
        held: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._asked = asked
        self._rewards = rewards
        self._sampling = sampling
        self._noise = noise
        self.beta = held
        if reference is not None:
            self.ref_model = self.accelerator.prepare_model(reference, evaluation_mode=True)

    def _get_train_sampler(self, dataset: Any = None) -> Epochs:
        return Epochs(
            data_source=self.train_dataset if dataset is None else dataset,
            mini_repeat_count=self.num_generations,
            batch_size=self.args.generation_batch_size // self.num_generations,
            repeat_count=self.num_iterations * self.args.steps_per_generation,
            seed=self.args.seed,
        )

    def _generate_and_score_completions(self, inputs: Sequence[Body]) -> dict[str, Any]:
        """inputs: this process's share of a batch in which every question stands num_generations times in a row."""
        mode = "train" if self.model.training else "eval"
        sampled = self._sample([example["row"] for example in inputs])
        answers = [
            Rewarded(row=int(example["row"]), text=self._text(draft))
            for example, draft in zip(inputs, sampled.drafts, strict=True)
        ]
        scored = self._rewards.ask(answers)
        told = [
            (each.reward, len(draft.sampled), draft.finish == "length", repetition(answer.text))
            for each, draft, answer in zip(scored, sampled.drafts, answers, strict=True)
        ]
        everybody = gather_object(told)
        advantages = self._advantages(torch.tensor([reward for reward, *_ in everybody], dtype=torch.float32), mode)
        self._note(everybody, mode)
        # What a reward is made of differs from row to row; the rewards do not.
        for name in sorted(name for name in scored[0].parts if "/" not in name):
            mean = sum(gather_object([each.parts[name] for each in scored])) / len(everybody)
            self._metrics[mode][f"rewards/{name}"].append(mean)
        own = slice(self.accelerator.process_index * len(inputs), (self.accelerator.process_index + 1) * len(inputs))
        return self._batch(sampled, advantages[own].to(self.accelerator.device))

    def _sample(self, rows: Sequence[int]) -> Sampled:
        """An answer for every entry, each prompt read once."""
        unique = list(dict.fromkeys(rows))
        prompts = [self._asked.prompt(self._asked.rows[row]) for row in unique]
        owners = [unique.index(row) for row in rows]
        first = self.accelerator.process_index * len(rows)
        copies = [(first + place) % self.num_generations for place in range(len(rows))]
        step = self.state.global_step
        seeds = [f"{self._noise}:{step}:{row}:{copy}" for row, copy in zip(rows, copies, strict=True)]
        with (
            unwrap_model_for_generation(
                self.model_wrapped, self.accelerator, gather_deepspeed3_params=self.args.ds3_gather_for_generation
            ) as unwrapped,
            self.accelerator.autocast(),
        ):
            network = unwrapped.get_base_model() if isinstance(unwrapped, PeftModel) else unwrapped
            training = network.training
            network.eval()
            try:
                drafts = decode(vlm_of(network, self.processing_class), prompts, owners, seeds, self._sampling)
            finally:
                network.train(training)
        return Sampled(prompts, owners, drafts)

    def _text(self, draft: Draft) -> str:
        text: str = self.processing_class.tokenizer.decode(
            draft.ids, skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return text

    def _advantages(self, rewards: torch.Tensor, mode: str) -> torch.Tensor:
        """How much better each answer is than its group's mean, in standard deviations of the group or of the batch.

        rewards: of all processes, groups one after the other.
        """
        groups = rewards.view(-1, self.num_generations)
        spread = groups.std(dim=1, keepdim=True)
        equal = torch.isclose(spread, torch.zeros_like(spread)).float().mean().item()
        self._metrics[mode]["frac_reward_zero_std"].append(equal)
        self._metrics[mode]["reward_std"].append(rewards.std().item())
        advantages = groups - groups.mean(dim=1, keepdim=True)
        if self.scale_rewards != "none":
            scale = spread if self.scale_rewards == "group" else rewards.std()
            advantages = advantages / (scale + SMALL)
        return advantages.flatten()

    def _note(self, everybody: Sequence[tuple[float, int, bool, float]], mode: str) -> None:
        """Means over all processes: the reward, and what a policy that cheats it gives away."""
        names = ("reward", "completions/mean_length", "completions/clipped_ratio", "repetition")
        for name, values in zip(names, zip(*everybody, strict=True), strict=True):
            self._metrics[mode][name].append(sum(map(float, values)) / len(everybody))

    def _batch(self, sampled: Sampled, advantages: torch.Tensor) -> dict[str, Any]:
        """What TRL's loss expects: prompts padded on the left, answers on the right."""
        device = self.accelerator.device
        prompts = [sampled.prompts[owner] for owner in sampled.owners]
        answers = [draft.sampled for draft in sampled.drafts]
        pad = self.processing_class.tokenizer.pad_token_id or 0
        wide, long = max(len(prompt.ids) for prompt in prompts), max(map(len, answers))

        def left(values: Sequence[int], filler: int) -> list[int]:
            return [filler] * (wide - len(values)) + list(values)

        def right(values: Sequence[int], filler: int) -> list[int]:
            return list(values) + [filler] * (long - len(values))

        batch = {
            "prompt_ids": torch.tensor([left(prompt.ids, pad) for prompt in prompts]),
            "prompt_mask": torch.tensor([left([1] * len(prompt.ids), 0) for prompt in prompts]),
            "completion_ids": torch.tensor([right(ids, pad) for ids in answers]),
            "completion_mask": torch.tensor([right([1] * len(ids), 0) for ids in answers]),
            "mm_token_type_ids": torch.tensor([left(prompt.types, 0) + [0] * long for prompt in prompts]),
            **pixels_of(prompts),
        }
        output: dict[str, Any] = {name: value.to(device) for name, value in batch.items()}
        count = output["completion_mask"].sum()
        output |= {"advantages": advantages, "num_items_in_batch": self.accelerator.gather(count).sum()}
        if "image_grid_thw" in output:
            output["num_images"] = [0 if each.grids is None else len(each.grids) for each in prompts]
        return output | self._logprobs(output)

    @torch.no_grad()
    def _logprobs(self, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        """Log-probabilities of the answers' tokens by the reference, and by the policy where it moves before they are
        used."""
        ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
        mask = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
        seen = ("pixel_values", "image_grid_thw", "num_images", "mm_token_type_ids")
        images = {name: batch[name] for name in seen if name in batch}

        def asked(network: Any) -> torch.Tensor:
            logprobs: torch.Tensor = self._get_per_token_logps_and_entropies(
                network, ids, mask, batch["completion_ids"].size(1), self.args.per_device_train_batch_size, **images
            )[0]
            return logprobs

        known: dict[str, torch.Tensor] = {}
        if self.args.gradient_accumulation_steps % (self.args.steps_per_generation * self.num_iterations) != 0:
            known["old_per_token_logps"] = asked(self.model)
        if self.beta != 0:
            network = self.accelerator.unwrap_model(self.model)
            base = network.disable_adapter() if isinstance(network, PeftModel) and self.ref_model is None else None
            with base or nullcontext():
                known["ref_per_token_logps"] = asked(self.model if base is not None else self.ref_model)
        return known


class FullGRPOTrainer(Whole, RewardedGRPOTrainer):
    """Trains the network itself. `reference` is a second, frozen load."""

    def __init__(self, *, rates: Rates, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rates = rates


def repetition(text: str) -> float:
    """Share of a text's words that stand in it before."""
    words = text.lower().split()
    return 1 - len(set(words)) / len(words) if words else 0.0
