"""The variational autoencoder of Stable Diffusion 1.5 (Kingma & Welling 2014; Rombach et al. 2022, section 3.1)."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn import Conv2d, GroupNorm

from .blocks import Attention, ResidualBlock, Upsample
from .layout import LATENT_SCALE

EPS = 1e-6
"""The epsilon of every group normalisation."""


class Autoencoder(nn.Module):
    """Pictures to latents of an eighth of the height and width, and back."""

    def __init__(self, channels: Sequence[int], blocks: int, groups: int, scale: float = LATENT_SCALE) -> None:
        """Residual blocks are counted per level of the encoder; the decoder has one more.

        `groups` are those of the normalisation; latents are multiplied by `scale` for the UNet.
        """
        super().__init__()
        self.scale = scale
        self.encoder = Encoder(channels, blocks, groups)
        self.decoder = Decoder(channels, blocks + 1, groups)
        self.quant_conv = Conv2d(8, 8, 1)
        self.post_quant_conv = Conv2d(4, 4, 1)

    def encode(self, pixels_BCHW: Tensor) -> Tensor:
        """The mean latents of pictures as the UNet expects them, shape (B, 4, H / 8, W / 8); pixels are -1 to 1."""
        mean_BCHW, _log_variance_BCHW = self.quant_conv(self.encoder(pixels_BCHW)).chunk(2, dim=1)
        latents_BCHW: Tensor = mean_BCHW * self.scale
        return latents_BCHW

    def decode(self, latents_BCHW: Tensor) -> Tensor:
        """Pixels of about -1 to 1, shape (B, 3, 8 H, 8 W), of latents as the UNet leaves them."""
        pixels_BCHW: Tensor = self.decoder(self.post_quant_conv(latents_BCHW / self.scale))
        return pixels_BCHW


class Encoder(nn.Module):
    """Pixels to twice the latent channels: means and logarithms of variances."""

    def __init__(self, channels: Sequence[int], blocks: int, groups: int) -> None:
        super().__init__()
        self.conv_in = Conv2d(3, channels[0], 3, padding=1)
        widths = [channels[0], *channels]
        self.down_blocks = nn.ModuleList(
            Level(widths[level], channels[level], blocks, groups, down=level < len(channels) - 1)
            for level in range(len(channels))
        )
        self.mid_block = Middle(channels[-1], groups)
        self.conv_norm_out = GroupNorm(groups, channels[-1], EPS)
        self.conv_out = Conv2d(channels[-1], 8, 3, padding=1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Shape (B, 8, H / 8, W / 8) for four levels."""
        x_BCHW = self.conv_in(x_BCHW)
        for level in self.down_blocks:
            x_BCHW = level(x_BCHW)
        result: Tensor = self.conv_out(F.silu(self.conv_norm_out(self.mid_block(x_BCHW))))
        return result


class Decoder(nn.Module):
    """Latents to pixels."""

    def __init__(self, channels: Sequence[int], blocks: int, groups: int) -> None:
        super().__init__()
        self.conv_in = Conv2d(4, channels[-1], 3, padding=1)
        self.mid_block = Middle(channels[-1], groups)
        widths = [*channels, channels[-1]]
        self.up_blocks = nn.ModuleList(
            Level(widths[level + 1], channels[level], blocks, groups, up=level > 0)
            for level in reversed(range(len(channels)))
        )
        self.conv_norm_out = GroupNorm(groups, channels[0], EPS)
        self.conv_out = Conv2d(channels[0], 3, 3, padding=1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Shape (B, 3, 8 H, 8 W) for four levels."""
        x_BCHW = self.mid_block(self.conv_in(x_BCHW))
        for level in self.up_blocks:
            x_BCHW = level(x_BCHW)
        result: Tensor = self.conv_out(F.silu(self.conv_norm_out(x_BCHW)))
        return result


class Level(nn.Module):
    """Residual blocks, then a halving or a doubling of height and width, or neither."""

    def __init__(
        self, inputs: int, outputs: int, blocks: int, groups: int, *, down: bool = False, up: bool = False
    ) -> None:
        super().__init__()
        widths = [inputs, *[outputs] * (blocks - 1)]
        self.resnets = nn.ModuleList(ResidualBlock(width, outputs, groups, EPS) for width in widths)
        self.downsamplers = nn.ModuleList([DownsampleAsymmetrically(outputs)] if down else [])
        self.upsamplers = nn.ModuleList([Upsample(outputs)] if up else [])

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Shape (B, outputs, ...)."""
        for resnet in self.resnets:
            x_BCHW = resnet(x_BCHW)
        for downsample in self.downsamplers:
            x_BCHW = downsample(x_BCHW)
        for upsample in self.upsamplers:
            x_BCHW = upsample(x_BCHW, [2 * side for side in x_BCHW.shape[2:]])
        return x_BCHW


class DownsampleAsymmetrically(nn.Module):
    """Halves height and width; zeros are added at the right and the bottom only."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = Conv2d(channels, channels, 3, stride=2)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Half the height and width, rounded down."""
        result: Tensor = self.conv(F.pad(x_BCHW, (0, 1, 0, 1)))
        return result


class Middle(nn.Module):
    """Two residual blocks with attention between them."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.attentions = nn.ModuleList([PictureAttention(channels, groups)])
        self.resnets = nn.ModuleList(ResidualBlock(channels, channels, groups, EPS) for _ in range(2))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """The shape does not change."""
        result: Tensor = self.resnets[1](self.attentions[0](self.resnets[0](x_BCHW)))
        return result


class PictureAttention(Attention):
    """Attention with one head to all positions of the picture, added to the input."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__(channels, heads=1, bias=True)
        self.group_norm = GroupNorm(groups, channels, EPS)

    def forward(self, x_BCHW: Tensor, context_BTD: Tensor | None = None) -> Tensor:
        """The shape does not change."""
        normed_BNC = self.group_norm(x_BCHW.flatten(2)).transpose(1, 2)
        attended_BNC = super().forward(normed_BNC, context_BTD)
        return attended_BNC.transpose(1, 2).reshape(x_BCHW.shape) + x_BCHW
