"""Qwen3-VL's forward pass for images of one fixed size, on the weights of the transformers model.

The library's vision tower splits its attention image by image, which is slow for many small images and which the
ONNX exporter cannot follow. With a fixed grid all images are one batch, positions are arithmetic on the token ids,
and right-padded sequences need no mask but the causal one. Numbers agree with the library's within float rounding.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import Qwen3VLForConditionalGeneration
from transformers.models.qwen3_vl.modeling_qwen3_vl import (
    Qwen3VLVisionAttention,
    Qwen3VLVisionPatchMerger,
    apply_rotary_pos_emb_vision,
)
from transformers.vision_utils import get_vision_interpolation_indices_and_weights, get_vision_position_ids


class Seen(NamedTuple):
    """What the vision tower makes of images: (images, tokens an image, width) each."""

    tokens: Tensor
    deep: list[Tensor]


class FixedGrid(nn.Module):
    """`side` × `side` pixel images, any number of them a sequence; sequences padded on the right."""

    position_indices: Tensor
    position_weights: Tensor
    vision_cos: Tensor
    vision_sin: Tensor

    def __init__(self, model: Qwen3VLForConditionalGeneration, side: int) -> None:
        super().__init__()
        self.model = model
        config = model.config.vision_config
        self.patch: int = config.patch_size
        self.merge: int = config.spatial_merge_size
        self.cells = side // self.patch // self.merge
        self.image_token: int = model.config.image_token_id
        grid = torch.tensor([[1, side // self.patch, side // self.patch]])
        visual = model.model.visual
        indices, weights = get_vision_interpolation_indices_and_weights(
            grid,
            num_grid_per_side=visual.num_grid_per_side,
            mode=visual.interpolation_mode,
            align_corners=visual.interpolation_align_corners,
            spatial_merge_size=self.merge,
        )
        self.register_buffer("position_indices", indices, persistent=False)
        self.register_buffer("position_weights", weights, persistent=False)
        places = get_vision_position_ids(grid, self.merge)
        cos, sin = visual.rotary_pos_emb(weights, places)
        self.register_buffer("vision_cos", cos, persistent=False)
        self.register_buffer("vision_sin", sin, persistent=False)

    def see(self, pixels: Tensor) -> Seen:
        """(images, side, side, 3) of 0..255 → language tokens, row by row of cells."""
        visual = self.model.model.visual
        weight = visual.patch_embed.proj.weight
        # A still image is two equal frames, so the kernel's two time steps add up.
        kernel = weight.sum(2).flatten(1)
        x = F.linear(self._patches(pixels.to(weight.dtype)), kernel, visual.patch_embed.proj.bias)
        x = x + (visual.pos_embed(self.position_indices) * self.position_weights[:, :, None]).sum(1)
        deep = []
        for number, block in enumerate(visual.blocks):
            x = x + self._attend(block.attn, block.norm1(x))
            x = x + block.mlp(block.norm2(x))
            if number in visual.deepstack_visual_indexes:
                at = visual.deepstack_visual_indexes.index(number)
                deep.append(self._merged(visual.deepstack_merger_list[at], x))
        return Seen(self._merged(visual.merger, x), deep)

    def forward(self, input_ids: Tensor, pixels: Tensor) -> Tensor:
        """(batch, length) token ids and (images, side, side, 3) bytes → (batch, length, vocabulary) logits."""
        return self.read(input_ids, self.see(pixels))

    def read(self, input_ids: Tensor, seen: Seen) -> Tensor:
        """Logits, given what was seen; images belong to the image tokens in their order."""
        text = self.model.model.language_model
        is_image = input_ids == self.image_token
        x = text.embed_tokens(input_ids)
        order = (is_image.flatten().long().cumsum(0) - 1).clamp(min=0).view_as(input_ids)
        x = torch.where(is_image[..., None], seen.tokens.flatten(0, 1)[order], x)
        rotary = text.rotary_emb(x, self.places(is_image))
        length = input_ids.shape[1]
        mask = torch.ones(length, length, dtype=torch.bool, device=x.device).tril()[None, None]
        mask = torch.zeros(1, 1, length, length, dtype=x.dtype).masked_fill(~mask, torch.finfo(x.dtype).min)
        for number, layer in enumerate(text.layers):
            x = layer(x, attention_mask=mask, position_embeddings=rotary)
            if number < len(seen.deep):
                x = x + seen.deep[number].flatten(0, 1)[order] * is_image[..., None]
        logits: Tensor = self.model.lm_head(text.norm(x))
        return logits

    def places(self, is_image: Tensor) -> Tensor:
        """(batch, length) → (3, batch, length): time, row and column; an image takes as many steps as it has rows."""
        seen = is_image.long().cumsum(1)
        before = (~is_image).long().cumsum(1)
        area = self.cells * self.cells
        text = before - 1 + seen // area * self.cells
        number = seen - 1
        start = before + number // area * self.cells
        cell = number % area
        steps = torch.stack([start, start + cell // self.cells, start + cell % self.cells])
        return torch.where(is_image[None], steps, text[None])

    def _patches(self, pixels: Tensor) -> Tensor:
        """(n, side, side, 3) → (n, patches, 3 · patch²), the four patches of a cell one after another."""
        n, c, m, p = pixels.shape[0], self.cells, self.merge, self.patch
        x = (pixels / 255 - 0.5) / 0.5
        x = x.view(n, c, m, p, c, m, p, 3).permute(0, 1, 4, 2, 5, 7, 3, 6)
        return x.reshape(n, c * c * m * m, 3 * p * p)

    def _attend(self, attention: Qwen3VLVisionAttention, x: Tensor) -> Tensor:
        n, patches, width = x.shape
        q, k, v = attention.qkv(x).view(n, patches, 3, attention.num_heads, -1).unbind(2)
        q, k = apply_rotary_pos_emb_vision(q, k, self.vision_cos, self.vision_sin)
        out = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))
        projected: Tensor = attention.proj(out.transpose(1, 2).reshape(n, patches, width))
        return projected

    def _merged(self, merger: Qwen3VLVisionPatchMerger, x: Tensor) -> Tensor:
        n, patches, width = x.shape
        merged: Tensor = merger(x.reshape(n * patches, width))
        return merged.view(n, patches // self.merge**2, -1)
