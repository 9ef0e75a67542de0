"""Writes stand-in weights of Stable Diffusion 1.5's exact shape: python standin_weights.py COMFYUI KIND FILE

KIND is sd15, narrow, thin, controlnet-<seed>, thin-controlnet-<seed> or sd2-small. Runs as a script of its own, so that
nothing else has to import ComfyUI: its classes, built on torch's meta device, give every key and shape without
allocating anything, and each tensor is then drawn from a generator seeded by its key. Scaling by fan-in keeps float16
finite.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

UNET = {
    "image_size": 32,
    "in_channels": 4,
    "model_channels": 320,
    "num_res_blocks": [2, 2, 2, 2],
    "channel_mult": (1, 2, 4, 4),
    "num_heads": 8,
    "num_head_channels": -1,
    "use_spatial_transformer": True,
    "transformer_depth": [1, 1, 1, 1, 1, 1, 0, 0],
    "transformer_depth_output": [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
    "transformer_depth_middle": 1,
    "context_dim": 768,
    "use_linear_in_transformer": False,
    "legacy": False,
}
# One level and a context of 1024 are enough for ComfyUI to see a Stable Diffusion 2.
SD2_SMALL = {
    **UNET,
    "num_res_blocks": [1],
    "channel_mult": (1,),
    "num_heads": -1,
    "num_head_channels": 64,
    "transformer_depth": [1],
    "transformer_depth_output": [1, 1],
    "context_dim": 1024,
    "use_linear_in_transformer": True,
}
# The least that the stock loader takes for SD 1.5: its width, and one block a level.
THIN_UNET = {
    **UNET,
    "num_res_blocks": [1, 1, 1, 1],
    "channel_mult": (1, 1, 1, 1),
    "transformer_depth": [1, 1, 1, 0],
    "transformer_depth_output": [1, 1, 1, 1, 1, 1, 0, 0],
}
VAE = {
    "double_z": True,
    "z_channels": 4,
    "resolution": 256,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 128,
    "ch_mult": [1, 2, 4, 4],
    "num_res_blocks": 2,
    "attn_resolutions": [],
    "dropout": 0.0,
}
# SD 1.5's layout at a tenth of its width.
NARROW_UNET = {**UNET, "model_channels": 32, "channel_mult": (1, 2, 3, 4), "context_dim": 64}
NARROW_VAE = {**VAE, "ch": 32, "ch_mult": [1, 1, 2, 2], "num_res_blocks": 1}
NARROW_TEXT = {"hidden_size": 64, "intermediate_size": 256, "num_attention_heads": 1, "num_hidden_layers": 2}
POCKET_MODEL = Path(__file__).resolve().parents[1] / "pocket" / "model" / "pocket_sd.safetensors"
LATENT_STD = 5.5  # of SD 1.5's own latents, 1 / 0.18215
LOG_VARIANCE = -10.0  # its encoder is nearly deterministic
# The last layer of every residual branch: kept small, as training leaves it, so that depth adds up gently.
BRANCH_ENDS = ("out_layers.3.weight", "proj_out.weight", "to_out.0.weight", "ff.net.2.weight", "conv2.weight")

Tensors = Iterator[tuple[str, torch.Tensor]]


def _ready_comfyui(folder: Path) -> None:
    sys.path[0] = str(folder)  # in place of this script's folder, whose modules would hide ComfyUI's
    import comfy.cli_args

    comfy.cli_args.args.cpu = True  # before comfy.model_management looks for a GPU


def _shapes(build: Callable[..., torch.nn.Module], **arguments: Any) -> dict[str, torch.Size]:
    with torch.device("meta"):
        module = build(**arguments)
    return {key: tensor.shape for key, tensor in module.state_dict().items()}


def _draw(key: str, shape: torch.Size, seed: int, gain: float = 1.0) -> torch.Tensor:
    """Norm weights one, biases zero, everything else normal with a variance of gain**2 / fan-in."""
    if key.endswith(".bias"):
        return torch.zeros(shape, dtype=torch.float16)
    if len(shape) == 1:
        return torch.ones(shape, dtype=torch.float16)
    if key.endswith(BRANCH_ENDS):
        gain *= 0.4
    digest = hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=8).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)
    scale = gain / math.sqrt(math.prod(shape[1:]))
    return torch.randn(shape, generator=generator).mul_(scale).to(torch.float16)


def _unet(config: dict[str, Any], seed: int) -> Tensors:
    import comfy.ops
    from comfy.ldm.modules.diffusionmodules.openaimodel import UNetModel

    shapes = _shapes(UNetModel, **config, out_channels=4, operations=comfy.ops.disable_weight_init)
    for key, shape in shapes.items():
        yield f"model.diffusion_model.{key}", _draw(key, shape, seed, 0.5 if key == "out.2.weight" else 1.0)


def _vae(config: dict[str, Any], seed: int) -> Tensors:
    from comfy.ldm.models.autoencoder import AutoencoderKL

    for key, shape in _shapes(AutoencoderKL, ddconfig=config, embed_dim=4).items():
        gain = 1 / LATENT_STD if key == "post_quant_conv.weight" else 1.0
        drawn = _draw(key, shape, seed, gain)
        if key == "quant_conv.weight":
            drawn[:4] *= LATENT_STD
            drawn[4:] *= 0.1
        if key == "quant_conv.bias":
            drawn[4:] = LOG_VARIANCE
        yield f"first_stage_model.{key}", drawn


def _text_encoder(comfyui: Path, seed: int, narrower: dict[str, int] | None = None) -> Tensors:
    import comfy.ops
    from comfy.clip_model import CLIPTextModel

    config = json.loads((comfyui / "comfy" / "sd1_clip_config.json").read_text(encoding="utf-8")) | (narrower or {})
    shapes = _shapes(
        CLIPTextModel, config_dict=config, dtype=torch.float32, device="meta", operations=comfy.ops.disable_weight_init
    )
    prefix = "cond_stage_model.transformer."
    yield f"{prefix}text_model.embeddings.position_ids", torch.arange(77, dtype=torch.int64)[None]
    for key, shape in shapes.items():
        if key.startswith("text_model."):  # the checkpoint of SD 1.5 has no text projection
            yield f"{prefix}{key}", _draw(key, shape, seed)


def _pocket_vae() -> Tensors:
    """The pocket model's, a small one that the stock loader takes."""
    for key, weights in load_file(POCKET_MODEL).items():
        if key.startswith("first_stage_model."):
            yield key, weights


