"""What a training step costs a GPU, counted without one: bytes moved, kernels, and bytes kept for the backward pass.

python dev.py bench step_counts. SD 1.5's UNet goes forward and backward under fake tensors, which have shapes and
number formats but no values: nothing is computed, so the counts are exact and the same on every machine. An operator
counts the bytes that it reads and writes once, and as one kernel; views are free, and attention is one operator, as it
is on a GPU. The bound of a card assumes that an operator takes as long as its multiplications at the card's peak or its
bytes at the card's bandwidth, whichever is longer.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from lora_core.config import LAYERS, LoraConfig
from lora_core.model.base import BaseModel
from lora_core.model.diffusion import diffusion_loss, sd15_alphas_cumprod
from lora_core.model.layout import UnetLayout
from lora_core.model.lora import LoraAdapter
from lora_core.model.unet import UNet
from lora_core.tensors import DTYPES

SD15 = UnetLayout((320, 640, 1280, 1280), 2, (True, True, True, False), 768, (8, 8, 8, 8))
RANK = 16
TOKENS = 77


@dataclass(frozen=True)
class Card:
    """Peak multiplications and additions a second in 16 bits and in 32, and bytes a second (NVIDIA's data sheets)."""

    halves: float
    floats: float
    bandwidth: float


CARDS = {
    "RTX 3060": Card(51e12, 12.7e12, 360e9),
    "RTX 4090": Card(165e12, 82e12, 1008e9),
    "H100": Card(790e12, 60e12, 3000e9),
    "H200": Card(790e12, 60e12, 4800e9),
}


@dataclass
class Counts:
    """Of one step. Bytes are in units of 1."""

    moved: int = 0
    kernels: int = 0
    saved: int = 0
    by_operator: Counter[str] = field(default_factory=Counter)
    """Bytes moved."""
    kernels_by_operator: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(CARDS, 0.0))
    """The bound on each card."""

    def __str__(self) -> str:
        """The sums, for a person."""
        bound = ", ".join(f"{card} {1000 * seconds:.0f}" for card, seconds in self.seconds.items())
        return (
            f"{self.moved / 1e9:5.1f} GB moved, {self.kernels:5} kernels, {self.saved / 1e9:5.2f} GB saved; "
            f"at least (ms): {bound}"
        )


class Counting(TorchDispatchMode):
    """Adds up the operators that run within it."""

    def __init__(self, counts: Counts) -> None:
        super().__init__()
        self._counts = counts

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        written = [each for each in tree_leaves(out) if isinstance(each, Tensor)]
        if written and not _is_free(func):
            read = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
            moved = sum(_size(each) for each in read + written)
            operations = 0
            if func.overloadpacket in flop_registry:
                operations = flop_registry[func.overloadpacket](*args, **(kwargs or {}), out_val=out)
            self._count(str(func.overloadpacket).removeprefix("aten."), moved, operations, written[0].dtype)
        return out

    def _count(self, name: str, moved: int, operations: int, dtype: torch.dtype) -> None:
        counts = self._counts
        counts.moved += moved
        counts.kernels += 1
        operator = f"{name} {str(dtype).removeprefix('torch.')}"
        counts.by_operator[operator] += moved
        counts.kernels_by_operator[operator] += 1
        for card_name, card in CARDS.items():
            peak = card.floats if dtype is torch.float32 else card.halves
            counts.seconds[card_name] += max(operations / peak, moved / card.bandwidth)


def _size(tensor: Tensor) -> int:
    """In bytes; values that are only repeated, as expand does, count once."""
    dimensions = zip(tensor.shape, tensor.stride(), strict=True)
    return math.prod(length for length, stride in dimensions if stride) * tensor.element_size()


_FREE = {"_unsafe_view", "detach", "alias", "split", "chunk", "empty", "empty_like", "new_empty"}


def _is_free(func: Any) -> bool:
    """Whether an operator only looks at memory in another way, or reserves some."""
    shares = any(out.alias_info is not None and not out.alias_info.is_write for out in func._schema.returns)
    return shares or func._schema.name.split("::")[1] in _FREE


