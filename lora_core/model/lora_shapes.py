"""The matrices of a LoRA without the LoRA: what a run will write, before anything is attached to the model."""

from __future__ import annotations

from torch import nn
from torch.nn import Conv2d, Linear

from ..config import LoraConfig
from .base import BaseModel
from .lora import kohya_name, target_modules


def lora_shapes(base: BaseModel, config: LoraConfig) -> dict[str, tuple[int, ...]]:
    """The shape of each A and B that `LoraAdapter` would attach, by kohya's keys. `base` has no LoRA yet."""
    roots: list[tuple[str, nn.Module]] = [("lora_unet_", base.unet)]
    roots += [("lora_te_", base.text_encoder)] if config.train_text_encoder else []
    shapes: dict[str, tuple[int, ...]] = {}
    for prefix, root in roots:
        for name in target_modules(root, prefix, config.layers):
            down, up = _pair(root.get_submodule(name), config.rank)
            shapes[f"{kohya_name(prefix, name)}.lora_down.weight"] = down
            shapes[f"{kohya_name(prefix, name)}.lora_up.weight"] = up
    return shapes


def _pair(layer: nn.Module, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    assert isinstance(layer, (Linear, Conv2d))
    outputs, *inputs = layer.weight.shape
    ones = (1,) * (len(inputs) - 1)  # B has a kernel of one point
    return (rank, *inputs), (outputs, rank, *ones)
