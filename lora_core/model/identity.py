"""Which model it is, whatever file it came in: a hash of the values of its networks, and a sample of them.

A file in float16 and one of the same values in float32 have the same hash, and so have a diffusers folder and a single
file, since names, shapes and values of our own networks are hashed, as float32. No hash can survive rounding, for
however coarse it is, some values lie on the edge of a step. So a few thousand values are kept besides. If those of one
model are as precise as float32 and those of the other only as float16 or bfloat16, and all agree within that rounding,
it is the same model in another number format: a float32 original and its float16 version, or ComfyUI's --bf16-unet.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_CHUNK = 2**20
"""Values that are hashed at once."""
_ROW = 4096
"""Numbers of 64 bits in a row, two values each."""
_DOUBLE_ROUNDING = 1.25
"""A value that is rounded to float16 and then to bfloat16 may be off by this many times the error of the latter."""
_SMALLEST_FLOAT16 = 2.0**-24


@dataclass(frozen=True)
class NetworkIdentity:
    """Which weights a network has."""

    digest: str
    """32 hex digits: a hash of names, shapes and values."""
    sample: str
    """Two values of each weight, in the order of their names: float32, little-endian, base64."""

    @classmethod
    def of(cls, weights: Mapping[str, Tensor], remark: str = "") -> NetworkIdentity:
        """Of weights in any number format; `remark` is hashed too. A billion values take two seconds on two cores."""
        names = sorted(weights)
        with ThreadPoolExecutor() as threads:
            hashes = list(threads.map(_hash, [weights[name] for name in names]))
        digest = hashlib.blake2b(remark.encode(), digest_size=16)
        for name, each in zip(names, hashes, strict=True):
            digest.update(f"{name}{tuple(weights[name].shape)}".encode() + each)
        return cls(digest.hexdigest(), _sample(weights[name] for name in names))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NetworkIdentity:
        """The inverse of asdict. Raises KeyError, TypeError or ValueError if the data are something else."""
        found = cls(str(data["digest"]), str(data["sample"]))
        found.values()
        return found

    def values(self) -> np.ndarray:
        """The sample as numbers, float32."""
        return np.frombuffer(base64.b64decode(self.sample, validate=True), "<f4")

    def is_same(self, other: NetworkIdentity) -> bool:
        """Whether both are one network, each perhaps in another number format."""
        if self.digest == other.digest:
            return True
        mine, theirs = self.values(), other.values()
        bits = _significant_bits(mine), _significant_bits(theirs)
        if len(mine) != len(theirs) or bits[0] == bits[1]:
            return False
        allowed = _DOUBLE_ROUNDING * 2.0 ** -min(bits) * np.maximum(np.abs(mine), np.abs(theirs)) + _SMALLEST_FLOAT16
        return bool((np.abs(mine - theirs) <= allowed).all())


@dataclass(frozen=True)
class ModelIdentity:
    """Which model a LoRA is trained on."""

    unet: NetworkIdentity
    text_encoder: NetworkIdentity
    vae: NetworkIdentity

    @classmethod
    def of(cls, unet: nn.Module, text_encoder: nn.Module, vae: nn.Module) -> ModelIdentity:
        """To be asked before the networks are put into another number format; `vae.scale` counts as well."""
        texts = {name.removeprefix("text_model."): weight for name, weight in text_encoder.state_dict().items()}
        texts = {name: weight for name, weight in texts.items() if not name.endswith("position_ids")}
        return cls(
            NetworkIdentity.of(unet.state_dict()),
            NetworkIdentity.of(texts),
            NetworkIdentity.of(vae.state_dict(), f"scale {vae.scale:.6g}"),
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelIdentity:
        """The inverse of asdict. Raises KeyError, TypeError or ValueError if the data are something else."""
        return cls(**{part.name: NetworkIdentity.from_json(data[part.name]) for part in fields(cls)})

    @property
    def digest(self) -> str:
        """32 hex digits for UNet and text encoder, to which the LoRA is added."""
        return hashlib.blake2b((self.unet.digest + self.text_encoder.digest).encode(), digest_size=16).hexdigest()

    def differences(self, other: ModelIdentity) -> list[str]:
        """Which of the networks are others, in words."""
        same = {
            "UNet": self.unet.is_same(other.unet),
            "text encoder": self.text_encoder.is_same(other.text_encoder),
            "VAE": self.vae.is_same(other.vae),
        }
        return [name for name, is_same in same.items() if not is_same]


def _hash(weight: Tensor) -> bytes:
    """A hash of the values as float32: of the sums of their bits along the rows and along the columns of each chunk.

    One changed value alters two sums, and torch adds several times faster than hashlib reads.
    """
    digest = hashlib.blake2b(digest_size=16)
    for chunk in torch.split(weight.detach().reshape(-1), _CHUNK):
        whole = torch.zeros(-(-len(chunk) // (2 * _ROW)) * 2 * _ROW)
        whole[: len(chunk)] = chunk
        bits = whole.view(torch.int64).view(-1, _ROW)
        for axis in (0, 1):
            digest.update(bits.sum(axis).numpy().data)
    return digest.digest()


def _sample(weights: Iterable[Tensor]) -> str:
    """The values at a third and at two thirds of each weight."""
    flat = [weight.detach().reshape(-1) for weight in weights if weight.numel()]
    values = [float(each[len(each) * third // 3]) for each in flat for third in (1, 2)]
    return base64.b64encode(np.asarray(values, "<f4").tobytes()).decode("ascii")


def _significant_bits(values: np.ndarray) -> int:
    """Of the narrowest format that holds all values exactly: 8 of bfloat16, 11 of float16 or 24 of float32."""
    if not (values.view("<u4") & 0xFFFF).any():
        return 8
    with np.errstate(over="ignore"):
        return 11 if (values.astype(np.float16).astype(np.float32) == values).all() else 24
