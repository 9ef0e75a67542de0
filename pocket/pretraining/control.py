"""The sixth stage: ControlNets that hold the UNet, which stays as it is, to the lines or the depth of a building.

Each is a copy of the UNet's encoder with a reader of the control picture (Zhang et al. 2023). The copy differs from the
original by products of two thin matrices, as in Control-LoRA, so that a file needs to hold little else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.parametrize import register_parametrization

from lora_core.model.diffusion import NUM_TIMESTEPS, min_snr_weights, sd15_alphas_cumprod
from lora_core.rng import stream

from .denoiser import noise_loss
from .hints import Greys, shades
from .network import Networks
from .plan import Log, Plan
from .replicas import Replicas
from .training import Training

RANK = 32
"""Of the differences; the UNet's layers have 64 or 128 channels."""
BATCH = 16
BARE = 0.5
"""The share of pictures that lose their caption, so that the control picture has to be looked at."""


class LowRank(torch.nn.Module):
    """Adds the product of two thin matrices to a weight that stays as it is; it begins by adding nothing."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        rows, columns = len(weight), weight[0].numel()
        rank = min(RANK, rows, columns)
        self.up = torch.nn.Parameter(torch.zeros(rows, rank))
        self.down = torch.nn.Parameter(torch.randn(rank, columns) / math.sqrt(columns))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight that the layer works with."""
        return weight + (self.up @ self.down).view_as(weight)


class Controlled(torch.nn.Module):
    """A UNet under a ControlNet and a control picture, called as the UNet is."""

    def __init__(self, unet: Any, control: Any, hint_B3HW: Tensor) -> None:
        super().__init__()
        self.unet, self.control, self.hint_B3HW = unet, control, hint_B3HW

    def forward(self, noisy_BCHW: Tensor, timesteps: Tensor, context_BTD: Tensor) -> Any:
        """The predicted noise as diffusers wraps it; the batch may be a multiple of the control pictures."""
        hint_B3HW = self.hint_B3HW.repeat(len(noisy_BCHW) // len(self.hint_B3HW), 1, 1, 1)
        down, middle = self.control(noisy_BCHW, timesteps, context_BTD, hint_B3HW, return_dict=False)
        return self.unet(
            noisy_BCHW,
            timesteps,
            context_BTD,
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
        )


def new_control(unet: Any) -> Any:
    """diffusers' ControlNetModel of that UNet, whose encoder shares nothing with it but its values."""
    from diffusers import ControlNetModel
    from diffusers.models.attention_processor import AttnProcessor

    control = ControlNetModel.from_unet(unet)
    control.set_attn_processor(AttnProcessor())
    control.requires_grad_(False)
    for part in own_parts(control):
        part.requires_grad_(True)
    # What hands the features on begins at nothing, as it should. The reader must not: it would long have no say.
    for layer in reader_layers(control):
        torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
        layer.weight.data *= 1.7  # SiLU halves what is small and keeps what is large
        torch.nn.init.zeros_(layer.bias)
    for _, layer in encoder_layers(control):
        register_parametrization(layer, "weight", LowRank(layer.weight))
    return control


def own_parts(control: Any) -> list[Any]:
    """What the UNet does not have: the reader of the control picture, and what hands the features on."""
    return [control.controlnet_cond_embedding, control.controlnet_down_blocks, control.controlnet_mid_block]


def reader_layers(control: Any) -> list[Any]:
    """The convolutions that read the control picture, in their order."""
    reader = control.controlnet_cond_embedding
    return [reader.conv_in, *reader.blocks, reader.conv_out]


def encoder_layers(control: Any) -> Iterator[tuple[str, Any]]:
    """The layers that differ from the UNet's, with their names, which are the UNet's."""
    for name, module in control.named_modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear) and not name.startswith("controlnet_"):
            yield name, module


def train_control(
    plan: Plan, kind: str, networks: Networks, latents: Tensor, tokens: Tensor, hints: Greys, log: Log
) -> Any:
    """Trains one on noise prediction.

    Args:
        latents: of the pictures and of their mirror images, shape (2, N, 4, H, W); the first held out.
        tokens: of the N captions and the empty one, shape (N + 1, 77).
        hints: the pictures' control pictures.
    """
    with torch.random.fork_rng():
        torch.manual_seed(plan.seed)
        control = new_control(networks.unet)
    unet, text_encoder = networks.unet.requires_grad_(False), networks.text_encoder.requires_grad_(False)
    training = Training(plan, f"control_{kind}", control, plan.control_steps, learning_rate=1e-3, weight_decay=0.01)
    replicas = Replicas(control, plan.threads)
    alphas_cumprod = sd15_alphas_cumprod()

    def losses(copy: Any, drawn: Tensor, tokens_BT: Tensor, timesteps: Tensor, noise: Tensor, hint: Tensor) -> Tensor:
        both = {"unet": Controlled(unet, copy, hint), "text_encoder": text_encoder}
        return noise_loss(both, drawn, tokens_BT, timesteps, noise)

    def loss_of(copy: Any, share: tuple[Tensor, Tensor, Tensor, Tensor, Tensor]) -> Tensor:
        return (losses(copy, *share) * min_snr_weights(alphas_cumprod[share[2]], 5.0)).mean()

    def backward(step: int) -> float:
        generator = stream(plan.seed, f"control_{kind}", step)
        places = torch.randint(plan.held_out, latents.shape[1], (BATCH,), generator=generator)
        mirrored = torch.randint(2, (BATCH,), generator=generator)
        timesteps = torch.randint(NUM_TIMESTEPS, (BATCH,), generator=generator)
        bare = torch.rand(BATCH, generator=generator) < BARE
        drawn = latents[mirrored, places].float()
        noise = torch.randn(drawn.shape, generator=generator)
        hint = shades(hints[places.numpy()])
        hint = torch.where(mirrored[:, None, None, None] == 1, hint.flip(3), hint)
        batch = (drawn, tokens[torch.where(bare, -1, places)], timesteps, noise, hint)
        return replicas.backward(loss_of, list(zip(*(part.chunk(plan.threads) for part in batch), strict=True)))

    @torch.no_grad()
    def measured(_last: bool) -> dict[str, float]:
        count = min(plan.held_out, 64)
        timesteps = torch.arange(count) * NUM_TIMESTEPS // count
        noise = torch.randn(latents[0, :count].shape, generator=stream(0, "held_out"))
        batch = (latents[0, :count].float(), tokens[:count], timesteps, noise, shades(hints[:count]))
        return {"held_out_loss": losses(control, *batch).mean().item()}

    training.run(backward, log, measured)
    return control
