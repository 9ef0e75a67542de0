"""The denoising UNet of Stable Diffusion 1.5 (Rombach et al. 2022, section 3.3), in whatever size its weights have."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import Conv2d, GroupNorm, LayerNorm, Linear
from torch.utils.checkpoint import checkpoint

from .blocks import Attention, Downsample, ResidualBlock, Upsample
from .layout import UnetLayout
from .tokens import FromTokens, ToTokens

GROUPS = 32
"""Groups of every group normalisation."""
Run = Callable[..., Tensor]
"""Calls a module on tensors: plainly, or so that its activations are computed again in the backward pass."""


class UNet(nn.Module):
    """Predicts the noise in noisy latents from the timestep and the text.

    Levels lead down to ever smaller pictures and up again; the output of each block on the way down is kept and joined
    to the input of its counterpart on the way up (Ronneberger et al. 2015).
    """

    def __init__(self, layout: UnetLayout) -> None:
        super().__init__()
        channels, time_features = layout.channels, 4 * layout.channels[0]
        self.gradient_checkpointing = False
        """Compute activations again in the backward pass instead of keeping them."""
        self.conv_in = Conv2d(4, channels[0], 3, padding=1)
        self.time_embedding = TimeEmbedding(channels[0], time_features)
        # In diffusers' order, up before mid: the first weights of a LoRA are drawn in the order of the modules.
        self.down_blocks, self.up_blocks = nn.ModuleList(), nn.ModuleList()
        width, skips = channels[0], [channels[0]]
        for level, outputs in enumerate(channels):
            inputs = [width, *[outputs] * (layout.blocks - 1)]
            down = DownLevel(inputs, outputs, layout, level)
            skips += [outputs] * (layout.blocks + len(down.downsamplers))
            width = outputs
            self.down_blocks.append(down)
        for level, outputs in reversed(list(enumerate(channels))):
            inputs = [before + skips.pop() for before in (width, *[outputs] * layout.blocks)]
            width = outputs
            self.up_blocks.append(UpLevel(inputs, outputs, layout, level))
        self.mid_block = Middle(channels[-1], layout)
        self.conv_norm_out = GroupNorm(GROUPS, channels[0])
        self.conv_out = Conv2d(channels[0], 4, 3, padding=1)

    def forward(self, noisy_BCHW: Tensor, timesteps_B: Tensor, context_BTD: Tensor) -> Tensor:
        """The predicted noise, shape (B, 4, H, W).

        Args:
            noisy_BCHW: latents in the network's own number format.
            timesteps_B: whole numbers from 0 to 999.
            context_BTD: the text encoder's last hidden state, in the same number format.
        """
        run = _recomputed if self.gradient_checkpointing and torch.is_grad_enabled() else _plain
        time_BE = F.silu(self.time_embedding(timesteps_B, noisy_BCHW.dtype))
        skips = [self.conv_in(noisy_BCHW)]
        for level in self.down_blocks:
            skips += level(skips[-1], time_BE, context_BTD, run)
        hidden_BCHW = self.mid_block(skips[-1], time_BE, context_BTD, run)
        for level in self.up_blocks:
            hidden_BCHW = level(hidden_BCHW, skips, time_BE, context_BTD, run)
        predicted_BCHW: Tensor = self.conv_out(F.silu(self.conv_norm_out(hidden_BCHW)))
        return predicted_BCHW


def _plain(module: nn.Module, *inputs: Tensor) -> Tensor:
    result: Tensor = module(*inputs)
    return result


def _recomputed(module: nn.Module, *inputs: Tensor) -> Tensor:
    result: Tensor = checkpoint(module, *inputs, use_reentrant=False)
    return result


class TimeEmbedding(nn.Module):
    """The timestep as cosines and sines of geometrically falling frequencies (Ho et al. 2020), then two layers."""

    def __init__(self, waves: int, features: int) -> None:
        super().__init__()
        self.waves = waves
        self.linear_1 = Linear(waves, features)
        self.linear_2 = Linear(features, features)

    def forward(self, timesteps_B: Tensor, dtype: torch.dtype) -> Tensor:
        """Shape (B, E). The waves are computed in float32 whatever the `dtype` of the layers."""
        half = self.waves // 2
        exponents = -math.log(10_000) * torch.arange(half, dtype=torch.float32, device=timesteps_B.device) / half
        angles = timesteps_B[:, None].float() * torch.exp(exponents)
        waves = torch.cat([torch.cos(angles), torch.sin(angles)], dim=-1).to(dtype)
        time_BE: Tensor = self.linear_2(F.silu(self.linear_1(waves)))
        return time_BE


class DownLevel(nn.Module):
    """A level on the way down: residual blocks, each with a transformer if the level attends, then a halving."""

    def __init__(self, inputs: list[int], outputs: int, layout: UnetLayout, level: int) -> None:
        super().__init__()
        last = level == len(layout.channels) - 1
        self.attentions = _transformers(len(inputs), outputs, layout, level)
        self.resnets = _residual_blocks(inputs, outputs, layout)
        self.downsamplers = nn.ModuleList([] if last else [Downsample(outputs)])

    def forward(self, hidden_BCHW: Tensor, time_BE: Tensor, context_BTD: Tensor, run: Run) -> list[Tensor]:
        """The output of each block and of the halving; the last of them is the next level's input."""
        outputs = []
        for number, resnet in enumerate(self.resnets):
            hidden_BCHW = run(resnet, hidden_BCHW, time_BE)
            if self.attentions:
                hidden_BCHW = run(self.attentions[number], hidden_BCHW, context_BTD)
            outputs.append(hidden_BCHW)
        return outputs + [downsample(hidden_BCHW) for downsample in self.downsamplers]


