"""The key of each weight of the networks in a single-file checkpoint, which uses the names of the original code."""

from __future__ import annotations

import re

_UNET_LAYERS = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_UNET_RESIDUAL = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
_PLACED = re.compile(r"(down|mid|up)_blocks?\.(?:(\d+)\.)?(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)")


def unet_key(name: str, blocks: int, attention: tuple[bool, ...]) -> str:
    """The key of a weight of the UNet, for instance "input_blocks.1.0.in_layers.2.weight".

    The file numbers the blocks of all levels consecutively. A halving counts as a block of its own; a doubling belongs
    to the last block of its level.

    Args:
        name: in `UNet`, for instance "down_blocks.0.resnets.0.conv1.weight".
        blocks: as in the network's `UNetLayout`.
        attention: as in the layout, too.
    """
    layer, _, kind = name.rpartition(".")
    placed = _PLACED.fullmatch(layer)
    if placed is None:
        return f"{_UNET_LAYERS[layer]}.{kind}"
    way, level, what, number, rest = placed[1], int(placed[2] or 0), placed[3], int(placed[4]), placed[5]
    block = level * (blocks + 1) + number
    if what == "downsamplers":
        return f"input_blocks.{(level + 1) * (blocks + 1)}.0.op.{kind}"
    if what == "upsamplers":
        return f"output_blocks.{block + blocks}.{1 + attention[-1 - level]}.conv.{kind}"
    if way == "mid":
        place = f"middle_block.{1 if what == 'attentions' else 2 * number}"
    else:
        side = f"input_blocks.{1 + block}" if way == "down" else f"output_blocks.{block}"
        place = f"{side}.{int(what == 'attentions')}"
    return f"{place}.{_UNET_RESIDUAL.get(rest, rest)}.{kind}"


def vae_key(name: str, levels: int) -> str:
    """The key of a weight of the autoencoder, for instance "encoder.mid.attn_1.q.weight".

    The file counts the levels of the decoder from the widest picture, `Autoencoder` from the smallest.
    """
    layer, _, kind = name.rpartition(".")
    side, _, inner = layer.partition(".")
    placed = _PLACED.fullmatch(inner)
    if placed is None:
        return f"{layer.replace('conv_norm_out', 'norm_out')}.{kind}"
    way, level, what, number, rest = placed[1], int(placed[2] or 0), placed[3], int(placed[4]), placed[5]
    place = {"down": f"down.{level}", "mid": "mid", "up": f"up.{levels - 1 - level}"}[way]
    if what == "attentions":
        return f"{side}.{place}.attn_1.{_VAE_ATTENTION[rest]}.{kind}"
    if what != "resnets":
        return f"{side}.{place}.{what.removesuffix('rs')}.{rest}.{kind}"
    block = f"block_{number + 1}" if way == "mid" else f"block.{number}"
    return f"{side}.{place}.{block}.{rest.replace('conv_shortcut', 'nin_shortcut')}.{kind}"
