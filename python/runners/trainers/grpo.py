"""Group-relative policy optimisation with TRL's GRPOTrainer (Shao et al. 2024): of several completions of a question,
those that the judge finds better than the others become more likely.

settings, beside those of every training: {rewards, credit, num_generations, temperature, top_p, max_completion_length,
beta, loss_type, scale_rewards, epsilon, epsilon_high, use_vllm, vllm: {max_model_len, memory_share, cache_gib} where it
is used, extra: passed on to GRPOConfig}.

With validation rows, the reward of their greedy completions is asked at every checkpoint.

Prompts are those of the rollout, and completions are drawn as there: the noise of each comes from the seed, the step,
its question and its place in the group, whoever shares its batch.
"""

from dataclasses import replace

from datasets import Dataset
from trl import GRPOConfig

from runners.failure import Failure
from runners.judge import Judge
from runners.options import config_of, is_full
from runners.policy import adapted, frozen, whole
from runners.protocol import Body, field, number, optional
from runners.report import METRICS
from runners.sampling import Sampling
from runners.trainers.job import Job, Training
from runners.trainers.rewarded import APART, FullRewardedTrainer, Group, RewardedTrainer
from runners.trainers.rows import Asked, read_rows, sees_images
from runners.trainers.validated import REWARD, Validated
from runners.vllm_sampler import VllmSampler, places_of, uses_vllm

# TRL's names, and ours.
NAMES = {
    "reward": "reward",
    "reward_std": "reward_std",
    # Groups whose completions are all worth the same: they have no gradient.
    "frac_reward_zero_std": "frac_reward_zero_std",
    "kl": "kl",
    "entropy": "entropy",
    "clip_ratio/region_mean": "clipped_share",
    "cispo_clip_ratio": "clipped_share",
    "completions/mean_length": "completion_length",
    "completions/clipped_ratio": "cut_share",
    "repetition": "repetition",
    REWARD: REWARD,
    APART: APART,
}


def training_of(job: Job) -> Training:
    """The training on the job's questions."""
    settings = job.settings
    if job.judge is None:
        raise Failure("BadInput", "This training has nobody to ask what a completion is worth.")
    config = grpo_config(job)
    rows = read_rows(job.data)
    questions = config.generation_batch_size // config.num_generations
    if len(rows) < questions:
        raise Failure(
            "BadInput", f"An optimizer step takes {questions} questions and there are {len(rows)}; lower the batch."
        )
    held_out = [] if job.validation is None else read_rows(job.validation)
    asked = asked_of(job, [*rows, *held_out])
    asked.check_prompts(job.rank)
    metrics = METRICS | NAMES
    by_action = optional(settings, "credit", str) == "action"
    sampler = VllmSampler(job) if uses_vllm(settings) else None
    group = Group(asked, Judge(job.judge), sampling_of(settings), job.seed, metrics, by_action, sampler)
    given: Body = {
        "group": group,
        "beta": number(settings, "beta"),
        "args": config,
        "processing_class": job.processor,
        "train_dataset": Dataset.from_dict({"prompt": [str(index) for index in range(len(rows))]}),
    }
    with_images = sees_images(rows, job.rank.count)
    trainer: RewardedTrainer
    if is_full(settings):
        network, rates = whole(job, settings, with_images=with_images)
        reference = frozen(job, job.reference or job.model) if given["beta"] > 0 else None
        trainer = FullRewardedTrainer(model=network, rates=rates, reference=reference, **given)
    else:
        network, adapter = adapted(job, settings)
        other = frozen(job, job.reference) if job.reference is not None and given["beta"] > 0 else None
        trainer = RewardedTrainer(model=network, peft_config=adapter, reference=other, **given)
    # The whole network at every checkpoint would fill the disk.
    if held_out and job.output is not None and not is_full(settings):
        trainer.add_callback(Validated(job, job.output, trainer, range(len(rows), len(rows) + len(held_out))))
    return Training(trainer, rows=len(rows), called="questions", metrics=metrics)


def asked_of(job: Job, rows: list[Body]) -> Asked:
    """How it reads its rows, each with room for a completion behind it."""
    room = field(job.settings, "max_completion_length", int)
    asked = Asked(rows, job.image_root, job.processor, job.unspeakable, job.context, room)
    if not uses_vllm(job.settings) or places_of(job.settings) >= job.context:
        return asked
    return replace(asked, context=places_of(job.settings), places="training.vllm.max_model_len is")


def grpo_config(job: Job) -> GRPOConfig:
    """TRL's configuration. Completions are drawn once for each optimizer step, whose beginning is where a checkpoint
    goes on."""
    settings = job.settings
    own: Body = {
        "num_generations": field(settings, "num_generations", int),
        "temperature": number(settings, "temperature"),
        "top_p": number(settings, "top_p"),
        "max_completion_length": field(settings, "max_completion_length", int),
        # Ours: with it TRL would load a reference itself, in float32.
        "beta": 0.0,
        "loss_type": field(settings, "loss_type", str),
        "scale_rewards": field(settings, "scale_rewards", str),
        "epsilon": number(settings, "epsilon"),
        "epsilon_high": optional(settings, "epsilon_high", float),
        "num_iterations": 1,
        "steps_per_generation": None,
        "generation_batch_size": None,
        # Has a loss of its own, which would not know of the reference.
        "use_liger_kernel": False,
        # TRL's own way to vLLM: prompts by other code, and other completions each time. Ours is runners.vllm_sampler.
        "use_vllm": False,
    }
    return config_of(GRPOConfig, job, settings, own)


def sampling_of(settings: Body) -> Sampling:
    """How completions are drawn."""
    return Sampling(
        temperature=number(settings, "temperature"),
        top_p=number(settings, "top_p"),
        top_k=0,
        min_p=0,
        repetition_penalty=1,
        max_new_tokens=field(settings, "max_completion_length", int),
    )