@contextmanager
def _saving(counts: Counts, own: set[int]) -> Iterator[None]:
    """Counts the memory that autograd keeps for the backward pass, but for the memory in `own`."""
    storages: dict[int, Any] = {}  # kept, so that no address is used twice

    def pack(saved: Tensor) -> Tensor:
        storage = saved.untyped_storage()
        if id(storage) not in own:
            storages[id(storage)] = storage
        return saved

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda saved: saved):
        yield
    counts.saved = sum(storage.nbytes() for storage in storages.values())


def count_step(
    layers: str | None = "all",
    batch: int = 4,
    pixels: int = 512,
    precision: str = "bfloat16",
    checkpointing: bool = False,
    layout: UnetLayout = SD15,
) -> Counts:
    """The counts of forward and backward. Without `layers`: of the frozen UNet, with a gradient to the text alone."""
    dtype = DTYPES[precision]
    with fake_unet(layout, dtype) as unet:
        if layers is not None:
            base = BaseModel(unet, None, None, None, "")  # type: ignore[arg-type]
            config = LoraConfig(rank=RANK, alpha=RANK, layers=layers, train_text_encoder=False)
            LoraAdapter(base, config, seed=0).train(True)
        unet.gradient_checkpointing = checkpointing
        latents_BCHW = torch.randn(batch, 4, pixels // 8, pixels // 8)
        noise_BCHW = torch.randn_like(latents_BCHW)
        context_BTD = torch.randn(batch, TOKENS, layout.context, dtype=dtype, requires_grad=True)
        timesteps_B = torch.randint(1000, (batch,))
        alphas_N = sd15_alphas_cumprod()
        return counted(
            lambda: diffusion_loss(unet, latents_BCHW, context_BTD, noise_BCHW, timesteps_B, alphas_N).mean(),
            unet.parameters(),
        )


def counted(loss: Callable[[], Tensor], weights: Iterable[Tensor]) -> Counts:
    """The counts of computing a loss and of its backward pass; the memory of `weights` is there in any case."""
    counts = Counts()
    with Counting(counts):
        with _saving(counts, {id(weight.untyped_storage()) for weight in weights}):
            value = loss()
        value.backward()
    return counts


@contextmanager
def fake_unet(layout: UnetLayout, dtype: torch.dtype) -> Iterator[UNet]:
    """A frozen UNet without values. Within it, no tensor has any."""
    before = torch.get_default_dtype()
    with FakeTensorMode(), _no_moves():
        torch.set_default_dtype(dtype)
        try:
            unet = UNet(layout).requires_grad_(False)
        finally:
            torch.set_default_dtype(before)
        yield unet


@contextmanager
def _no_moves() -> Iterator[None]:
    """Fake parameters refuse to be exchanged, as Module.to does; here all are where they belong."""
    to = nn.Module.to
    nn.Module.to = lambda self, *_, **__: self  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        nn.Module.to = to  # type: ignore[method-assign]


def main() -> None:
    arguments = _parser().parse_args()
    shape = {"batch": arguments.batch, "pixels": arguments.pixels, "precision": arguments.precision}
    rows = {
        "frozen UNet alone": count_step(None, **shape),
        "LoRA": count_step(arguments.layers, **shape),
        "LoRA, checkpointing": count_step(arguments.layers, checkpointing=True, **shape),
    }
    if arguments.json:
        print(json.dumps({name: asdict(counts) for name, counts in rows.items()}))
        return
    print(f"{arguments.layers} layers of SD 1.5's UNet, rank {RANK}, {shape}")
    for name, counts in rows.items():
        print(f"{name:>20}: {counts}")
        if arguments.top:
            for operator, moved in counts.by_operator.most_common(arguments.top):
                print(f"{operator:>60}: {moved / 1e9:.2f} GB, {counts.kernels_by_operator[operator]} kernels")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--pixels", type=int, default=512)
    parser.add_argument("--layers", choices=LAYERS, default="all")
    parser.add_argument("--precision", choices=sorted(DTYPES), default="bfloat16")
    parser.add_argument("--top", type=int, default=0, help="how many operators to list, by the bytes they move")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main()
