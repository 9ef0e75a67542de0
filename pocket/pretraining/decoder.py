"""The fourth stage: the decoder alone learns on, against a critic, for edges as sharp as drawn ones.

Where the latents leave an edge's place open, the smallest mean error is a soft edge. A critic that sees drawn and
restored pictures tells them apart by that (Goodfellow et al. 2014; for autoencoders Esser et al. 2021). The encoder
stays as it is, and with it the latents and all that a UNet has learned of them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import leaky_relu, relu
from torch.nn.utils.parametrizations import spectral_norm

from lora_core.rng import stream

from .autoencoder import CROPS, SIDE, feature_loss, reconstruction_loss, restoring_errors, training_pictures
from .classifier import Classifier
from .pictures import Drawings, crops
from .plan import Log, Plan
from .replicas import Replicas
from .training import Training

LATENT_NOISE = 0.1
"""The most that is added to the latents, in their own unit: a UNet's are never quite right either."""
ADVERSARIAL, CRITICS_FEATURES, GUIDES_FEATURES = 0.06, 0.7, 0.6
"""Weights of the critic's verdict, of its features and of the guide's beside the reconstruction loss."""


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


def train_decoder(plan: Plan, drawings: dict[str, Drawings], autoencoder: Any, guide: Classifier, log: Log) -> None:
    """Trains the autoencoder's decoder, and a critic beside it."""
    with torch.random.fork_rng():
        torch.manual_seed(plan.seed)
        critic = Critic().to(memory_format=torch.channels_last)
    critics_optimizer = torch.optim.AdamW(critic.parameters(), lr=1e-3, betas=(0.5, 0.99))
    training = Training(
        plan,
        "decoder",
        autoencoder.decoder,
        plan.decoder_steps,
        learning_rate=3e-4,
        betas=(0.8, 0.99),
        others={"critic": critic, "critics_optimizer": critics_optimizer},
    )
    autoencoder.encoder.requires_grad_(False)
    replicas = Replicas(torch.nn.ModuleDict({"autoencoder": autoencoder, "critic": critic}), plan.threads)
    pictures = training_pictures(plan, drawings)

    def backward(step: int) -> float:
        generator = stream(plan.seed, "decoder", step)
        drawn = crops(pictures, CROPS, SIDE, generator)
        amount_B111 = LATENT_NOISE * torch.rand((CROPS, 1, 1, 1), generator=generator)
        noise = amount_B111 * torch.randn((CROPS, 4, SIDE // 8, SIDE // 8), generator=generator)
        trust = min(1.0, 10 * step / plan.decoder_steps)
        critics_optimizer.zero_grad(set_to_none=True)
        shares = list(zip(drawn.chunk(plan.threads), noise.chunk(plan.threads), strict=True))
        loss = replicas.backward(lambda both, share: _loss(both, guide, *share, trust), shares)
        critics_optimizer.step()
        return loss

    training.run(backward, log, lambda last: restoring_errors(plan, autoencoder, drawings, last))


def _loss(both: Any, guide: Classifier, drawn: Tensor, noise: Tensor, trust: float) -> Tensor:
    """The decoder's loss and the critic's; neither reaches the weights of the other."""
    autoencoder, critic = both["autoencoder"], both["critic"]
    with torch.autocast("cpu", torch.bfloat16):
        restored = autoencoder.decoder(autoencoder.encoder(drawn) + noise).float()
        verdict, difference = _judged(critic, restored, drawn)
        mistaken = _mistaken(critic, restored.detach(), drawn)
    closeness = reconstruction_loss(restored, drawn) + GUIDES_FEATURES * feature_loss(guide, restored, drawn)
    sharpness = ADVERSARIAL * -verdict + CRITICS_FEATURES * difference
    return closeness + trust * sharpness + mistaken


def _judged(critic: Critic, restored: Tensor, drawn: Tensor) -> tuple[Tensor, Tensor]:
    """The mean verdict on what was restored, and how its features differ from those of what was drawn."""
    critic.requires_grad_(False)
    verdict, features = critic(restored)
    with torch.no_grad():
        _, wanted = critic(drawn)
    differences = [(got - want).abs().float().mean() for got, want in zip(features, wanted, strict=True)]
    return verdict.float().mean(), torch.stack(differences).sum()


def _mistaken(critic: Critic, restored: Tensor, drawn: Tensor) -> Tensor:
    """The critic's own loss, the hinge of Lim & Ye (2017)."""
    critic.requires_grad_(True)
    return relu(1 - critic(drawn)[0].float()).mean() + relu(1 + critic(restored)[0].float()).mean()
