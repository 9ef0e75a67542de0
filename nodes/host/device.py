"""Where ComfyUI computes, in which number format, and its memory."""

from __future__ import annotations

import comfy.model_management
import torch


def free_memory() -> None:
    """Takes ComfyUI's models off the GPU, so that all of it is there for training."""
    comfy.model_management.unload_all_models()
    comfy.model_management.soft_empty_cache()


def torch_device() -> torch.device:
    """Where ComfyUI computes."""
    return comfy.model_management.get_torch_device()


def best_precision() -> str:
    """The number format that suits the device: bfloat16 where the GPU has it, else float16; float32 on a CPU."""
    place = torch_device()
    if place.type == "cpu":
        return "float32"
    return "bfloat16" if comfy.model_management.should_use_bf16(place) else "float16"


def total_memory() -> int:
    """Bytes of memory of the device."""
    return int(comfy.model_management.get_total_memory(torch_device()))