def _control_net(config: dict[str, Any], seed: int) -> Tensors:
    import comfy.ops
    from comfy.cldm.cldm import ControlNet

    layout = {key: value for key, value in config.items() if key != "transformer_depth_output"}
    shapes = _shapes(ControlNet, **layout, hint_channels=3, operations=comfy.ops.disable_weight_init)
    for key, shape in shapes.items():
        zero_convolution = key.startswith(("zero_convs.", "middle_block_out."))
        yield f"control_model.{key}", _draw(key, shape, seed, 0.3 if zero_convolution else 1.0)


def tensors(kind: str, comfyui: Path) -> dict[str, torch.Tensor]:
    """Every tensor of the file called `kind`."""
    if kind == "sd15":
        return {**dict(_unet(UNET, 1)), **dict(_vae(VAE, 2)), **dict(_text_encoder(comfyui, 3))}
    if kind == "narrow":
        narrow_text = _text_encoder(comfyui, 6, NARROW_TEXT)
        return {**dict(_unet(NARROW_UNET, 4)), **dict(_vae(NARROW_VAE, 5)), **dict(narrow_text)}
    if kind == "thin":
        return {**dict(_unet(THIN_UNET, 7)), **dict(_pocket_vae()), **dict(_text_encoder(comfyui, 8))}
    if kind == "sd2-small":
        return dict(_unet(SD2_SMALL, 1))
    layouts = {"controlnet": UNET, "thin-controlnet": THIN_UNET}
    family, _, seed = kind.rpartition("-")
    if family in layouts:
        return dict(_control_net(layouts[family], int(seed)))
    raise ValueError(f"there is no stand-in called {kind}")


def main(comfyui: Path, kind: str, target: Path) -> None:
    _ready_comfyui(comfyui)
    save_file(tensors(kind, comfyui), target, metadata={"format": "pt", "stand_in": f"random weights, {kind}"})


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
