"""What the UNet and the autoencoder are built of: residual blocks, attention, and changes of resolution."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn import Conv2d, GroupNorm, Linear

from .lora_layer import project


class ResidualBlock(nn.Module):
    """x + conv(silu(norm(conv(silu(norm(x))) + time))) (He et al. 2016; with the time as in Ho et al. 2020)."""

    def __init__(self, inputs: int, outputs: int, groups: int, eps: float, time_features: int = 0) -> None:
        """`inputs` and `outputs` count channels; without `time_features` there is no time, as in the autoencoder."""
        super().__init__()
        self.norm1 = GroupNorm(groups, inputs, eps)
        self.conv1 = Conv2d(inputs, outputs, 3, padding=1)
        self.time_emb_proj = Linear(time_features, outputs) if time_features else None
        self.norm2 = GroupNorm(groups, outputs, eps)
        self.conv2 = Conv2d(outputs, outputs, 3, padding=1)
        self.conv_shortcut = nn.Identity() if inputs == outputs else Conv2d(inputs, outputs, 1)

    def forward(self, x_BCHW: Tensor, time_BE: Tensor | None = None) -> Tensor:
        """Shape (B, outputs, H, W). `time_BE` has been through SiLU, which is the same for all blocks."""
        hidden_BCHW = self.conv1(F.silu(self.norm1(x_BCHW)))
        if self.time_emb_proj is not None and time_BE is not None:
            hidden_BCHW = hidden_BCHW + self.time_emb_proj(time_BE)[:, :, None, None]
        hidden_BCHW = self.conv2(F.silu(self.norm2(hidden_BCHW)))
        result: Tensor = self.conv_shortcut(x_BCHW) + hidden_BCHW
        return result


class Attention(nn.Module):
    """softmax(Q K^T / sqrt(d)) V in several heads of d channels each (Vaswani et al. 2017)."""

    def __init__(self, channels: int, heads: int, context: int | None = None, bias: bool = False) -> None:
        """Keys and values come from a context of `context` features per token, or from the picture itself if None."""
        super().__init__()
        self.heads = heads
        self.to_q = Linear(channels, channels, bias)
        self.to_k = Linear(context or channels, channels, bias)
        self.to_v = Linear(context or channels, channels, bias)
        self.to_out = nn.Sequential(Linear(channels, channels))

    def forward(self, x_BNC: Tensor, context_BTD: Tensor | None = None) -> Tensor:
        """Shape (B, N, C)."""
        if context_BTD is None:
            query, key, value = project([self.to_q, self.to_k, self.to_v], x_BNC)
        else:
            query, (key, value) = self.to_q(x_BNC), project([self.to_k, self.to_v], context_BTD)
        attended = F.scaled_dot_product_attention(self._by_head(query), self._by_head(key), self._by_head(value))
        result: Tensor = self.to_out(attended.transpose(1, 2).flatten(2))
        return result

    def _by_head(self, x_BNC: Tensor) -> Tensor:
        batch, positions, channels = x_BNC.shape
        return x_BNC.view(batch, positions, self.heads, channels // self.heads).transpose(1, 2)


class Downsample(nn.Module):
    """Halves height and width by a convolution of every second point."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Half the height and width, rounded up."""
        result: Tensor = self.conv(x_BCHW)
        return result


class Upsample(nn.Module):
    """Repeats points up to a given height and width, then convolves."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = Conv2d(channels, channels, 3, padding=1)

    def forward(self, x_BCHW: Tensor, size: Sequence[int]) -> Tensor:
        """Shape (B, C, *size): `size` is that of the level above, which need not be even."""
        result: Tensor = self.conv(F.interpolate(x_BCHW, size=tuple(size), mode="nearest"))
        return result
