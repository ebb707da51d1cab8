"""A checkpoint in vLLM's engine, inside this process: whoever ends the process has ended all of it. Divided over
several devices it has a process more for each, which ends with this one."""

import itertools
import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runners.device import Compute
from runners.failure import Failure, is_out_of_memory
from runners.families import context_of, heads_of
from runners.prompt import IMAGE, Prompt
from runners.protocol import Body, field, number, optional
from runners.ranks import ALONE, Rank
from runners.weights import check_weights

# Engine steps after which a request says that it lives: each is a token of every completion under way.
BEAT = 32

# Images of a prompt for which memory is set aside; a prompt with more is read in several steps.
IMAGES = 8

# Read when vLLM is imported. One process, so that a kill leaves none; the one of its two runners that works on a CPU
# too; nothing is reported, nothing is downloaded; on a CPU the threads are those that the device was given, wherever
# the system puts them.
SETTINGS = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_USE_V2_MODEL_RUNNER": "0",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_DO_NOT_TRACK": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_HOST_IP": "127.0.0.1",
    "HF_HUB_OFFLINE": "1",
    # Where there are further processes: by a name of its own each would overwrite the mark in its environment by which
    # it is found and ended, and forked ones hold the locks of the devices for as long as they live.
    "SPT_NOENV": "1",
    "VLLM_WORKER_MULTIPROC_METHOD": "fork",
}

# On a CPU: what vLLM compiles there takes longer than a toy's answer, and a compiler that a host need not have.
ON_CPU = {"TORCHDYNAMO_DISABLE": "1"}

# How vLLM says that weights, or keys and values, do not fit into its share of the memory.
NO_ROOM = ("KV cache memory", "memory for the cache blocks", "memory utilization", "memory for kv")


@dataclass(frozen=True)
class Limits:
    """max_model_len: tokens of a prompt and its completion; memory_share: of the device's memory, for everything;
    cache_gib: GiB for keys and values, None for what the share leaves; max_lora_rank: 0 where no adapter comes;
    tensor_parallel_size: devices over which the checkpoint is divided."""

    max_model_len: int
    memory_share: float
    cache_gib: float | None
    max_lora_rank: int
    tensor_parallel_size: int

    @staticmethod
    def parse(block: Body, max_lora_rank: int) -> "Limits":
        """Of a block of a request. An engine that shares its device with a trainer is never divided."""
        return Limits(
            max_model_len=field(block, "max_model_len", int),
            memory_share=number(block, "memory_share"),
            cache_gib=None if block.get("cache_gib") is None else number(block, "cache_gib"),
            max_lora_rank=max_lora_rank,
            tensor_parallel_size=optional(block, "tensor_parallel_size", int) or 1,
        )


@dataclass(frozen=True)
class Asked:
    """One sequence to be completed: vLLM's own input, its sampling parameters, and its adapter if it has one."""

    prompt: Any
    params: Any
    adapter: Any


class Engine:
    """One loaded checkpoint. `spent`: it failed in the middle of a step and cannot go on."""

    def __init__(
        self, model: str, compute: Compute, pixels: tuple[int, int], limits: Limits, rank: Rank = ALONE
    ) -> None:
        places = context_of(model)
        if limits.max_model_len > places:
            raise Failure(
                "BadInput",
                f"vllm.max_model_len is {limits.max_model_len}, but the checkpoint {model} has {places} places.",
            )
        check_division(model, limits.tensor_parallel_size)
        check_weights(Path(model))
        os.environ.update(environment(compute))
        self.spent = False
        self._limits = limits
        self._numbers = itertools.count()
        self._engine = _start(model, compute, pixels, limits, rank)

    def complete(self, asked: Iterable[Asked], at_once: int, beat: Callable[[int], None]) -> list[Any]:
        """vLLM's outputs in the order asked, at most `at_once` of them under way. Calls `beat` with how many are done.

        What an earlier request left in the caches is dropped first: keys and values that were computed in another batch
        differ in their last digits, and a result must not depend on who asked before.
        """
        self._engine.reset_prefix_cache()
        self._engine.reset_encoder_cache()
        waiting = enumerate(asked)
        under_way: dict[str, int] = {}
        outputs: dict[int, Any] = {}
        try:
            for steps in itertools.count(1):
                for place, each in itertools.islice(waiting, at_once - len(under_way)):
                    number = str(next(self._numbers))
                    under_way[number] = place
                    self._engine.add_request(number, each.prompt, each.params, lora_request=each.adapter)
                if not under_way:
                    break
                finished = [output for output in self._step() if output.finished]
                for output in finished:
                    outputs[under_way.pop(output.request_id)] = output
                if finished or steps % BEAT == 0:
                    beat(len(outputs))
        finally:
            # By a failure: the next request shall not find this one's sequences.
            self._engine.abort_request([*under_way])
        return [outputs[place] for place in range(len(outputs))]

    def load(self, weights: Mapping[str, Any]) -> None:
        """Takes these weights in place of its own, by the names that they have in a checkpoint."""
        # Layer by layer, each made ready again as when it was loaded: on a CPU the weights that vLLM computes with are
        # packed copies, which stay as they were where a weight is only written over.
        self._engine.collective_rpc("reload_weights", kwargs={"weights_iterator": weights.items()})

    def check_length(self, prompt: Prompt, more: int) -> None:
        """Refuses a prompt that with its completion has more tokens than the engine has places: vLLM would cut it."""
        if len(prompt.ids) + more <= self._limits.max_model_len:
            return
        images = prompt.types.count(IMAGE)
        raise Failure(
            "BadInput",
            f"A prompt has {len(prompt.ids)} tokens, {images} of them of images, and {more} more are wanted, but "
            f"vllm.max_model_len is {self._limits.max_model_len}; raise it to {len(prompt.ids) + more} at least, or "
            "lower max_pixels.",
        )

    def _step(self) -> list[Any]:
        try:
            return self._engine.step()  # type: ignore[no-any-return]
        except Exception:
            # Its scheduler has counted tokens that were never computed.
            self.spent = True
            raise


