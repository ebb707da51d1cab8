"""The frozen vision tower in training: each image is seen once a step, not four times."""

from typing import Any

import torch

from runners.protocol import Body


def see_once(network: Any, inputs: Body) -> Body:
    """Replaces a preference batch's pixels by what the vision tower makes of them.

    inputs: a batch of PairCollator, whose second half (rejected) shows the images of the first (chosen) again. Policy
    and reference share the tower too, for no adapter is ever put on it.
    """
    if "pixel_values" not in inputs:
        return inputs
    pixels, grids = inputs["pixel_values"], inputs["image_grid_thw"]
    with torch.no_grad():
        seen = network.model.get_image_features(pixels[: len(pixels) // 2], grids[: len(grids) // 2], return_dict=True)
    seen.pooler_output = [*seen.pooler_output] * 2
    if "deepstack_features" in seen:
        seen.deepstack_features = [[*layer] * 2 for layer in seen.deepstack_features]
    rest = {name: value for name, value in inputs.items() if name != "pixel_values"}
    return rest | {"mm_encoder_outputs": {"image": seen}}
