"""The two convolutions of one point at the ends of a transformer: from planes to rows and back, in one product each."""

from __future__ import annotations

from torch import Tensor
from torch.nn import Conv2d

from .products import affine, positions


class ToTokens(Conv2d):
    """A picture (B, in, H, W) to tokens (B, H W, out). The kernel must be 1."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Shape (B, H W, out)."""
        return affine(positions(x_BCHW), self.weight.flatten(1), self.bias)


class FromTokens(Conv2d):
    """Tokens (B, H W, in) to the channels of a picture, (B, out, H W). The kernel must be 1."""

    def forward(self, tokens_BPC: Tensor) -> Tensor:
        """Shape (B, out, H W)."""
        return affine(tokens_BPC, self.weight.flatten(1), self.bias, planes=True).transpose(1, 2)
