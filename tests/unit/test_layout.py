"""Sizes of models read from the names and shapes of their weights, written out here by hand."""

from __future__ import annotations

import torch
from torch import Tensor

from lora_core.model.layout import UnetLayout, unet_layout


def unet(*levels: tuple[int, int, bool], context: int) -> dict[str, Tensor]:
    """The weights that show a UNet's layout; a level is its channels, its blocks and whether it has attention."""
    weights, number = {}, 1
    for level, (channels, blocks, attention) in enumerate(levels):
        if level:
            weights[f"input_blocks.{number}.0.op.weight"] = torch.empty(1)
            number += 1
        for _ in range(blocks):
            weights[f"input_blocks.{number}.0.out_layers.3.weight"] = torch.empty(channels, channels, 3, 3)
            if attention:
                weights[f"input_blocks.{number}.1.proj_in.weight"] = torch.empty(channels, channels, 1, 1)
                attends = f"input_blocks.{number}.1.transformer_blocks.0.attn2.to_k.weight"
                weights[attends] = torch.empty(channels, context)
            number += 1
    return weights


def test_sd15() -> None:
    layout = unet_layout(unet((320, 2, True), (640, 2, True), (1280, 2, True), (1280, 2, False), context=768))
    assert layout == UnetLayout((320, 640, 1280, 1280), 2, (True, True, True, False), 768, (8, 8, 8, 8))
    assert layout.head_channels is None


def test_the_pocket_model() -> None:
    layout = unet_layout(unet((64, 1, True), (128, 1, True), (128, 1, False), context=64))
    assert layout == UnetLayout((64, 128, 128), 1, (True, True, False), 64, (2, 4, 4))
    assert layout.head_channels == 32