def environment(compute: Compute) -> dict[str, str]:
    """What vLLM reads when it is imported."""
    return SETTINGS | (ON_CPU if compute.device.type == "cpu" else {})


def _start(model: str, compute: Compute, pixels: tuple[int, int], limits: Limits, rank: Rank) -> Any:
    from vllm import EngineArgs
    from vllm.v1.engine.llm_engine import LLMEngine

    from runners.vllm_draw import HouseDraw

    on_cpu = compute.device.type == "cpu"
    count = limits.tensor_parallel_size
    # One engine in several processes of its own, or one in each process of a job, on the device that its launcher has
    # told it.
    divided = {"distributed_executor_backend": "mp", "worker_extension_cls": "runners.vllm_worker.Bound"}
    beside = {"distributed_executor_backend": "external_launcher"}
    lora = {"enable_lora": True, "max_loras": 1, "max_cpu_loras": 2, "max_lora_rank": _step_of_ranks(limits)}
    cache = None if limits.cache_gib is None else math.ceil(limits.cache_gib * 2**30)
    arguments = EngineArgs(
        model=model,
        dtype=str(compute.dtype).removeprefix("torch."),
        max_model_len=limits.max_model_len,
        gpu_memory_utilization=limits.memory_share,
        kv_cache_memory_bytes=cache,
        enable_prefix_caching=True,
        limit_mm_per_prompt={"image": IMAGES, "video": 0},
        mm_processor_kwargs={"min_pixels": pixels[0], "max_pixels": pixels[1]},
        # Prompts come with their images read; a second copy of them would be kept.
        mm_processor_cache_gb=0,
        mm_device_do_normalize=False,
        # No setting of sampling comes from the checkpoint.
        generation_config="vllm",
        logits_processors=[HouseDraw],
        # A token is drawn by its number, which must be known by then.
        async_scheduling=False,
        enforce_eager=on_cpu,
        load_format="safetensors",
        seed=0,
        disable_log_stats=True,
        tensor_parallel_size=count,
        **(divided if count > 1 else beside if rank.count > 1 else {}),
        **(lora if limits.max_lora_rank else {}),
    )
    try:
        return LLMEngine.from_engine_args(arguments)
    except (ValueError, RuntimeError) as error:
        if is_out_of_memory(error) or any(words in str(error) for words in NO_ROOM):
            raise Failure(
                "OutOfMemory",
                f"vLLM has too little memory for this checkpoint and vllm.max_model_len {limits.max_model_len}; raise "
                f"vllm.memory_share or vllm.cache_gib, or lower vllm.max_model_len. vLLM says: {error}",
            ) from error
        raise


def check_division(model: str, count: int) -> None:
    """Refuses a number of devices that the checkpoint's attention cannot be divided by."""
    heads = heads_of(model)
    if all(each % count == 0 for each in heads.values()):
        return
    has = " and ".join(f"{number} in the {part}" for part, number in heads.items())
    raise Failure(
        "BadInput",
        f"vllm.tensor_parallel_size is {count}, and the attention heads of the checkpoint {model} are {has}; a divisor "
        "of both is needed.",
    )


def _step_of_ranks(limits: Limits) -> int:
    """The least of the ranks that vLLM has room for which holds the wanted one."""
    steps = (8, 16, 32, 64, 128, 256, 512)
    found = next((rank for rank in steps if rank >= limits.max_lora_rank), None)
    if found is None:
        raise Failure("BadInput", f"vllm.max_lora_rank is {limits.max_lora_rank}; vLLM takes {steps[-1]} at most.")
    return found
