"""Number formats by name, and a hash of tensors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_FLOAT16_IS_BROKEN = ("GTX 16", "T400", "T500", "T550", "T600", "T1000", "T1200", "T2000", "MX450", "MX550", "CMP 30HX")
"""NVIDIA's chips of compute capability 7.5 that have no tensor cores."""


def best_precision(device: torch.device) -> str:
    """The number format that suits a device: bfloat16 where it computes in it, else float16 where that works.

    On a CPU it is float32, and so it is on GTX 16 cards, whose float16 gives NaN, and on older ones, where it is slow.
    """
    if device.type == "xpu" or (device.type == "mps" and torch.backends.mps.is_macos_or_newer(14, 0)):
        return "bfloat16"
    if device.type != "cuda":
        return "float32"
    if torch.version.hip is not None:
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    generation, _ = torch.cuda.get_device_capability(device)
    if generation >= 8:
        return "bfloat16"
    name = torch.cuda.get_device_name(device)
    return "float16" if generation == 7 and not any(chip in name for chip in _FLOAT16_IS_BROKEN) else "float32"


def as_dtype(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The same tensors in another number format, by its name."""
    return {key: value.to(DTYPES[name]) for key, value in tensors.items()}


def fingerprint(weights: Mapping[str, Tensor]) -> str:
    """Hash (blake2b, 128 bits) of the names, shapes and values of tensors."""
    digest = hashlib.blake2b(digest_size=16)
    for key in sorted(weights):
        tensor = weights[key].detach()
        digest.update(f"{key}{tuple(tensor.shape)}{tensor.dtype}".encode())
        if tensor.numel():
            digest.update(tensor.reshape(-1).contiguous().cpu().view(torch.uint8).numpy().data)
    return digest.hexdigest()