class UpLevel(nn.Module):
    """A level on the way up: as on the way down with one block more, each joined to what was kept, then a doubling."""

    def __init__(self, inputs: list[int], outputs: int, layout: UnetLayout, level: int) -> None:
        super().__init__()
        self.attentions = _transformers(len(inputs), outputs, layout, level)
        self.resnets = _residual_blocks(inputs, outputs, layout)
        self.upsamplers = nn.ModuleList([Upsample(outputs)] if level > 0 else [])

    def forward(
        self, hidden_BCHW: Tensor, skips: list[Tensor], time_BE: Tensor, context_BTD: Tensor, run: Run
    ) -> Tensor:
        """Takes what it joins from the end of `skips`."""
        for number, resnet in enumerate(self.resnets):
            hidden_BCHW = run(resnet, torch.cat([hidden_BCHW, skips.pop()], dim=1), time_BE)
            if self.attentions:
                hidden_BCHW = run(self.attentions[number], hidden_BCHW, context_BTD)
        for upsample in self.upsamplers:
            hidden_BCHW = upsample(hidden_BCHW, skips[-1].shape[2:])
        return hidden_BCHW


class Middle(nn.Module):
    """Between the ways down and up: two residual blocks with a transformer between them."""

    def __init__(self, channels: int, layout: UnetLayout) -> None:
        super().__init__()
        self.attentions = nn.ModuleList([Transformer(channels, layout.heads[-1], layout.context)])
        self.resnets = _residual_blocks([channels, channels], channels, layout)

    def forward(self, hidden_BCHW: Tensor, time_BE: Tensor, context_BTD: Tensor, run: Run) -> Tensor:
        """The shape does not change."""
        hidden_BCHW = run(self.resnets[0], hidden_BCHW, time_BE)
        hidden_BCHW = run(self.attentions[0], hidden_BCHW, context_BTD)
        return run(self.resnets[1], hidden_BCHW, time_BE)


