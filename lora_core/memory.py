"""Giving memory that is no longer used back to the device."""

from __future__ import annotations

import gc

import torch


def release_cached(device: torch.device) -> None:
    """Free what no tensor on `device` uses, so that other programs and larger blocks find room.

    CUDA, Apple's MPS, Intel's XPU and others keep freed memory in a cache of their own, which the module of the same
    name in torch empties; a CPU has none.
    """
    gc.collect()
    empty_cache = getattr(getattr(torch, device.type, None), "empty_cache", None)
    if empty_cache is not None:
        empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out, on a GPU or on the CPU.

    Only CUDA's allocator has an error of its own. CUDA's driver and Apple's MPS say "out of memory", the CPU's
    allocator "can't allocate memory" and, on Windows, "not enough memory".
    """
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    words = ("out of memory", "DefaultCPUAllocator", "CUBLAS_STATUS_ALLOC_FAILED")
    return isinstance(error, RuntimeError) and any(each in str(error) for each in words)
