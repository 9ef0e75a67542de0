"""Processes that have imported everything already and know nothing of a GPU yet."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

import torch

_IMPORTED_ONCE = [f"{__package__}.{name}" for name in ("speed", "whole", "kernels", "checks")]
_TEXT_ENCODER = "transformers.models.clip.modeling_clip"
"""Imported once where there is no GPU; where there is one, that might already use it."""


def start(work: Callable[..., Any], *arguments: Any) -> BaseProcess:
    """Calls `work`, a function of a module, in a process of its own."""
    if os.name != "posix":
        process: BaseProcess = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    else:
        # A process cannot use CUDA if the one that it was forked from has; asking whether there is a GPU would do.
        os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*_IMPORTED_ONCE, *([] if torch.cuda.is_available() else [_TEXT_ENCODER])])
        process = context.Process(target=work, args=arguments)
    process.start()
    return process
