"""The three networks as one file, under the keys of an SD 1.5 checkpoint, and back."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from . import network
from .plan import Log, Plan

NAME = "pocket_sd.safetensors"
STAGES = ("classifier", "guide", "autoencoder", "decoder", "unet")
"""Those whose last words in the log go into the file."""


def write(plan: Plan, networks: network.Networks, log: Log) -> None:
    """Writes the file, float16, with what was trained and how well in its metadata."""
    weights = network.checkpoint(networks, unet_keys(plan.comfyui))
    metadata = {
        "modelspec.title": "Pocket SD: drawn buildings at 128 pixels",
        "modelspec.license": "GPL-3.0-or-later",
        "pocket.pictures": str(plan.pictures),
        "pocket.seed": str(plan.seed),
        **{f"pocket.{stage}": json.dumps(log.last(stage)) for stage in STAGES},
    }
    path = plan.folder / NAME
    save_file({key: value.half() for key, value in weights.items()}, path, metadata)
    print(f"{path}: {path.stat().st_size:,} bytes")


def read(path: Path, comfyui: Path) -> network.Networks:
    """The networks of such a file, in float32."""
    weights = {key: value.float() for key, value in load_file(path).items()}
    return network.restored(weights, unet_keys(comfyui))


def unet_keys(comfyui: Path) -> dict[str, str]:
    """From diffusers' keys of the UNet's weights to those of SD 1.5."""
    sys.path.append(str(comfyui))
    sys.argv[1:] = ["--cpu"]  # ComfyUI reads it on import
    from comfy.utils import unet_to_diffusers

    keys: dict[str, Any] = unet_to_diffusers(network.unet_config())
    return keys
