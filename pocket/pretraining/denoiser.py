"""The fifth stage: text encoder and UNet learn to draw pictures from their captions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lora_core.model.diffusion import NUM_TIMESTEPS, add_noise, min_snr_weights, sd15_alphas_cumprod
from lora_core.rng import stream

from . import network
from .plan import Log, Plan
from .replicas import Replicas
from .training import Training

BATCH = 32
BARE = 0.1
"""The share of pictures that lose their caption: classifier-free guidance wants it."""


def tokenize(captions: list[str], comfyui: Path) -> Tensor:
    """CLIP's tokens of the captions, the empty one last: int64, shape (captions + 1, 77)."""
    from transformers import CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(comfyui / "comfy" / "sd1_tokenizer")
    settings = {"padding": "max_length", "max_length": 77, "truncation": True, "return_tensors": "pt"}
    tokens: Tensor = tokenizer([*captions, ""], **settings).input_ids
    return tokens


def train_unet(plan: Plan, latents: Tensor, tokens: Tensor, log: Log) -> tuple[Any, Any]:
    """Trains both together on noise prediction.

    Args:
        latents: of the pictures and of their mirror images, shape (2, N, 4, H, W); the first held out.
        tokens: of the N captions and the empty one, shape (N + 1, 77).
    """
    from diffusers.models.attention_processor import AttnProcessor

    with torch.random.fork_rng():
        torch.manual_seed(plan.seed)
        unet, text_encoder = network.new_unet(), network.new_text_encoder()
    unet.set_attn_processor(AttnProcessor())  # on a CPU the gradient of the fused attention takes longer
    both = torch.nn.ModuleDict({"unet": unet, "text_encoder": text_encoder})
    training = Training(plan, "unet", both, plan.unet_steps, learning_rate=6e-4, weight_decay=0.01)
    replicas = Replicas(both, plan.threads)
    alphas_cumprod = sd15_alphas_cumprod()

    def loss_of(copy: Any, share: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
        timesteps_B = share[2]
        loss_B = noise_loss(copy, *share)
        return (loss_B * min_snr_weights(alphas_cumprod[timesteps_B], 5.0)).mean()

    def backward(step: int) -> float:
        generator = stream(plan.seed, "unet", step)
        places = torch.randint(plan.held_out, latents.shape[1], (BATCH,), generator=generator)
        mirrored = torch.randint(2, (BATCH,), generator=generator)
        timesteps = torch.randint(NUM_TIMESTEPS, (BATCH,), generator=generator)
        bare = torch.rand(BATCH, generator=generator) < BARE
        drawn = latents[mirrored, places].float()
        noise = torch.randn(drawn.shape, generator=generator)
        batch = (drawn, tokens[torch.where(bare, -1, places)], timesteps, noise)
        return replicas.backward(loss_of, list(zip(*(part.chunk(plan.threads) for part in batch), strict=True)))

    def measured(_last: bool) -> dict[str, float]:
        return {"held_out_loss": held_out_loss(both, latents[0, : plan.held_out], tokens[: plan.held_out])}

    training.run(backward, log, measured)
    _calm_unseen_words(text_encoder, tokens)
    return unet, text_encoder


def noise_loss(both: Any, latents_BCHW: Tensor, tokens_BT: Tensor, timesteps_B: Tensor, noise_BCHW: Tensor) -> Tensor:
    """The mean squared error between added and predicted noise, shape (B,)."""
    noisy_BCHW = add_noise(latents_BCHW, noise_BCHW, sd15_alphas_cumprod()[timesteps_B])
    with torch.autocast("cpu", torch.bfloat16, enabled=torch.is_grad_enabled()):
        context_BTD = both["text_encoder"](tokens_BT).last_hidden_state
        predicted_BCHW = both["unet"](noisy_BCHW, timesteps_B, context_BTD).sample
    error_BCHW: Tensor = predicted_BCHW.float() - noise_BCHW
    return error_BCHW.square().mean(dim=(1, 2, 3))


@torch.no_grad()
def held_out_loss(both: Any, latents: Tensor, tokens: Tensor) -> float:
    """The mean loss on these pictures, each at its own one of evenly placed timesteps."""
    losses = []
    timesteps = torch.arange(len(latents)) * NUM_TIMESTEPS // len(latents)
    for start in range(0, len(latents), 32):
        part = slice(start, start + 32)
        noise = torch.randn(latents[part].shape, generator=stream(0, "held_out", start))
        losses.append(noise_loss(both, latents[part].float(), tokens[part], timesteps[part], noise))
    return torch.cat(losses).mean().item()


def _calm_unseen_words(text_encoder: Any, tokens: Tensor) -> None:
    """Gives every word that stood in no caption the mean of those that did, in place of noise."""
    embedding = text_encoder.get_input_embeddings().weight.data
    seen = torch.zeros(len(embedding), dtype=torch.bool)
    seen[tokens.flatten()] = True
    embedding[~seen] = embedding[seen].mean(dim=0)
