"""A base that is held in 4 bits while an adapter on it is trained (QLoRA, Dettmers et al. 2023).

The adapter is trained on the rounded base, and merged into and served on the exact one: what rounding did to the base
it has partly learned to undo.
"""

import importlib.util

from runners.device import Compute
from runners.failure import Failure
from runners.protocol import Body

# What keeps its bits: images are few and sight is delicate; the head, often one tensor with the embeddings, decides.
EXACT = ["model.visual", "lm_head"]


def in_four_bits(compute: Compute) -> Body:
    """from_pretrained's arguments: normal floats of 4 bits, their scales in 8, computed with in the recipe's dtype."""
    if importlib.util.find_spec("bitsandbytes") is None:
        raise Failure("BadInput", 'training.tuning qlora needs bitsandbytes; run "make setup", or use tuning lora.')
    from transformers import BitsAndBytesConfig

    return {
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=compute.dtype,
            llm_int8_skip_modules=EXACT,
        )
    }
