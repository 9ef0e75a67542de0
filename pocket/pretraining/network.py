"""The pocket model's three networks: of SD 1.5's kind, 120 times smaller, for pictures of 128 × 128 pixels.

Written as one file under the keys of an SD 1.5 checkpoint, with an autoencoder under TAESD's, which ComfyUI knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..model import SIDE

CHANNELS = (64, 128, 128)
"""Of the UNet's levels, the last of them without attention."""
HEAD = 32
"""Channels an attention head."""
WIDTH = 64
"""Features a token."""
LATENT_SCALE = 0.18215
"""SD 1.5's: ComfyUI divides the latents it hands to an autoencoder by it."""


def new_autoencoder() -> Any:
    """diffusers' AutoencoderTiny: TAESD's layout, no normalisation layers, a deterministic encoder.

    It starts as a codec of the mean colour of 8 × 8 pixels, which three channels of every layer pass on unchanged; the
    others have weights that keep the signal's size (He et al. 2015). Random weights alone took four times as long.
    """
    from diffusers import AutoencoderTiny

    autoencoder = AutoencoderTiny(latent_channels=4)
    for name, module in autoencoder.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
            if name.endswith("conv.4"):  # the last of a residual block, which shall begin by doing nothing
                module.weight.data *= 0.1
                module.weight.data[:3] = 0
            elif name.startswith(("encoder.layers", "decoder.layers")) and ".conv." not in name:
                _pass_colours_on(module)
    _code_colours(autoencoder.encoder.layers[-1], autoencoder.decoder.layers[0])
    return autoencoder


def _pass_colours_on(convolution: torch.nn.Conv2d) -> None:
    """The first three outputs become the first three inputs, averaged over 2 × 2 pixels where the stride is 2."""
    weight = convolution.weight.data
    weight[:3] = 0
    for colour in range(3):
        if convolution.stride == (2, 2):
            weight[colour, colour, 1:, 1:] = 0.25
        else:
            weight[colour, colour, 1, 1] = 1.0
    if convolution.out_channels == 3:  # the picture itself
        weight[:, 3:] = 0.001 * torch.randn_like(weight[:, 3:])


def _code_colours(to_latents: Any, from_latents: Any) -> None:
    """Latents 0 to 2 are brightness and two differences of colours, each of a size near 1, and back."""
    code = torch.tensor([[1.3, 1.3, 1.3], [7.0, 0.0, -7.0], [-6.0, 12.0, -6.0]])
    to_latents.weight.data[:3] = 0
    to_latents.weight.data[:3, :3, 1, 1] = code
    to_latents.weight.data[3] *= 0.3
    to_latents.bias.data[:3] = -code @ torch.full((3,), 0.5)
    from_latents.weight.data[:3] = 0
    from_latents.weight.data[:3, :3, 1, 1] = code.inverse()
    from_latents.bias.data[:3] = 0.5


def new_unet() -> Any:
    """A UNet of three levels with one residual block each; levels narrower than 64 would lose the timestep.

    GroupNorm has 32 groups, and what is constant over a group's pixels does not pass it if the group is one channel.
    """
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=SIDE // 8,
        block_out_channels=CHANNELS,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=WIDTH,
        attention_head_dim=[channels // HEAD for channels in CHANNELS],  # diffusers' name for the number of heads
        norm_num_groups=32,
    )


def new_text_encoder() -> Any:
    """A CLIP text encoder of two layers with the vocabulary of CLIP, so that the stock tokenizer serves."""
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=49408,
            hidden_size=WIDTH,
            intermediate_size=4 * WIDTH,
            num_hidden_layers=2,
            num_attention_heads=1,
            max_position_embeddings=77,
            hidden_act="quick_gelu",
            bos_token_id=49406,
            eos_token_id=49407,
            pad_token_id=49407,
        )
    )


@dataclass(frozen=True)
class Networks:
    """All of the pocket model."""

    unet: Any
    autoencoder: Any
    text_encoder: Any


def checkpoint(networks: Networks, unet_keys: Mapping[str, str]) -> dict[str, Tensor]:
    """The three networks' weights under the keys of one SD 1.5 checkpoint.

    Args:
        unet_keys: from `comfy.utils.unet_to_diffusers`: diffusers' keys to those of SD 1.5.
    """
    weights = dict(_named(networks, unet_keys))
    weights["first_stage_model.vae_scale"] = torch.tensor(LATENT_SCALE)
    weights["first_stage_model.vae_shift"] = torch.tensor(0.0)
    return {key: value.detach().contiguous() for key, value in weights.items()}


def restored(weights: Mapping[str, Tensor], unet_keys: Mapping[str, str]) -> Networks:
    """Networks with the weights of a checkpoint, which may be of another number format."""
    networks = Networks(new_unet(), new_autoencoder(), new_text_encoder())
    with torch.no_grad():
        for name, value in _named(networks, unet_keys):
            value.copy_(weights[name])
    for each in (networks.unet, networks.autoencoder, networks.text_encoder):
        each.eval()
    return networks


def _named(networks: Networks, unet_keys: Mapping[str, str]) -> Iterator[tuple[str, Tensor]]:
    """Each weight with its key in the checkpoint."""
    for key, value in networks.unet.state_dict().items():
        yield f"model.diffusion_model.{unet_keys[key]}", value
    for key, value in networks.autoencoder.state_dict().items():
        yield f"first_stage_model.{_taesd_key(key)}", value
    for key, value in networks.text_encoder.state_dict().items():
        if not key.endswith("position_ids"):
            yield f"cond_stage_model.transformer.text_model.{key.removeprefix('text_model.')}", value


def unet_config() -> dict[str, Any]:
    """The UNet in the words of ComfyUI's UNetModel."""
    return {
        "image_size": SIDE // 8,
        "in_channels": 4,
        "out_channels": 4,
        "model_channels": CHANNELS[0],
        "channel_mult": [channels // CHANNELS[0] for channels in CHANNELS],
        "num_res_blocks": [1] * len(CHANNELS),
        "transformer_depth": [1, 1, 0],
        "transformer_depth_output": [1, 1, 1, 1, 0, 0],
        "transformer_depth_middle": 1,
        "context_dim": WIDTH,
        "num_heads": -1,
        "num_head_channels": HEAD,
        "use_spatial_transformer": True,
        "use_linear_in_transformer": False,
        "legacy": False,
    }


def _taesd_key(key: str) -> str:
    """TAESD's key of a weight of AutoencoderTiny, whose decoder is without TAESD's leading Clamp layer."""
    side, place, rest = re.fullmatch(r"(encoder|decoder)\.layers\.(\d+)\.(.+)", key).groups()  # type: ignore[union-attr]
    return f"taesd_{side}.{int(place) + (side == 'decoder')}.{rest}"
