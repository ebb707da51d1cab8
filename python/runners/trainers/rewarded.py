"""TRL's GRPOTrainer, with prompts and completions through the code of the rollout and rewards from the judge."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from accelerate.utils import gather_object
from peft import PeftModel
from torch.utils.data import Sampler
from trl import GRPOTrainer
from trl.models import prepare_deepspeed, prepare_fsdp, unwrap_model_for_generation
from trl.trainer.utils import RepeatSampler

from runners.batching import in_micro_batches
from runners.decoding import decode
from runners.judge import Judge, Scored
from runners.parts import Rates
from runners.policy import Whole
from runners.prompt import Prompt
from runners.protocol import Body
from runners.repetition import repetition
from runners.sampling import Sampling
from runners.trainers.credit import Credit, advantages_by_part, spans_of, spread
from runners.trainers.rows import Asked, pixels_of
from runners.vllm_sampler import VllmSampler
from runners.vlm import vlm_of

# The metric's name: how far vLLM and the policy are apart, in nats a token.
APART = "sampler_gap"


@dataclass(frozen=True)
class Group:
    """Where completions come from, and who judges them.

    by_action: tokens have the advantage of their own action, not of the completion.
    sampler: vLLM, where it draws the completions.
    names: the trainer's names of metrics and ours; what the judge's rewards are made of is added as it is heard.
    """

    asked: Asked
    judge: Judge
    sampling: Sampling
    seed: int
    names: dict[str, str]
    by_action: bool = False
    sampler: VllmSampler | None = None


class EpochSampler(RepeatSampler):  # type: ignore[misc]
    """TRL's order, drawn anew from the seed and the epoch: TRL's own would begin again at the first epoch's when a
    training is resumed."""

    def set_epoch(self, epoch: int) -> None:
        """Called by Trainer before each epoch."""
        self.generator.manual_seed(self.seed + epoch)


class RewardedTrainer(GRPOTrainer):  # type: ignore[misc]
    """GRPOTrainer whose rows are those of a `Group`: its data set has their places, as texts.

    reference: what the policy is held to, where that is another network than its own without the adapter.
    """

    def __init__(self, *, group: Group, beta: float, reference: Any, **kwargs: Any) -> None:
        self._group = group
        self._seen: list[Prompt] = []
        self._credits: list[list[Credit]] = []
        self._references: list[list[list[Credit]]] = []
        self._asked_once: dict[int, list[list[Credit]]] = {}
        super().__init__(reward_funcs=[self._reward], **kwargs)
        self.beta = beta
        if reference is not None:
            self.ref_model = self._prepared(reference)

    def _prepared(self, reference: Any) -> Any:
        if self.is_deepspeed_enabled:
            return prepare_deepspeed(reference, self.accelerator)
        if self.is_fsdp_enabled:
            return prepare_fsdp(reference, self.accelerator)
        return self.accelerator.prepare_model(reference, evaluation_mode=True)

    def _get_train_sampler(self, dataset: Any = None) -> Sampler[int]:
        theirs = super()._get_train_sampler(dataset)
        return EpochSampler(
            data_source=theirs.data_source,
            mini_repeat_count=theirs.mini_repeat_count,
            batch_size=theirs.batch_size,
            repeat_count=theirs.repeat_count,
            shuffle=theirs.shuffle,
            seed=theirs.seed,
        )

    def _tokenize_prompts(self, prompts: Sequence[str]) -> tuple[list[list[int]], None, Body]:
        # Of its images TRL is told nothing: it would encode them anew, by other code than the rollout's.
        rows = self._group.asked.rows
        known = {place: self._group.asked.prompt(rows[int(place)]) for place in dict.fromkeys(prompts)}
        self._places = [int(place) for place in prompts]
        self._seen = [known[place] for place in prompts]
        return [prompt.ids for prompt in self._seen], None, {}

    def _generate_single_turn(
        self, prompt_ids: list[list[int]], images: None, multimodal_fields: Body, has_tool_images: bool = False
    ) -> tuple[list[list[int]], Any]:
        first = self.accelerator.process_index * len(self._places)
        drawn = [
            (prompt, f"{self._group.seed}:{self.state.global_step}:{place}:{(first + at) % self.num_generations}")
            for at, (prompt, place) in enumerate(zip(self._seen, self._places, strict=True))
        ]
        return self._complete(drawn, self._group.sampling), None

    def _complete(self, drawn: Sequence[tuple[Prompt, str]], sampling: Sampling) -> list[list[int]]:
        """A completion of each prompt, with the noise of its seed."""
        with self._speaking() as network:
            vlm = replace(vlm_of(network, self.processing_class), unspeakable=self._group.asked.unspeakable)
            if self._group.sampler is not None:
                policy = self.accelerator.unwrap_model(self.model)
                step = self.state.global_step
                said, apart = self._group.sampler.complete(policy, vlm, drawn, sampling, step)
                self.note(APART, apart)
                return [draft.sampled for draft in said]

            def complete(batch: Sequence[tuple[Prompt, str]]) -> list[list[int]]:
                prompts = list({id(prompt): prompt for prompt, _ in batch}.values())
                owners = [next(at for at, each in enumerate(prompts) if each is prompt) for prompt, _ in batch]
                drafts = decode(vlm, prompts, owners, [seed for _, seed in batch], sampling)
                return [draft.sampled for draft in drafts]

            completions, _ = in_micro_batches(
                drawn, len(drawn), complete, lambda _done, _all: None, "lower max_pixels or max_completion_length"
            )
        return completions

    def worth(self, places: Sequence[int]) -> float:
        """The mean reward of greedy completions of rows, which all processes share."""
        own = places[self.accelerator.process_index :: self.accelerator.num_processes]
        asked = self._group.asked
        greedy = replace(self._group.sampling, temperature=0, top_p=1)
        completions: list[list[int]] = []
        # vLLM fills the places of what has ended; as many as a step draws are read at once.
        at_once = self.args.generation_batch_size // self.args.world_size
        size = self.args.per_device_train_batch_size if self._group.sampler is None else at_once
        for first in range(0, len(own), size):
            batch = [(asked.prompt(asked.rows[place]), "greedy") for place in own[first : first + size]]
            completions += self._complete(batch, greedy)
        scored = self._group.judge.ask(list(zip(own, self._texts(completions), strict=True)))
        rewards: list[float] = gather_object([each.reward for each in scored])
        return sum(rewards) / len(rewards)

    def note(self, name: str, value: float) -> None:
        """Has the next line of the log say a number."""
        self._metrics["train"][name].append(value)

    def _texts(self, completions: Sequence[Sequence[int]]) -> list[str]:
        tokenizer = self.processing_class.tokenizer
        return [tokenizer.decode(ids, skip_special_tokens=True) for ids in completions]

    @contextmanager
    def _speaking(self) -> Iterator[Any]:
        """The bare network, whole in this process, without dropout."""
        with (
            unwrap_model_for_generation(
                self.model_wrapped, self.accelerator, gather_deepspeed3_params=True
            ) as unwrapped,
            self.accelerator.autocast(),
        ):
            network = unwrapped.get_base_model() if isinstance(unwrapped, PeftModel) else unwrapped
            unwrapped.eval()
            try:
                yield network
            finally:
                unwrapped.train()

    def _generate_and_score_completions(self, inputs: Any) -> Body:
        output: Body = super()._generate_and_score_completions(inputs)
        if self._group.by_action:
            output["advantages"] = self._advantages_by_action(output["completion_ids"], output["completion_mask"])
        return output | self._images(output["prompt_ids"].shape[1], output["completion_ids"].shape[1])

    def _get_per_token_logps_and_entropies(
        self, model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int, *args: Any, **fields: Any
    ) -> Any:
        if fields.get("mm_token_type_ids") is None:
            # While completions are scored; in the loss the images come with the batch.
            prompts = input_ids.shape[1] - logits_to_keep
            fields |= self._images(prompts, logits_to_keep)
        return super()._get_per_token_logps_and_entropies(
            model, input_ids, attention_mask, logits_to_keep, *args, **fields
        )

    def _images(self, width: int, completion: int) -> Body:
        """What the network has to know of the images in this process's sequences, whose prompts are left-padded."""
        types = [[0] * (width - len(each.types)) + each.types + [0] * completion for each in self._seen]
        fields: Body = {"mm_token_type_ids": torch.tensor(types), **pixels_of(self._seen)}
        moved = {name: value.to(self.accelerator.device) for name, value in fields.items()}
        return moved | {"num_images": [0 if each.grids is None else len(each.grids) for each in self._seen]}

    def _reward(self, completion_ids: list[list[int]], **_: Any) -> list[float]:
        texts = self._texts(completion_ids)
        scored = self._group.judge.ask(list(zip(self._places, texts, strict=True)))
        self._credits = [
            [(0, len(text), each.reward)] if each.credits is None else each.credits
            for each, text in zip(scored, texts, strict=True)
        ]
        self._references = [self._known(place) for place in self._places]
        self._note(scored, completion_ids)
        return [each.reward for each in scored]

    def _known(self, place: int) -> list[list[Credit]]:
        """Credits of the texts that a row brings along; asked for once."""
        texts = [str(text) for text in self._group.asked.rows[place].get("references", [])]
        if not texts or not self._group.by_action:
            return []
        if place not in self._asked_once:
            scored = self._group.judge.ask([(place, text) for text in texts])
            self._asked_once[place] = [
                [(0, len(text), each.reward)] if each.credits is None else each.credits
                for each, text in zip(scored, texts, strict=True)
            ]
        return self._asked_once[place]

    def _advantages_by_action(self, completions: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Of every token of this process's completions: (completions, tokens), 0 where they are padded."""
        credits: list[list[Credit]] = gather_object(self._credits)
        references: list[list[list[Credit]]] = gather_object(self._references)[:: self.num_generations]
        shares = advantages_by_part(credits, self.num_generations, self.scale_rewards, references)
        first = self.accelerator.process_index * len(completions)
        tokenizer = self.processing_class.tokenizer
        advantages = torch.zeros(mask.shape, dtype=torch.float32)
        for at, (ids, own) in enumerate(zip(completions.tolist(), mask.sum(dim=1).tolist(), strict=True)):
            spans = spans_of(ids[:own], lambda part: str(tokenizer.decode(part, skip_special_tokens=True)))
            advantages[at, :own] = torch.tensor(spread(shares[first + at], spans))
        return advantages.to(mask.device)

    def _note(self, scored: Sequence[Scored], completions: Sequence[Sequence[int]]) -> None:
        noted = [{**each.parts, "repetition": repetition(ids)} for each, ids in zip(scored, completions, strict=True)]
        for own, known in zip(noted, self._references, strict=True):
            if known:
                own["reference_share"] = len(known) / (len(known) + self.num_generations)
                own["reference_reward"] = sum(credit for each in known for *_, credit in each) / len(known)
        # Of all processes: what a reward is made of may differ from row to row.
        everywhere: list[dict[str, float]] = gather_object(noted)
        for name in sorted({name for each in everywhere for name in each}):
            values = [each[name] for each in everywhere if name in each]
            self._group.names.setdefault(name, name)
            self._metrics["train"][name].append(sum(values) / len(values))


class FullRewardedTrainer(Whole, RewardedTrainer):
    """Trains the network itself."""

    def __init__(self, *, rates: Rates, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rates = rates
