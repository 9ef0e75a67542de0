"""Number formats by name, and a hash of tensors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


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
