"""How large a model of the SD 1.5 family is, read from its weights: levels, widths, depths and heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

HEADS, HEAD_CHANNELS = 8, 32
"""The weights do not show the heads: SD 1.5's four levels have eight each, a smaller UNet has heads of 32 channels."""
LATENT_SCALE = 0.18215
"""The VAE's latents are multiplied by it before the UNet sees them."""
CONTEXT_KEY = "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
"""A matrix that shows how many features per token the UNet expects."""
TINY_VAE_KEY = "taesd_decoder.1.weight"
"""The first matrix of the decoder in a VAE of TAESD's layout."""


@dataclass(frozen=True)
class UnetLayout:
    """A UNet, level by level from the widest picture to the smallest; SD 1.5 is ((320, 640, 1280, 1280), 2, ...)."""

    channels: tuple[int, ...]
    blocks: int
    """Residual blocks per level on the way down; one more on the way up."""
    attention: tuple[bool, ...]
    context: int
    """Features per token."""
    heads: tuple[int, ...]
    """Attention heads of each level."""

    @property
    def head_channels(self) -> int | None:
        """Channels per head if that is the same at every level; None if the number of heads is."""
        return None if len(self.channels) == 4 else HEAD_CHANNELS


def unet_layout(weights: Mapping[str, Tensor]) -> UnetLayout:
    """Of a UNet under SD 1.5's keys without their prefix. Raises KeyError if a weight that shows it is missing."""
    levels: list[list[int]] = [[]]
    number = 1
    while any(key.startswith(f"input_blocks.{number}.0.") for key in weights):
        if f"input_blocks.{number}.0.op.weight" in weights:  # a halving of the picture
            levels.append([])
        else:
            levels[-1].append(number)
        number += 1
    channels = tuple(int(weights[f"input_blocks.{level[0]}.0.out_layers.3.weight"].shape[0]) for level in levels)
    return UnetLayout(
        channels=channels,
        blocks=len(levels[0]),
        attention=tuple(f"input_blocks.{level[0]}.1.proj_in.weight" in weights for level in levels),
        context=int(weights[CONTEXT_KEY].shape[1]),
        heads=tuple(HEADS if len(channels) == 4 else max(1, width // HEAD_CHANNELS) for width in channels),
    )


def is_tiny_vae(weights: Mapping[str, Tensor]) -> bool:
    """Whether a VAE without its prefix is of TAESD's layout, and not SD 1.5's own."""
    return TINY_VAE_KEY in weights


def vae_shape(weights: Mapping[str, Tensor]) -> tuple[list[int], int]:
    """Channels of the four levels, and residual blocks per level of the encoder, of SD 1.5's VAE without its prefix."""
    channels = [int(weights[f"encoder.down.{level}.block.0.conv1.weight"].shape[0]) for level in range(4)]
    return channels, len({key.split(".")[4] for key in weights if key.startswith("encoder.down.0.block.")})


def text_encoder_shape(weights: Mapping[str, Tensor]) -> dict[str, int]:
    """What differs between text encoders of the family, in the words of CLIP's config.json; weights without prefix."""
    positions, width = weights["embeddings.position_embedding.weight"].shape
    return {
        "hidden_size": int(width),
        "intermediate_size": int(weights["encoder.layers.0.mlp.fc1.weight"].shape[0]),
        "max_position_embeddings": int(positions),
        "num_attention_heads": max(1, int(width) // 64),
        "num_hidden_layers": len({key.split(".")[2] for key in weights if key.startswith("encoder.layers.")}),
    }
