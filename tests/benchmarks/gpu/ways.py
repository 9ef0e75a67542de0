"""Ways to train that are timed against each other, all on the weights of one UNet."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass

import torch

from devtools.console import say
from lora_core.config import LoraConfig, RunConfig, TrainingConfig
from lora_core.model.base import BaseModel
from lora_core.model.diffusion import diffusion_loss, sd15_alphas_cumprod
from lora_core.model.lora import LoraAdapter
from lora_core.model.need import count_need
from lora_core.model.unet import UNet
from lora_core.training.cuda_graphs import CudaRecorder
from lora_core.training.determinism import deterministic
from lora_core.training.feed import Feed
from lora_core.training.step import Optimization
from tests.benchmarks.fixed_run import tokens
from tests.benchmarks.step_counts import RANK, TOKENS

from .material import Scale, invented_latents, invented_pictures, random_text_encoder, same_weights

BATCHES = 4
"""Of different pictures: few enough that each caption has been encoded when the timing begins, as after an epoch."""


@dataclass(frozen=True)
class Way:
    """A way to train, ready."""

    step: Callable[[], None]
    """Does not wait for the device."""
    need: int | None = None
    """Bytes on the device, as a run counts them before it starts."""


def ours(
    scale: Scale,
    unet: UNet,
    opened: ExitStack,
    *,
    checkpointing: bool = False,
    text: bool = False,
    exact: bool = False,
    graphs: bool = False,
) -> Way:
    """As the trainer makes it: pictures, noise and timesteps come from the feed's thread, and nothing is read back."""
    base = BaseModel(same_weights(unet, scale.layout), None, random_text_encoder(scale), tokens, "")  # type: ignore[arg-type]
    config = RunConfig(
        LoraConfig(rank=RANK, train_text_encoder=text),
        training=TrainingConfig(batch_size=scale.batch, precision=scale.precision),
    )
    need = count_need(base, config.lora, (scale.pixels, scale.pixels), average=False)
    base.unet.gradient_checkpointing = checkpointing
    adapter = LoraAdapter(base, config.lora, seed=0)
    adapter.train(True)
    recorder = CudaRecorder.on(scale.device) if graphs else None
    optimization = Optimization(base, adapter, config, scale.device, recorder=recorder, told=say)
    pictures = invented_pictures(BATCHES * scale.batch, scale.pixels)
    feed = opened.enter_context(Feed(config.training, pictures, invented_latents, scale.device))
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        mode: AbstractContextManager[None] = deterministic(scale.device) if exact else nullcontext()
        with mode:
            optimization.step(done, feed.batch(done))

    return Way(step, need.step(scale.batch, checkpointing))


def frozen(scale: Scale, unet: UNet) -> Way:
    """The network without a LoRA, forward and backward to the text: what no way to train can be cheaper than."""
    size = (scale.batch, 4, scale.pixels // 8, scale.pixels // 8)
    latents, noise = (torch.randn(size, device=scale.device) for _ in range(2))
    context = torch.randn(
        (scale.batch, TOKENS, scale.layout.context), device=scale.device, dtype=scale.dtype, requires_grad=True
    )
    timesteps = torch.randint(1000, (scale.batch,), device=scale.device)
    alphas = sd15_alphas_cumprod().to(scale.device)

    def step() -> None:
        context.grad = None
        diffusion_loss(unet, latents, context, noise, timesteps, alphas).mean().backward()

    return Way(step)
