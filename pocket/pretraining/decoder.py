"""The third stage: the decoder alone learns on, against a critic, for edges as sharp as drawn ones.

Where the latents leave an edge's place open, the smallest mean error is a soft edge. A critic that sees drawn and
restored pictures tells them apart by that (Goodfellow et al. 2014; for autoencoders Esser et al. 2021). The encoder
stays as it is, and with it the latents and all that a UNet has learned of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import leaky_relu, relu
from torch.nn.utils.parametrizations import spectral_norm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from lora_core.rng import stream

from .autoencoder import reconstruction_loss, restoring_error
from .pictures import crops
from .plan import Log, Plan, cosine, stopwatch

LATENT_NOISE = 0.1
"""The most that is added to the latents, in their own unit: a UNet's are never quite right either."""
ADVERSARIAL, FEATURES = 0.06, 0.7
"""Weights of the critic's verdict and of its features beside the reconstruction loss."""


class Critic(torch.nn.Module):
    """Whether patches of 26 pixels look drawn: above 0 for drawn, below for restored. Spectrally normalised (Miyato et
    al. 2018), so that it stays a guide."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        sizes = [(3, width, 4, 2), (width, 2 * width, 4, 2), (2 * width, 2 * width, 3, 1), (2 * width, 1, 3, 1)]
        layers = [torch.nn.Conv2d(*size, padding=1) for size in sizes]
        self.layers = torch.nn.ModuleList(map(spectral_norm, layers))

    def forward(self, pictures_BCHW: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The verdict of each patch, and the features that led to it."""
        features = [pictures_BCHW]
        for layer in self.layers[:-1]:
            features.append(leaky_relu(layer(features[-1]), 0.2))
        return self.layers[-1](features[-1]), features[1:]


def train_decoder(plan: Plan, pictures: NDArray[np.uint8], autoencoder: Any, log: Log) -> None:
    """Changes the autoencoder's decoder; what is kept is a moving average of its weights."""
    decoder, path, steps = autoencoder.decoder, plan.folder / "decoder.safetensors", plan.decoder_steps
    if path.exists():
        decoder.load_state_dict(load_file(path))
        return
    with torch.random.fork_rng():
        torch.manual_seed(plan.seed)
        critic = Critic().to(memory_format=torch.channels_last)
    average = AveragedModel(decoder, multi_avg_fn=get_ema_multi_avg_fn(0.999))
    optimizer = torch.optim.AdamW(decoder.parameters(), lr=5e-4, betas=(0.8, 0.99), weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: cosine(step, steps, warmup=100))
    critics_optimizer = torch.optim.AdamW(critic.parameters(), lr=1e-3, betas=(0.5, 0.99))
    clock, partial = stopwatch(), plan.folder / "decoder.partial.safetensors"
    for step in range(1, steps + 1):
        generator = stream(plan.seed, "decoder", step)
        drawn = crops(pictures[plan.held_out :], 4, 64, generator)
        with torch.autocast("cpu", torch.bfloat16):
            restored = decoder(_noisy_latents(autoencoder.encoder, drawn, generator)).float()
            verdict, difference = _judged(critic, restored, drawn)
        guidance = ADVERSARIAL * -verdict + FEATURES * difference
        loss = reconstruction_loss(restored, drawn) + min(1.0, 10 * step / steps) * guidance
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        average.update_parameters(decoder)
        with torch.autocast("cpu", torch.bfloat16):
            mistaken = _mistaken(critic, restored.detach(), drawn)
        critics_optimizer.zero_grad(set_to_none=True)
        mistaken.backward()
        critics_optimizer.step()
        if step % 100 == 0 or step == steps:
            log(
                stage="decoder",
                step=step,
                loss=round(loss.item(), 4),
                critic=round(mistaken.item(), 4),
                seconds=clock(),
            )
            save_file({key: value.contiguous() for key, value in average.module.state_dict().items()}, partial)
    decoder.load_state_dict(average.module.state_dict())
    error = restoring_error(autoencoder, pictures[: plan.held_out])
    log(stage="restoring", held_out_l1=round(error, 4), pictures=plan.held_out)
    partial.rename(path)


@torch.no_grad()
def _noisy_latents(encoder: Any, drawn: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture's latents with an amount of noise of its own."""
    latents_BCHW: Tensor = encoder(drawn)
    amount_B111 = LATENT_NOISE * torch.rand((len(latents_BCHW), 1, 1, 1), generator=generator)
    return latents_BCHW + amount_B111 * torch.randn(latents_BCHW.shape, generator=generator)


def _judged(critic: Critic, restored: Tensor, drawn: Tensor) -> tuple[Tensor, Tensor]:
    """The mean verdict on what was restored, and how its features differ from those of what was drawn."""
    critic.requires_grad_(False)
    verdict, features = critic(restored)
    _, wanted = critic(drawn)
    differences = [(got - want).abs().float().mean() for got, want in zip(features, wanted, strict=True)]
    return verdict.float().mean(), torch.stack(differences).sum()


def _mistaken(critic: Critic, restored: Tensor, drawn: Tensor) -> Tensor:
    """The critic's own loss, the hinge of Lim & Ye (2017)."""
    critic.requires_grad_(True)
    return relu(1 - critic(drawn)[0].float()).mean() + relu(1 + critic(restored)[0].float()).mean()
