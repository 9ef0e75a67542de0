"""How much memory training takes, counted before it starts.

The real network is run once, with shapes and without numbers (torch's device "meta"), and what autograd keeps for the
backward pass is added up. So a change of the network or of the LoRA layer changes the count.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn import Conv2d, Linear
from torch.overrides import TorchFunctionMode

from ..config import LoraConfig
from ..memory import size_of
from .base import BaseModel
from .blocks import ResidualBlock
from .lora import LoraAdapter, target_modules
from .unet import Transformer, UNet

TOKENS = 77
TEXT_BYTES_PER_FEATURE = 96
"""What CLIP keeps for its backward pass in each layer, per token and feature; tests compare it with transformers."""
WORKSPACE = 200 * 2**20
"""What libraries take for themselves while they multiply and convolve."""
TEMPORARY = 0.05
"""Gradients on their way back, and gaps between blocks of memory, as a share of the activations."""


@dataclass(frozen=True)
class Need:
    """Bytes that training takes on the device."""

    weights: int
    """Frozen UNet and text encoder."""
    lora: int
    """A and B, their gradients, AdamW's two moments and the average in float32; A and B and their gradients in the
    base's format if that is another one."""
    activations: int
    """Kept for the backward pass, for each picture that goes through the network at once."""
    recomputed: int
    """The same with gradient checkpointing: the inputs of all blocks, and the activations of the largest one."""

    @property
    def resident(self) -> int:
        """What is there from the first step to the last."""
        return self.weights + self.lora + WORKSPACE

    def step(self, pictures: int, checkpointing: bool) -> int:
        """The peak of a training step with so many pictures at once."""
        each = self.recomputed if checkpointing else self.activations
        return self.resident + round(pictures * each * (1 + TEMPORARY))

    def validation(self, points: int) -> int:
        """An upper bound of validating so many points at once: a pass without gradients keeps less than a block."""
        return self.resident + points * self.recomputed


def count_need(base: BaseModel, config: LoraConfig, bucket: tuple[int, int], *, average: bool) -> Need:
    """What training a LoRA on `base` takes, for pictures of a bucket's width and height in pixels.

    `base` has no LoRA yet, and stays as it is.
    """
    text_layers = target_modules(base.text_encoder, "lora_te_", config.layers) if config.train_text_encoder else []
    layers = [base.unet.get_submodule(name) for name in target_modules(base.unet, "lora_unet_", config.layers)]
    layers += [base.text_encoder.get_submodule(name) for name in text_layers]
    number_format = next(base.unet.parameters()).dtype
    bytes_each = (20 if average else 16) + (0 if number_format is torch.float32 else 2 * number_format.itemsize)
    activations, recomputed = _activations(base.unet, config, bucket)
    text = _text_activations(base.text_encoder) if config.train_text_encoder else 0
    return Need(
        weights=size_of(base.unet) + size_of(base.text_encoder),
        lora=bytes_each * sum(_values(layer, config.rank) for layer in layers),
        activations=activations + text,
        recomputed=recomputed + text,
    )


def _values(layer: nn.Module, rank: int) -> int:
    """Elements of A and B."""
    if isinstance(layer, Linear):
        return rank * (layer.in_features + layer.out_features)
    assert isinstance(layer, Conv2d)
    out_channels, in_channels, height, width = layer.weight.shape
    return rank * (in_channels * height * width + out_channels)


def _text_activations(text_encoder: nn.Module) -> int:
    config: Any = text_encoder.config
    return TEXT_BYTES_PER_FEATURE * TOKENS * int(config.hidden_size) * int(config.num_hidden_layers)


