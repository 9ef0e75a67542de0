"""A frozen layer with a LoRA beside it: h = W x + scale B A x (Hu et al. 2021, section 4.1; the paper's equation 2).

A step's cost on a GPU is that of moving activations, so each is moved as rarely as possible: all products are in W's
number format; B A x is added to W x inside a matrix product, and so is its gradient; layers with the same input read it
together; the backward pass needs only x and the narrow A x. The gradients of A and B are added to memory that is given
from outside (`lora_weights.py`), where autograd has no part in them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import Conv2d, Linear

from .products import add_outer, add_product, affine, positions
from .tokens import FromTokens, ToTokens


class LoraLayer(nn.Module):
    """W, A, B and the scale of one layer. A is called `down` and B `up`, as in kohya's names."""

    down: Tensor
    """A: of a Linear (r, in), of a Conv2d (r, in, k, k)."""
    up: Tensor
    """B: of a Linear (out, r), of a Conv2d (out, r, 1, 1)."""
    down_gradient: Tensor
    """What a backward pass adds the gradient of A to; shape and number format of `down`."""
    up_gradient: Tensor
    """The same of B."""

    def __init__(
        self, base: Linear | Conv2d, down: Linear | Conv2d, up: Linear | Conv2d, scale: float, dropout: float
    ) -> None:
        """A becomes random (Kaiming uniform, as in kohya), drawn from torch's global generator; B becomes zero.

        Args:
            base: the layer with W and its bias, which does not change.
            down: has the shape of A.
            up: has the shape of B.
            scale: alpha / rank.
            dropout: probability of zeroing an element of the input of A while training.
        """
        super().__init__()
        self.base, self.scale, self.dropout = base, scale, dropout
        nn.init.kaiming_uniform_(down.weight, a=math.sqrt(5))
        a, b = down.weight.detach(), torch.zeros_like(up.weight)
        self.place(a, b, torch.zeros_like(a), torch.zeros_like(b))

    def place(self, down: Tensor, up: Tensor, down_gradient: Tensor, up_gradient: Tensor) -> None:
        """Uses this memory for A, B and their gradients, in W's number format."""
        # A is an argument of the functions below, so that autograd has one even where x needs no gradient.
        self.down, self.up = down.detach().requires_grad_(), up.detach()
        self.down_gradient, self.up_gradient = down_gradient, up_gradient

    def dropped(self, x: Tensor) -> Tensor | None:
        """The input of A if that is not x: x with elements set to zero at random."""
        return F.dropout(x, self.dropout) if self.dropout and self.training else None


