"""A narrow member of the SD 1.5 family as ComfyUI's own MODEL, CLIP and VAE, and its ControlNets as CONTROL_NET.

The stock loaders know SD 1.5 by its widths (320 channels, a context of 768). Here the same classes are
built with the widths that the weights have.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import comfy.cldm.cldm
import comfy.controlnet
import comfy.model_detection
import comfy.model_management
import comfy.model_patcher
import comfy.ops
import comfy.sd
import comfy.supported_models
import torch
from torch import Tensor

from ...lora_core.model.disk import read_checkpoint
from ...lora_core.model.layout import is_tiny_vae, text_encoder_shape, unet_layout, vae_shape
from ...lora_core.model.single_file import TEXT_PREFIX, UNET_PREFIX, VAE_PREFIX, check_family, part

Weights = dict[str, Tensor]


def load_checkpoint(path: Path) -> tuple[Any, Any, Any]:
    """MODEL, CLIP and VAE of a .safetensors file under SD 1.5's keys, of any width, in float32.

    Raises:
        BaseModelError: the file is missing or damaged, or holds another kind of model.
    """
    weights = _read(path)
    config = _config(weights)
    clip = _clip(config, weights)
    vae = _vae(part(weights, VAE_PREFIX))
    return _model(config, weights), clip, vae


def load_control_net(path: Path, model: Path) -> Any:
    """CONTROL_NET of a .safetensors file in the Control-LoRA layout: differences from a model's encoder.

    Args:
        model: the file of that model, under SD 1.5's keys.

    Raises:
        BaseModelError: a file is missing or damaged, or the model is of another kind.
    """
    differences = {key: value.float() for key, value in read_checkpoint(path).items()}
    base = _read(model)
    weights = part(base, UNET_PREFIX)
    for key, up in differences.items():
        if key.endswith(".up"):
            layer = key.removesuffix(".up")
            weight, down = weights[f"{layer}.weight"], differences[f"{layer}.down"]
            weights[f"{layer}.weight"] = weight + (up @ down).reshape(weight.shape)
    weights |= {key: value for key, value in differences.items() if key.endswith((".weight", ".bias"))}
    config = _config(base).unet_config
    config.pop("out_channels")
    network = comfy.cldm.cldm.ControlNet(
        **config,
        hint_channels=weights["input_hint_block.0.weight"].shape[1],
        dtype=torch.float32,
        device=comfy.model_management.unet_offload_device(),
        operations=comfy.ops.disable_weight_init,
    )
    network.load_state_dict({key: weights[key] for key in network.state_dict()})
    return comfy.controlnet.ControlNet(network, load_device=comfy.model_management.get_torch_device())


def _read(path: Path) -> Weights:
    weights = read_checkpoint(path)
    check_family(weights)
    return {key: value.float() if value.is_floating_point() else value for key, value in weights.items()}


def _config(weights: Weights) -> Any:
    config = comfy.supported_models.SD15(comfy.model_detection.detect_unet_config(weights, UNET_PREFIX))
    head_channels = unet_layout(part(weights, UNET_PREFIX)).head_channels
    if head_channels is not None:
        config.unet_config |= {"num_heads": -1, "num_head_channels": head_channels}
    return config


def _model(config: Any, weights: Weights) -> Any:
    config.set_inference_dtype(torch.float32, None)
    offload_device = comfy.model_management.unet_offload_device()
    model = config.get_model(weights, UNET_PREFIX, device=offload_device)
    model.load_model_weights(weights, UNET_PREFIX)
    return comfy.model_patcher.ModelPatcher(
        model, load_device=comfy.model_management.get_torch_device(), offload_device=offload_device
    )


def _clip(config: Any, weights: Weights) -> Any:
    options = {"dtype": torch.float32, "clip_l_model_config": text_encoder_shape(part(weights, TEXT_PREFIX))}
    # No folder of embeddings: those of SD 1.5 are wider.
    clip = comfy.sd.CLIP(config.clip_target(), model_options=options)
    clip.load_sd(config.process_clip_state_dict(weights), full_model=True)
    return clip


def _vae(weights: Weights) -> Any:
    if is_tiny_vae(weights):
        return comfy.sd.VAE(sd=weights, dtype=torch.float32)
    channels, blocks = vae_shape(weights)
    first = int(weights["encoder.conv_in.weight"].shape[0])
    config = {
        "double_z": True,
        "z_channels": 4,
        "resolution": 256,
        "in_channels": 3,
        "out_ch": 3,
        "ch": first,
        "ch_mult": [width // first for width in channels],
        "num_res_blocks": blocks,
        "attn_resolutions": [],
        "dropout": 0.0,
    }
    return comfy.sd.VAE(sd=weights, config={"params": {"ddconfig": config, "embed_dim": 4}}, dtype=torch.float32)
