"""A frozen layer with a LoRA beside it: h = W x + scale B A x (Hu et al. 2021, section 4.1; the paper's equation 2).

B(A x), times the scale, plus W x would be three passes over activations. A matrix product that scales and adds is one
pass, which is faster on CPUs and on GPUs that are waiting for the next operation.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn import Conv2d, Linear


class LoraLayer(nn.Module):
    """W, A, B and the scale of one layer; A and B are float32 whatever the number format of W."""

    def __init__(
        self,
        base: Linear | Conv2d,
        down: Linear | Conv2d,
        up: Linear | Conv2d,
        scale: float,
        dropout: float,
    ) -> None:
        """A becomes random (Kaiming uniform, as in kohya), drawn from torch's global generator; B becomes zero.

        Args:
            base: the layer with W and its bias, which does not change.
            down: holds A.
            up: holds B.
            scale: alpha / rank.
            dropout: probability of zeroing an element of the input of A while training.
        """
        super().__init__()
        self.base, self.lora_down, self.lora_up = base, down, up
        self.scale, self.dropout = scale, dropout
        nn.init.kaiming_uniform_(down.weight, a=math.sqrt(5))
        nn.init.zeros_(up.weight)
        for matrix in (down, up):
            matrix.to(base.weight.device)

    @property
    def matrices(self) -> tuple[Tensor, Tensor]:
        """A and B: of a Linear (r, in) and (out, r), of a Conv2d (r, in, k, k) and (out, r, 1, 1)."""
        return self.lora_down.weight, self.lora_up.weight

    def forward(self, x: Tensor) -> Tensor:
        """Equation (2): h, with the shape and number format of W x."""
        frozen: Tensor = self.base(x)
        x = F.dropout(x.to(self.lora_down.weight.dtype), self.dropout, self.training)
        return self._add(frozen.to(x.dtype), x).view(frozen.shape).to(frozen.dtype)

    def _add(self, frozen: Tensor, x: Tensor) -> Tensor:
        """`frozen` + scale B A x, in float32 and in any shape that can be viewed as that of `frozen`."""
        raise NotImplementedError


class LoraLinear(LoraLayer):
    """Beside a Linear: x is (..., in), h is (..., out)."""

    def __init__(self, base: Linear, rank: int, alpha: float, dropout: float) -> None:
        down = Linear(base.in_features, rank, bias=False)
        up = Linear(rank, base.out_features, bias=False)
        super().__init__(base, down, up, alpha / rank, dropout)

    def _add(self, frozen: Tensor, x: Tensor) -> Tensor:
        down_x = self.lora_down(x).flatten(0, -2)
        return torch.addmm(frozen.flatten(0, -2), down_x, self.lora_up.weight.t(), alpha=self.scale)


class LoraConv2d(LoraLayer):
    """Beside an ungrouped Conv2d: x is (B, in, H, W), h (B, out, H', W'). A has its kernel, B a kernel of one point."""

    def __init__(self, base: Conv2d, rank: int, alpha: float, dropout: float) -> None:
        down = Conv2d(base.in_channels, rank, base.kernel_size, base.stride, base.padding, bias=False)  # type: ignore[arg-type]
        up = Conv2d(rank, base.out_channels, 1, bias=False)
        super().__init__(base, down, up, alpha / rank, dropout)

    def _add(self, frozen: Tensor, x: Tensor) -> Tensor:
        up_BDR = self.lora_up.weight.flatten(1).expand(len(x), -1, -1)
        return torch.baddbmm(frozen.flatten(2), up_BDR, self._down(x), alpha=self.scale)

    def _down(self, x: Tensor) -> Tensor:
        """A x, shape (B, r, H' W'). With a kernel of one point this is a matrix product, which is faster on a CPU."""
        if self.lora_down.kernel_size == self.lora_down.stride == (1, 1):
            return torch.bmm(self.lora_down.weight.flatten(1).expand(len(x), -1, -1), x.flatten(2))
        down_x: Tensor = self.lora_down(x)
        return down_x.flatten(2)
