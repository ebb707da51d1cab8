"""Logits of the completions alone. A whole vocabulary in float32 is 600 kB a token; the loss needs it of a pair's two
completions, once of the policy and once of the reference, and a prompt with images is several times as long as they."""

from typing import Any

import torch

from runners.protocol import Body

HEAD = "head_ids"


def needs_tails(device: torch.device) -> bool:
    """A CPU has the memory, and its sums over a shorter row would end in other digits than before."""
    return device.type != "cpu"


def tails_of(inputs: Body) -> Body:
    """A preference batch as the loss shall see it: from the token on that predicts the first of all completions. What
    lies before goes under a name of its own to the network, which `joining` has taught to read it.

    inputs: a batch of PairCollator, right-padded.
    """
    first = int(inputs["completion_mask"].any(dim=0).int().argmax()) - 1
    ids, mask = inputs["input_ids"], inputs["completion_mask"]
    return inputs | {HEAD: ids[:, :first], "input_ids": ids[:, first:], "completion_mask": mask[:, first:]}


def joining(network: Any) -> Any:
    """Has the network read heads before tails, and answer for the tails alone."""

    def join(_module: Any, args: Any, kwargs: Body) -> tuple[Any, Body] | None:
        if HEAD not in kwargs:
            return None
        tail = kwargs["input_ids"]
        whole = {name: value for name, value in kwargs.items() if name != HEAD}
        ids = torch.cat([kwargs[HEAD], tail], dim=1)
        return args, whole | {"input_ids": ids, "logits_to_keep": tail.shape[1]}

    network.register_forward_pre_hook(join, with_kwargs=True)
    return network
