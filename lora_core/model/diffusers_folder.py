"""UNet and autoencoder from a diffusers folder: config.json has the sizes, weights have the networks' own names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ..errors import BaseModelError
from .autoencoder import Autoencoder
from .layout import LATENT_SCALE, UnetLayout
from .loading import load_network
from .unet import UNet

Config = dict[str, Any]
Result = TypeVar("Result")

_OF_THE_FAMILY = {
    "in_channels": 4,
    "act_fn": "silu",
    "norm_num_groups": 32,
    "norm_eps": 1e-5,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "resnet_time_scale_shift": "default",
    "use_linear_projection": False,
    "addition_embed_type": None,
    "class_embed_type": None,
    "num_class_embeds": None,
    "time_cond_proj_dim": None,
}
"""Settings in config.json that SD 1.5's UNet has, where they are present; others make another network of the same
weights."""
_OLD_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def load_unet(folder: Path) -> UNet:
    """The UNet of a folder that holds config.json and .safetensors files, in their number format.

    Raises:
        BaseModelError: there is none, it is incomplete, or not of the SD 1.5 family.
    """
    layout = _configured(folder, _unet_layout)
    return load_network(lambda: UNet(layout), _read(folder), None, str(folder))


def load_autoencoder(folder: Path) -> Autoencoder:
    """The autoencoder of such a folder.

    Raises:
        BaseModelError: there is none, or it is incomplete.
    """
    channels, blocks, groups, scale = _configured(folder, _autoencoder_sizes)
    weights = {_new_name(name): weight for name, weight in _read(folder).items()}
    return load_network(lambda: Autoencoder(channels, blocks, groups, scale), weights, None, str(folder))


def safetensors_variant(folder: Path, stem: str) -> str | None:
    """Which of the files `stem`.safetensors a folder has: None for that one, "fp16" if there is only that variant."""
    plain = any(folder.glob(f"{stem}.safetensors")) or any(folder.glob(f"{stem}-*-of-*.safetensors"))
    return "fp16" if not plain and (folder / f"{stem}.fp16.safetensors").is_file() else None


def _configured(folder: Path, read: Callable[[Config], Result]) -> Result:
    path = folder / "config.json"
    try:
        return read(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise BaseModelError(
            f"{folder.parent} is not a diffusers folder of SD 1.5: {path} cannot be used "
            f"({type(error).__name__}: {error}). Download the folder again."
        ) from error


def _unet_layout(config: Config) -> UnetLayout:
    other = [key for key, value in _OF_THE_FAMILY.items() if config.get(key, value) != value]
    other += ["cross_attention_dim"] if config["cross_attention_dim"] == 1024 else []  # Stable Diffusion 2
    if other:
        raise BaseModelError(
            f"The UNet is not of the Stable Diffusion 1.5 family: its {other[0]} is {config[other[0]]!r}. "
            "Use an SD 1.5 model."
        )
    channels = tuple(config["block_out_channels"])
    heads = config["attention_head_dim"]  # diffusers' name for the number of heads in SD 1.5
    return UnetLayout(
        channels=channels,
        blocks=config["layers_per_block"],
        attention=tuple(kind == "CrossAttnDownBlock2D" for kind in config["down_block_types"]),
        context=config["cross_attention_dim"],
        heads=(heads,) * len(channels) if isinstance(heads, int) else tuple(heads),
    )


def _autoencoder_sizes(config: Config) -> tuple[list[int], int, int, float]:
    groups, scale = config.get("norm_num_groups", 32), config.get("scaling_factor", LATENT_SCALE)
    return config["block_out_channels"], config["layers_per_block"], groups, scale


def _read(folder: Path) -> dict[str, Tensor]:
    stem = "diffusion_pytorch_model"
    variant = safetensors_variant(folder, stem)
    files = [folder / f"{stem}.{variant}.safetensors"] if variant else []
    files = files or [path for path in [folder / f"{stem}.safetensors"] if path.is_file()]
    files = files or sorted(folder.glob(f"{stem}-*-of-*.safetensors"))
    if not files:
        raise BaseModelError(
            f"{folder.parent} is not a diffusers folder of SD 1.5: there is no {folder.name}/{stem}.safetensors. Other "
            "formats (.bin, .ckpt) are not opened, since they may run code: use a model in .safetensors files."
        )
    weights: dict[str, Tensor] = {}
    for path in files:
        try:
            weights |= load_file(path)
        except (OSError, SafetensorError) as error:
            raise BaseModelError(f"Cannot read {path}: {error}. Download the file again.") from error
    # A weight mapped from a file may start at any byte, and the CPU's matrix products round differently then.
    return {name: weight.clone() for name, weight in weights.items()}


def _new_name(name: str) -> str:
    """The name of an autoencoder's weight; before 2023 the layers of its attention had other names."""
    place, _, rest = name.rpartition(".attentions.0.")
    layer, _, kind = rest.rpartition(".")
    return f"{place}.attentions.0.{_OLD_ATTENTION[layer]}.{kind}" if layer in _OLD_ATTENTION else name
