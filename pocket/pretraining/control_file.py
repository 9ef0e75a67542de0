"""A pocket ControlNet as a file of ComfyUI's Control-LoRA layout, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..model import POCKET_CONTROL_NETS
from .control import RANK, encoder_layers, new_control, reader_layers
from .file import unet_keys
from .plan import Log, Plan

MARK = "lora_controlnet"
"""The key, of an empty tensor, by which the stock loader knows the layout."""


def control_path(plan: Plan, kind: str) -> Path:
    """Where a kind's file is written."""
    return plan.folder / POCKET_CONTROL_NETS[kind].name


def write_control(plan: Plan, kind: str, control: Any, log: Log) -> None:
    """Writes the file, float16, with what was trained and how well in its metadata."""
    metadata = {
        "modelspec.title": f"Pocket ControlNet {kind}: drawn buildings at 128 pixels",
        "modelspec.license": "GPL-3.0-or-later",
        "pocket.seed": str(plan.seed),
        "pocket.rank": str(RANK),
        "pocket.control": json.dumps(log.last(f"control_{kind}")),
    }
    path = control_path(plan, kind)
    save_file(checkpoint(control, unet_keys(plan.comfyui)), path, metadata)
    print(f"{path}: {path.stat().st_size:,} bytes")


def checkpoint(control: Any, keys: dict[str, str]) -> dict[str, Tensor]:
    """Its weights, float16.

    Args:
        keys: diffusers' keys of the UNet's weights to those of SD 1.5.
    """
    weights = {key: value.detach().half().contiguous() for key, value in _named(control, keys)}
    return {**weights, MARK: torch.zeros(0)}


def read_control(path: Path, unet: Any, comfyui: Path) -> Any:
    """The ControlNet of such a file on that UNet, in float32."""
    weights, control = load_file(path), new_control(unet)
    with torch.no_grad():
        for name, value in _named(control, unet_keys(comfyui)):
            value.copy_(weights[name])
    return control.eval()


def _named(control: Any, keys: dict[str, str]) -> Iterator[tuple[str, Tensor]]:
    """Each weight that the UNet does not have, with its key in the file."""
    for name, layer in encoder_layers(control):
        place = keys[f"{name}.weight"].removesuffix(".weight")
        (difference,) = layer.parametrizations.weight
        yield f"{place}.up", difference.up
        yield f"{place}.down", difference.down
    for number, layer in enumerate(reader_layers(control)):
        yield from _own(f"input_hint_block.{2 * number}", layer)
    for number, layer in enumerate(control.controlnet_down_blocks):
        yield from _own(f"zero_convs.{number}.0", layer)
    yield from _own("middle_block_out.0", control.controlnet_mid_block)


def _own(place: str, layer: Any) -> Iterator[tuple[str, Tensor]]:
    yield f"{place}.weight", layer.weight
    yield f"{place}.bias", layer.bias