class LoraLinear(LoraLayer):
    """Beside a Linear: x is (..., in), h is (..., out)."""

    def __init__(self, base: Linear, rank: int, alpha: float, dropout: float) -> None:
        down = Linear(base.in_features, rank, bias=False)
        up = Linear(rank, base.out_features, bias=False)
        super().__init__(base, down, up, alpha / rank, dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Equation (2): h, with the number format of W x."""
        return _products([self], x)[0]


def project(layers: Sequence[nn.Module], x: Tensor) -> list[Tensor]:
    """What each of some layers makes of the same x. LoRA layers read it together."""
    loras = [layer for layer in layers if isinstance(layer, LoraLinear) and not layer.dropout]
    if len(loras) == len(layers) and _side_by_side([layer.down for layer in loras]) is not None:
        return _products(loras, x)
    return [layer(x) for layer in layers]


def _products(layers: Sequence[LoraLinear], x: Tensor) -> list[Tensor]:
    x_BPI = x.flatten(0, -2)[None]
    outputs = _Products.apply(x_BPI, layers[0].dropped(x_BPI), layers[0].down, tuple(layers), False)
    return [h_BPO.view(*x.shape[:-1], -1) for h_BPO in outputs]


class LoraConv2d(LoraLayer):
    """Beside an ungrouped Conv2d: x is (B, in, H, W), h (B, out, H', W'). A has its kernel, B a kernel of one point."""

    def __init__(self, base: Conv2d, rank: int, alpha: float, dropout: float) -> None:
        down = Conv2d(base.in_channels, rank, base.kernel_size, base.stride, base.padding, bias=False)  # type: ignore[arg-type]
        up = Conv2d(rank, base.out_channels, 1, bias=False)
        super().__init__(base, down, up, alpha / rank, dropout)

    @property
    def convolution(self) -> Conv2d:
        """W with its bias, stride and padding."""
        assert isinstance(self.base, Conv2d)
        return self.base

    def forward(self, x: Tensor) -> Tensor:
        """Equation (2): h, with the shape and number format of W x."""
        h: Tensor
        if not self.convolution.kernel_size == self.convolution.stride == (1, 1):
            h = _Convolution.apply(x, self.dropped(x), self.down, self)
            return h
        if isinstance(self.base, FromTokens):
            return self._product(x, planes=True).transpose(1, 2)
        if isinstance(self.base, ToTokens):
            return self._product(positions(x), planes=False)
        return self._product(positions(x), planes=True).transpose(1, 2).view(len(x), -1, *x.shape[2:])

    def _product(self, x_BPI: Tensor, planes: bool) -> Tensor:
        """Of a kernel of one point, which is a matrix."""
        h_BPO: Tensor
        (h_BPO,) = _Products.apply(x_BPI, self.dropped(x_BPI), self.down, (self,), planes)
        return h_BPO


class _Products(torch.autograd.Function):
    """Equation (2) with its derivative, for layers that are matrices and have one input."""

    @staticmethod
    def forward(
        ctx: Any, x_BPI: Tensor, dropped_BPI: Tensor | None, _: Tensor, layers: tuple[LoraLayer, ...], planes: bool
    ) -> tuple[Tensor, ...]:
        entering = x_BPI if dropped_BPI is None else dropped_BPI
        narrow_BPR = affine(entering, _stacked([layer.down for layer in layers]), None)
        outputs = []
        for layer, part in zip(layers, narrow_BPR.chunk(len(layers), dim=2), strict=True):
            h_BPO = affine(x_BPI, layer.base.weight.flatten(1), layer.base.bias, planes)
            add_product(h_BPO, part, layer.up.flatten(1), layer.scale)
            outputs.append(h_BPO)
        ctx.layers, ctx.x_is_dropped = layers, dropped_BPI is not None
        ctx.save_for_backward(entering, narrow_BPR)
        return tuple(outputs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *h_gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        layers: tuple[LoraLayer, ...] = ctx.layers
        entering, narrow_BPR = ctx.saved_tensors
        scale = layers[0].scale
        parts, gradients = narrow_BPR.chunk(len(layers), dim=2), torch.empty_like(narrow_BPR)
        into = gradients.chunk(len(layers), dim=2)
        for layer, part, gradient, h_BPO in zip(layers, parts, into, h_gradients, strict=True):
            add_product(gradient, h_BPO, layer.up.flatten(1).t(), beta=0)
            add_outer(layer.up_gradient.flatten(1), h_BPO, part, scale)
        add_outer(_stacked([layer.down_gradient for layer in layers]), gradients, entering, scale)
        if not ctx.needs_input_grad[0]:
            return None, None, None, None, None
        planes = entering.stride(2) != 1
        x_BPI = affine(h_gradients[0], layers[0].base.weight.flatten(1).t(), None, planes)
        for layer, h_BPO in zip(layers[1:], h_gradients[1:], strict=True):
            add_product(x_BPI, h_BPO, layer.base.weight.flatten(1).t())
        downs = _stacked([layer.down for layer in layers])
        if ctx.x_is_dropped:
            return x_BPI, scale * affine(gradients, downs.t(), None, planes), None, None, None
        add_product(x_BPI, gradients, downs.t(), scale)
        return x_BPI, None, None, None, None


class _Convolution(torch.autograd.Function):
    """Equation (2) with its derivative, for a convolution of several points."""

    @staticmethod
    def forward(ctx: Any, x_BIHW: Tensor, dropped_BIHW: Tensor | None, _: Tensor, layer: LoraConv2d) -> Tensor:
        entering = x_BIHW if dropped_BIHW is None else dropped_BIHW
        base = layer.convolution
        h_BOHW: Tensor = base(x_BIHW).contiguous()
        narrow_BRHW = F.conv2d(entering, layer.down, None, base.stride, base.padding).contiguous()
        add_product(positions(h_BOHW), positions(narrow_BRHW), layer.up.flatten(1), layer.scale)
        ctx.layer, ctx.x_is_dropped = layer, dropped_BIHW is not None
        ctx.save_for_backward(entering, narrow_BRHW)
        return h_BOHW

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, h_BOHW: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        layer: LoraConv2d = ctx.layer
        entering, narrow_BRHW = ctx.saved_tensors
        h_BOHW = h_BOHW.contiguous()
        wants_x = bool(ctx.needs_input_grad[0])
        gradient_BPR = affine(positions(h_BOHW), layer.up.flatten(1).t(), None, planes=True)
        gradient_BRHW = gradient_BPR.transpose(1, 2).view(narrow_BRHW.shape)
        add_outer(layer.up_gradient.flatten(1), positions(h_BOHW), positions(narrow_BRHW), layer.scale)
        through_down, down = _backward(gradient_BRHW, entering, layer.down, layer.convolution, wants_x, True)
        layer.down_gradient.add_(down, alpha=layer.scale)
        if not wants_x:
            return None, None, None, None
        x_BIHW, _ = _backward(h_BOHW, entering, layer.base.weight, layer.convolution, True, False)
        if ctx.x_is_dropped:
            return x_BIHW, layer.scale * through_down, None, None
        return x_BIHW.add_(through_down, alpha=layer.scale), None, None, None


def _backward(
    h_gradient: Tensor, x: Tensor, weight: Tensor, like: Conv2d, wants_x: bool, wants_weight: bool
) -> tuple[Tensor, Tensor]:
    """The gradients of x and of the weight of a convolution with the stride and padding of `like`."""
    if not wants_weight:  # then only the shape of x matters
        x = x[:1, :1, :1, :1].expand(x.shape)
    mask = [wants_x, wants_weight, False]
    found = torch.ops.aten.convolution_backward(
        h_gradient, x, weight, None, like.stride, like.padding, like.dilation, False, [0, 0], 1, mask
    )
    return found[0], found[1]


def _stacked(matrices: Sequence[Tensor]) -> Tensor:
    stacked = _side_by_side(matrices)
    assert stacked is not None, "project() sees to it"
    return stacked


def _side_by_side(matrices: Sequence[Tensor]) -> Tensor | None:
    """Matrices of the same width as one, if that is how they lie in memory."""
    first = matrices[0].detach().flatten(1)
    if len(matrices) == 1:
        return first
    starts = [matrix.storage_offset() - first.storage_offset() for matrix in matrices]
    memory = {matrix.untyped_storage()._cdata for matrix in matrices}
    if len(memory) > 1 or starts != [number * first.numel() for number in range(len(matrices))]:
        return None
    return first.as_strided((len(matrices) * len(first), first.shape[1]), (first.shape[1], 1))
