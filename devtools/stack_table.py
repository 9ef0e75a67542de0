"""Sets of Python packages that users' ComfyUI have, to try installing the pack on. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HUGGING_FACE = frozenset({"transformers", "tokenizers", "huggingface-hub", "safetensors"})
PROTECTED = HUGGING_FACE | {"torch", "torchvision", "numpy", "pillow", "protobuf", "aiohttp"}
"""ComfyUI's own, which are listed first if versions changed; no other may change either."""


@dataclass(frozen=True)
class Pretended:
    """A made-up package: a name, a version and, if it can be imported at all, one file."""

    name: str
    version: str
    code: str | None = ""


@dataclass(frozen=True)
class Stack:
    """What is installed before the pack, besides torch and the rest of ComfyUI 0.3.75's requirements."""

    name: str
    packages: tuple[str, ...]
    pretended: tuple[Pretended, ...] = ()

    def versions(self) -> dict[str, str]:
        """What is there by name, for pip to plan with: these packages, and what every ComfyUI has."""
        named = dict(package.split("==") for package in self.packages)
        return {**_EVERYWHERE, **named, **{each.name: each.version for each in self.pretended}}


_EVERYWHERE = {"torch": "2.14.1", "torchvision": "0.29.1", "aiohttp": "3.14.5", "scipy": "1.17.1"}
_OLDEST = ("transformers==4.50.3", "huggingface_hub==0.30.2", "tokenizers==0.21.1", "safetensors==0.4.5")
_TYPICAL = ("transformers==4.57.3", "huggingface_hub==0.36.0", "tokenizers==0.22.1", "safetensors==0.7.0")
# transformers 5 no longer brings requests, which ComfyUI 0.3.75 imports and newer ones ask for themselves.
_NEWEST = ("transformers==5.24.0", "huggingface_hub==2.4.0", "safetensors==0.8.0", "requests==2.34.2")
_THEN = ("numpy==1.26.4", "pillow==10.4.0")
_NOW = ("numpy==2.4.6", "pillow==13.0.0")

OLDEST = Stack("oldest", (*_OLDEST, *_THEN))
TYPICAL = Stack("typical", (*_TYPICAL, "numpy==2.2.6", "pillow==11.3.0"))
NEWEST = Stack("newest", (*_NEWEST, *_NOW))

_BROKEN_FLASH_ATTENTION = "raise ImportError('flash_attn_2_cuda.so: undefined symbol: _ZN3c104cuda9SetDeviceEi')\n"

STACKS = (
    OLDEST,
    TYPICAL,
    NEWEST,
    Stack("new diffusers", (*_NEWEST, *_NOW, "diffusers==0.42.1", "peft==0.21.2", "accelerate==1.15.0")),
    Stack("old diffusers", (*_OLDEST, *_THEN, "diffusers==0.25.0")),
    Stack("old peft", (*_TYPICAL, *_NOW, "peft==0.10.0", "accelerate==1.15.0")),
    Stack("old torchao", (*_NEWEST, *_NOW, "peft==0.21.2"), (Pretended("torchao", "0.9.0"),)),
    Stack("broken flash_attn", (*_TYPICAL, *_NOW), (Pretended("flash_attn", "2.5.8", _BROKEN_FLASH_ATTENTION),)),
    Stack("protobuf 3.20", (*_OLDEST, *_THEN, "protobuf==3.20.3")),
    Stack("protobuf 4", (*_TYPICAL, *_THEN, "protobuf==4.25.8")),
    Stack("old matplotlib", (*_OLDEST, *_THEN, "matplotlib==3.6.0", "tensorboardX==2.6")),
)


def table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "| --- " * len(rows[0]) + "|", *lines[1:]])