def _activations(unet: UNet, config: LoraConfig, bucket: tuple[int, int]) -> tuple[int, int]:
    """Bytes kept for the backward pass of one picture, plainly and with gradient checkpointing."""
    unet, layers = _without_memory(unet), LoraConfig(config.rank, config.alpha, config.layers, False, config.dropout)
    nowhere = torch.device("meta")
    with nowhere, torch.inference_mode(False), torch.enable_grad():
        LoraAdapter(BaseModel(unet, None, None, None, ""), layers, seed=0).train(True)  # type: ignore[arg-type]
        unet.gradient_checkpointing = False
        number_format = next(unet.parameters()).dtype
        width, height = bucket
        latents_BCHW = torch.empty(1, 4, height // 8, width // 8, dtype=number_format)
        context_BTD = torch.empty(1, TOKENS, _context_features(unet), dtype=number_format, requires_grad=True)
        timesteps_B = torch.empty(1, dtype=torch.int64)
    kept = _Kept(unet)
    with kept.recorded(), _FusedAttention(), torch.inference_mode(False), torch.enable_grad():
        unet(latents_BCHW, timesteps_B, context_BTD).float().square().mean()
    return kept.whole(), kept.checkpointed()


def _context_features(unet: UNet) -> int:
    to_k: Any = next(each for name, each in unet.named_modules() if name.endswith("attn2.to_k"))
    return int(getattr(to_k, "base", to_k).in_features)


def _without_memory(network: UNet) -> UNet:
    """A copy whose tensors have a shape and a number format and nothing else."""
    known: dict[int, Any] = {
        id(each): nn.Parameter(each.detach().to("meta"), requires_grad=False) for each in network.parameters()
    }
    known |= {id(each): each.to("meta") for each in network.buffers()}
    return copy.deepcopy(network, known)


class _Kept:
    """The memory that a forward pass keeps for its backward pass."""

    def __init__(self, unet: UNet) -> None:
        self._unet = unet
        self._frozen = {_memory(each) for each in unet.parameters()}
        self._alive: list[Any] = []
        self._size: dict[int, int] = {}
        self._boundary: set[int] = set()
        """Inputs of blocks, and what is kept outside of any: what gradient checkpointing keeps."""
        self._block: set[int] | None = None
        self._largest = 0

    def whole(self) -> int:
        """Bytes of all of it."""
        return sum(self._size.values())

    def checkpointed(self) -> int:
        """Bytes with gradient checkpointing, while the largest block's activations are there again."""
        return sum(self._size[each] for each in self._boundary) + self._largest

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Notes what is kept by forward passes within it."""
        blocks = [each for each in self._unet.modules() if isinstance(each, (ResidualBlock, Transformer))]
        hooks = [each.register_forward_pre_hook(self._enter) for each in blocks]
        hooks += [each.register_forward_hook(self._leave) for each in blocks]
        try:
            with torch.autograd.graph.saved_tensors_hooks(self._keep, lambda tensor: tensor):
                yield
        finally:
            for hook in hooks:
                hook.remove()

    def _keep(self, tensor: Tensor) -> Tensor:
        memory = self._note(tensor)
        if memory not in self._frozen:
            (self._boundary if self._block is None else self._block).add(memory)
        return tensor

    def _note(self, tensor: Tensor) -> int:
        memory = _memory(tensor)
        if memory not in self._frozen and memory not in self._size:
            self._alive.append(tensor)  # so that its memory is not given to another
            self._size[memory] = tensor.untyped_storage().nbytes()
        return memory

    def _enter(self, _block: nn.Module, inputs: tuple[Any, ...]) -> None:
        self._boundary |= {self._note(each) for each in inputs if isinstance(each, Tensor)}
        self._block = set()

    def _leave(self, _block: nn.Module, _inputs: tuple[Any, ...], _output: Any) -> None:
        inside = (self._block or set()) - self._boundary
        self._largest = max(self._largest, sum(self._size[each] for each in inside))
        self._block = None


def _memory(tensor: Tensor) -> int:
    """The same number for tensors that share memory."""
    return int(tensor.untyped_storage()._cdata)


class _FusedAttention(TorchFunctionMode):
    """Attention keeps what GPUs keep: query, key, value, result and a sum a row, not the products of all positions."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.scaled_dot_product_attention:
            return _Attended.apply(*args)
        return func(*args, **(kwargs or {}))


class _Attended(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        attended = torch.empty_like(query)
        sums = torch.empty(query.shape[:-1], dtype=torch.float32, device=query.device)
        ctx.save_for_backward(query, key, value, attended, sums)
        return attended