def _residual_blocks(inputs: list[int], outputs: int, layout: UnetLayout) -> nn.ModuleList:
    time_features = 4 * layout.channels[0]
    return nn.ModuleList(ResidualBlock(each, outputs, GROUPS, 1e-5, time_features) for each in inputs)


def _transformers(count: int, channels: int, layout: UnetLayout, level: int) -> nn.ModuleList:
    wanted = count if layout.attention[level] else 0
    return nn.ModuleList(Transformer(channels, layout.heads[level], layout.context) for _ in range(wanted))


class Transformer(nn.Module):
    """A transformer block on the positions of a picture, added to its input."""

    def __init__(self, channels: int, heads: int, context: int) -> None:
        super().__init__()
        self.norm = GroupNorm(GROUPS, channels, 1e-6)
        self.proj_in = ToTokens(channels, channels, 1)
        self.transformer_blocks = nn.ModuleList([TransformerBlock(channels, heads, context)])
        self.proj_out = FromTokens(channels, channels, 1)

    def forward(self, x_BCHW: Tensor, context_BTD: Tensor) -> Tensor:
        """The shape does not change."""
        hidden_BNC = self.proj_in(self.norm(x_BCHW))
        for block in self.transformer_blocks:
            hidden_BNC = block(hidden_BNC, context_BTD)
        result: Tensor = self.proj_out(hidden_BNC).view(x_BCHW.shape) + x_BCHW
        return result


class TransformerBlock(nn.Module):
    """Attention to the picture itself, attention to the text, and a feed-forward layer, each added to its input."""

    def __init__(self, channels: int, heads: int, context: int) -> None:
        super().__init__()
        self.norm1 = LayerNorm(channels)
        self.attn1 = Attention(channels, heads)
        self.norm2 = LayerNorm(channels)
        self.attn2 = Attention(channels, heads, context)
        self.norm3 = LayerNorm(channels)
        self.ff = FeedForward(channels)

    def forward(self, x_BNC: Tensor, context_BTD: Tensor) -> Tensor:
        """The shape does not change."""
        x_BNC = self.attn1(self.norm1(x_BNC)) + x_BNC
        x_BNC = self.attn2(self.norm2(x_BNC), context_BTD) + x_BNC
        result: Tensor = self.ff(self.norm3(x_BNC)) + x_BNC
        return result


class FeedForward(nn.Module):
    """A layer of four times the width, gated by GELU, and one back."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        # The Identity takes the place of a dropout that SD 1.5 does not use: the name of the last layer is net.2.
        self.net = nn.Sequential(GatedGelu(channels, 4 * channels), nn.Identity(), Linear(4 * channels, channels))

    def forward(self, x_BNC: Tensor) -> Tensor:
        """The shape does not change."""
        result: Tensor = self.net(x_BNC)
        return result


class GatedGelu(nn.Module):
    """a * gelu(b), where a and b are the halves of one linear layer (Shazeer 2020)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.proj = Linear(inputs, 2 * outputs)

    def forward(self, x_BNC: Tensor) -> Tensor:
        """Shape (B, N, outputs)."""
        result: Tensor = _Gate.apply(self.proj(x_BNC))
        return result


class _Gate(torch.autograd.Function):
    """a * gelu(b) of the halves a and b of a vector; gelu(b) is computed again in the backward pass, not kept."""

    @staticmethod
    def forward(ctx: Any, halves: Tensor) -> Tensor:
        ctx.save_for_backward(halves)
        values, gates = halves.chunk(2, dim=-1)
        return F.gelu(gates).mul_(values)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (halves,) = ctx.saved_tensors
        (values, gates), halves_gradient = halves.chunk(2, dim=-1), torch.empty_like(halves)
        of_values, of_gates = halves_gradient.chunk(2, dim=-1)
        torch.mul(gradient, F.gelu(gates), out=of_values)
        torch.ops.aten.gelu_backward.grad_input(gradient * values, gates, grad_input=of_gates)
        return halves_gradient
