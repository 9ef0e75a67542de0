"""Where ComfyUI computes, in which number format, and its memory."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

import comfy.model_management
import torch

from ...lora_core.memory import forget_frames, release_cached


def free_memory() -> None:
    """Takes ComfyUI's models off the GPU, so that all of it is there for training."""
    with nothing_collected():
        comfy.model_management.unload_all_models()
    comfy.model_management.soft_empty_cache()


@contextlib.contextmanager
def nothing_collected() -> Iterator[None]:
    """Garbage is collected before, not within.

    ComfyUI goes through its loaded models by their places in a list, from which a model takes itself when it is
    collected. If that happens on the way, ComfyUI fails with "pop from empty list".
    """
    gc.collect()
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextlib.contextmanager
def borrowed(*, whole: bool = True) -> Iterator[torch.device]:
    """Where ComfyUI computes, if `whole` without ComfyUI's models; afterwards its memory is ComfyUI's again.

    Also after an error, whose traceback would keep a model until ComfyUI has shown it: functions that are called within
    lose their local variables.
    """
    if whole:
        free_memory()
    device = torch_device()
    try:
        yield device
    except BaseException as error:
        forget_frames(error)
        raise
    finally:
        release_cached(device)
        comfy.model_management.soft_empty_cache()


def torch_device() -> torch.device:
    """Where ComfyUI computes."""
    return comfy.model_management.get_torch_device()


def best_precision() -> str:
    """The number format that suits the device by ComfyUI's own rules: bfloat16, else float16, else float32."""
    place = torch_device()
    if comfy.model_management.should_use_bf16(place):
        return "bfloat16"
    return "float16" if comfy.model_management.should_use_fp16(place) else "float32"
