"""The weights of a LoRA in one piece of memory, so that an optimiser or an average needs one operation, not hundreds.

The masters are float32, since steps are small against the weights. Layers in another number format work with a copy in
their own, which is refreshed whenever the masters change, and whose gradients are collected into float32.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..tensors import Copies
from .lora_layer import LoraLayer

_ALIGNMENT = 64
"""Matrices begin at multiples of so many values: matrix products on a GPU are fastest on aligned memory."""


class LoraWeights:
    """Masters, working copy and gradients of all layers of a LoRA; each is a vector of P values."""

    def __init__(self, layers: Sequence[LoraLayer]) -> None:
        """Takes over the layers' A and B, and gives them memory beside their frozen weights."""
        first = layers[0].base.weight
        self._shapes = [(layer.down.shape, layer.up.shape) for layer in layers]
        self._starts, size = _starts(self._shapes)
        masters = torch.zeros(size, device=first.device)
        for (a, b), layer in zip(self.matrices(masters), layers, strict=True):
            a.copy_(layer.down.detach())
            b.copy_(layer.up)
        self.masters = torch.nn.Parameter(masters)
        """Float32."""
        self.gradient = torch.zeros_like(masters)
        """That of the masters, float32; only after `collect` it is complete."""
        self.masters.grad = self.gradient
        if first.dtype is torch.float32:
            self._working, self._gradient = self.masters.detach(), self.gradient
        else:
            self._working, self._gradient = masters.to(first.dtype), torch.zeros_like(masters, dtype=first.dtype)
        self._copies = Copies()
        weights, gradients = self.matrices(self._working), self.matrices(self._gradient)
        for layer, (a, b), (a_gradient, b_gradient) in zip(layers, weights, gradients, strict=True):
            layer.place(a, b, a_gradient, b_gradient)

    @property
    def accumulators(self) -> list[Tensor]:
        """All memory that backward passes and `collect` add gradients to."""
        return [self.gradient] if self._gradient is self.gradient else [self.gradient, self._gradient]

    def matrices(self, vector: Tensor) -> list[tuple[Tensor, Tensor]]:
        """A and B of each layer, as windows into a vector of P values."""
        return [
            (_window(vector, a_start, a), _window(vector, b_start, b))
            for (a_start, b_start), (a, b) in zip(self._starts, self._shapes, strict=True)
        ]

    def copied(self, vector: Tensor) -> Tensor:
        """A copy of a vector of P values, on the CPU."""
        return self._copies.of(vector)

    def set(self, vector: Tensor) -> None:
        """Copies other weights into the masters."""
        self.masters.detach().copy_(vector)
        self.refresh()

    def refresh(self) -> None:
        """Lets the layers see the masters; to be called whenever those have changed."""
        if self._working.dtype is not torch.float32:
            self._working.copy_(self.masters.detach())

    def collect(self) -> None:
        """Moves what backward passes have added up since the last call into the masters' gradient."""
        if self._gradient.dtype is not torch.float32:
            self.gradient.add_(self._gradient)
            self._gradient.zero_()

    def forget_gradients(self) -> None:
        """Sets all gradients to zero."""
        self.gradient.zero_()
        if self._gradient.dtype is not torch.float32:
            self._gradient.zero_()


def _starts(shapes: Sequence[tuple[torch.Size, torch.Size]]) -> tuple[list[tuple[int, int]], int]:
    """Where each A and B begins, and the length of it all. First come all A, then all B: neighbours are one product."""
    starts, end = [], 0
    for shape in [a for a, _ in shapes] + [b for _, b in shapes]:
        starts.append(end)
        end += -(-shape.numel() // _ALIGNMENT) * _ALIGNMENT
    return list(zip(starts[: len(shapes)], starts[len(shapes) :], strict=True)), end


def _window(vector: Tensor, start: int, shape: torch.Size) -> Tensor:
    return vector[start : start + shape.numel()].view(shape)
