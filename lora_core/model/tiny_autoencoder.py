"""TAESD: a small autoencoder for the same latents (Ollin Boer Bohan 2023, github.com/madebyollin/taesd).

Its modules are named and numbered as in the file, so that weights need not be renamed.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import Conv2d

WIDTH = 64
"""Channels of every layer but the first and the last."""


class TinyAutoencoder(nn.Module):
    """Pictures to latents of an eighth of the height and width, and back, without any randomness."""

    def __init__(self, scale: float) -> None:
        """Latents are multiplied by `scale` for the UNet."""
        super().__init__()
        self.scale = scale
        halved = [
            layer
            for _ in range(3)
            for layer in (Conv2d(WIDTH, WIDTH, 3, stride=2, padding=1, bias=False), Block(), Block(), Block())
        ]
        self.taesd_encoder = nn.Sequential(
            Conv2d(3, WIDTH, 3, padding=1), Block(), *halved, Conv2d(WIDTH, 4, 3, padding=1)
        )
        doubled = [
            layer
            for _ in range(3)
            for layer in (
                *(Block(), Block(), Block(), nn.Upsample(scale_factor=2)),
                Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False),
            )
        ]
        self.taesd_decoder = nn.Sequential(
            *(Clamp(), Conv2d(4, WIDTH, 3, padding=1), nn.ReLU()),
            *doubled,
            *(Block(), Conv2d(WIDTH, 3, 3, padding=1)),
        )

    def encode(self, pixels_BCHW: Tensor) -> Tensor:
        """Latents as the UNet expects them, shape (B, 4, H / 8, W / 8); pixels are -1 to 1."""
        latents_BCHW: Tensor = self.taesd_encoder((pixels_BCHW + 1) / 2) * self.scale
        return latents_BCHW

    def decode(self, latents_BCHW: Tensor) -> Tensor:
        """Pixels of about -1 to 1, shape (B, 3, 8 H, 8 W), of latents as the UNet leaves them."""
        pixels_BCHW: Tensor = self.taesd_decoder(latents_BCHW / self.scale) * 2 - 1
        return pixels_BCHW


class Block(nn.Module):
    """relu(x + conv(relu(conv(relu(conv(x)))))."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            *(Conv2d(WIDTH, WIDTH, 3, padding=1), nn.ReLU()),
            *(Conv2d(WIDTH, WIDTH, 3, padding=1), nn.ReLU()),
            Conv2d(WIDTH, WIDTH, 3, padding=1),
        )

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """The shape does not change."""
        return torch.relu(self.conv(x_BCHW) + x_BCHW)


class Clamp(nn.Module):
    """Softly limits latents to between -3 and 3."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """The shape does not change."""
        return torch.tanh(x_BCHW / 3) * 3
