"""The fourth stage: text encoder and UNet learn to draw pictures from their captions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from lora_core.model.diffusion import NUM_TIMESTEPS, add_noise, min_snr_weights, sd15_alphas_cumprod
from lora_core.rng import stream

from . import network
from .plan import Log, Plan, cosine, stopwatch


def tokenize(captions: list[str], comfyui: Path) -> Tensor:
    """CLIP's tokens of the captions, the empty one last: int64, shape (captions + 1, 77)."""
    from transformers import CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(comfyui / "comfy" / "sd1_tokenizer")
    settings = {"padding": "max_length", "max_length": 77, "truncation": True, "return_tensors": "pt"}
    return tokenizer([*captions, ""], **settings).input_ids


def train_unet(plan: Plan, latents: Tensor, tokens: Tensor, log: Log, batch: int = 16) -> tuple[Any, Any]:
    """Trains both together on noise prediction; what is kept is a moving average of their weights."""
    folder, steps, seed = plan.folder, plan.unet_steps, plan.seed
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        unet, text_encoder = network.new_unet(), network.new_text_encoder()
    both = torch.nn.ModuleDict({"unet": unet, "text_encoder": text_encoder})
    if plan.unet_start:
        both.load_state_dict(load_file(plan.unet_start))
    average = {key: value.detach().clone() for key, value in both.state_dict().items()}
    path = folder / "unet.safetensors"
    if path.exists():
        both.load_state_dict(load_file(path))
        return unet.eval(), text_encoder.eval()
    optimizer = torch.optim.AdamW(both.parameters(), lr=6e-4, betas=(0.9, 0.99), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: cosine(step, steps, warmup=200))
    alphas_cumprod = sd15_alphas_cumprod()
    clock, losses = stopwatch(), []
    for step in range(1, steps + 1):
        generator = stream(seed, "unet", step)
        places = torch.randint(plan.held_out, len(latents), (batch,), generator=generator)
        timesteps = torch.randint(NUM_TIMESTEPS, (batch,), generator=generator)
        bare = torch.rand(batch, generator=generator) < 0.1  # classifier-free guidance wants it
        loss_B = noise_loss(both, latents[places].float(), tokens[torch.where(bare, -1, places)], timesteps, generator)
        loss = (loss_B * min_snr_weights(alphas_cumprod[timesteps], 5.0)).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(both.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        decay = min(0.999, step / (step + 10))
        for key, value in both.state_dict().items():
            average[key].lerp_(value, 1 - decay) if value.is_floating_point() else average[key].copy_(value)
        losses.append(loss_B.mean().item())
        if step % 100 == 0 or step == steps:
            log(stage="unet", step=step, loss=round(float(np.mean(losses[-100:])), 5), seconds=clock())
            save_file(average, folder / "unet.partial.safetensors")
    both.load_state_dict(average)
    _calm_unseen_words(text_encoder, tokens)
    both.eval()
    loss = held_out_loss(both, latents[: plan.held_out], tokens[: plan.held_out])
    log(stage="held_out", loss=round(loss, 5), pictures=plan.held_out)
    save_file(both.state_dict(), path)
    return unet, text_encoder


def noise_loss(
    both: Any, latents_BCHW: Tensor, tokens_BT: Tensor, timesteps_B: Tensor, generator: torch.Generator
) -> Tensor:
    """The mean squared error between added and predicted noise, shape (B,)."""
    noise_BCHW = torch.randn(latents_BCHW.shape, generator=generator)
    noisy_BCHW = add_noise(latents_BCHW, noise_BCHW, sd15_alphas_cumprod()[timesteps_B])
    context_BTD = both["text_encoder"](tokens_BT).last_hidden_state
    predicted_BCHW = both["unet"](noisy_BCHW, timesteps_B, context_BTD).sample
    return (predicted_BCHW - noise_BCHW).square().mean(dim=(1, 2, 3))


@torch.no_grad()
def held_out_loss(both: Any, latents: Tensor, tokens: Tensor) -> float:
    """The mean loss on these pictures, each at its own one of evenly placed timesteps."""
    losses = []
    timesteps = torch.arange(len(latents)) * NUM_TIMESTEPS // len(latents)
    for start in range(0, len(latents), 32):
        part, generator = slice(start, start + 32), stream(0, "held_out", start)
        losses.append(noise_loss(both, latents[part].float(), tokens[part], timesteps[part], generator))
    return torch.cat(losses).mean().item()


def _calm_unseen_words(text_encoder: Any, tokens: Tensor) -> None:
    """Gives every word that stood in no caption the mean of those that did, in place of noise."""
    embedding = text_encoder.get_input_embeddings().weight.data
    seen = torch.zeros(len(embedding), dtype=torch.bool)
    seen[tokens.unique()] = True
    embedding[~seen] = embedding[seen].mean(dim=0)
