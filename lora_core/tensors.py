"""Number formats by name, a hash of tensors, and copies of vectors."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Mapping
from threading import Thread
from typing import Any

import torch
from torch import Tensor

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
COPIES_AHEAD, COPIES_LEFT = 4, 6
"""How many vectors' memory is there ahead of time, those of a state, and the most that is kept while nobody uses it."""
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


class Copies:
    """Copies of vectors of one length on the CPU. New memory takes longer to get than to fill, so it is used again, and
    what will be needed is got ahead of time by a thread."""

    def __init__(self) -> None:
        self._left: list[Any] = []
        self._getting = Thread()

    def of(self, vector: Tensor) -> Tensor:
        """A float32 copy, whose memory comes back here when the last tensor that uses it is gone."""
        try:
            memory = self._left.pop()
        except IndexError:  # asking first would not do: two threads may copy at once
            memory = _memory(len(vector))
        if len(self._left) < COPIES_AHEAD and not self._getting.is_alive():
            self._getting = Thread(target=_get_ahead, args=(self._left, len(vector)), name="copies", daemon=True)
            self._getting.start()
        lent = memory[:]  # torch keeps this very object for as long as the copy is used
        weakref.finalize(lent, _take_back, self._left, memory).atexit = False
        return torch.from_numpy(lent).copy_(vector.detach())


def _memory(length: int) -> Any:
    """Memory that the system has really given, which it does when it is written to."""
    return torch.empty(length).zero_().numpy()


def _get_ahead(left: list[Any], length: int) -> None:
    while len(left) < COPIES_AHEAD:
        left.append(_memory(length))


def _take_back(left: list[Any], memory: Any) -> None:
    if len(left) < COPIES_LEFT:
        left.append(memory)
