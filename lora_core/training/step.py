"""One optimiser step: random draws, forward, backward, AdamW; in micro-batches small enough for the memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..config import RunConfig, TrainingConfig, warmup_factor
from ..dataset.style import Picture
from ..errors import TrainingError
from ..model.base import BaseModel
from ..model.diffusion import NUM_TIMESTEPS, diffusion_loss, min_snr_weights, offset_noise, sd15_alphas_cumprod
from ..model.lora import LoraAdapter
from ..rng import stream, stream_seed
from .batches import micro_batches
from .state import OptimizerState


@dataclass(frozen=True)
class Sample:
    """One picture as one step sees it."""

    picture: Picture
    latents_CHW: Tensor
    noise_CHW: Tensor
    timestep: int
    caption: str


def draw_samples(
    config: TrainingConfig,
    step: int,
    pictures: Sequence[Picture],
    load_latents: Callable[[Picture, bool], Tensor],
) -> list[Sample]:
    """The random draws of a step, a function of the seed and the step alone."""
    count = len(pictures)
    timesteps = torch.randint(NUM_TIMESTEPS, (count,), generator=stream(config.seed, "timesteps", step)).tolist()
    flips = torch.rand(count, generator=stream(config.seed, "flips", step)) < 0.5
    drops = torch.rand(count, generator=stream(config.seed, "captions", step)) < config.caption_dropout
    samples = []
    for position, picture in enumerate(pictures):
        latents_CHW = load_latents(picture, config.horizontal_flip and bool(flips[position]))
        generator = stream(config.seed, "noise", step, position)
        noise_CHW = torch.randn(latents_CHW.shape, generator=generator)
        if config.noise_offset:
            offset_1C = torch.randn((1, len(noise_CHW)), generator=generator)
            noise_CHW = offset_noise(noise_CHW[None], offset_1C, config.noise_offset)[0]
        caption = "" if drops[position] else picture.caption or ""
        samples.append(Sample(picture, latents_CHW, noise_CHW, timesteps[position], caption))
    return samples


class Optimization:
    """AdamW on the LoRA's weights: the paper's equations (15) to (19), as torch implements them."""

    def __init__(self, base: BaseModel, adapter: LoraAdapter, config: RunConfig, device: torch.device) -> None:
        self._base = base
        self._adapter = adapter
        self._config = config
        self._device = device
        self._alphas_cumprod_N = sd15_alphas_cumprod().to(device)
        recipe = config.optimizer
        self._adamw = torch.optim.AdamW(
            adapter.parameters(),
            lr=recipe.learning_rate,
            betas=(recipe.beta1, recipe.beta2),
            eps=recipe.epsilon,
            weight_decay=recipe.weight_decay,
            fused=device.type in ("cpu", "cuda"),  # one call for hundreds of small matrices, which is faster on a CPU
        )
        self._scaler = torch.amp.GradScaler(device.type, enabled=config.training.precision == "float16")
        self.micro_batch = config.training.batch_size
        """The most pictures that go through the network at once."""

    def step(self, step: int, samples: Sequence[Sample]) -> tuple[float, float]:
        """Runs optimiser step `step` (counted from 1); returns the mean training loss and the learning rate.

        Raises:
            TrainingError: the loss is not finite; the weights are as before the step.
            torch.OutOfMemoryError: the weights are as before the step, too, which may be repeated in smaller portions.
        """
        learning_rate = self._config.optimizer.learning_rate * warmup_factor(step, self._config.optimizer.warmup_steps)
        for group in self._adamw.param_groups:
            group["lr"] = learning_rate
        self._adamw.zero_grad(set_to_none=True)
        buckets = [sample.picture.bucket for sample in samples]
        total = 0.0
        for members in micro_batches(range(len(samples)), buckets, self.micro_batch):
            dropout_seed = stream_seed(self._config.training.seed, "dropout", step, members[0])
            total += self._backward([samples[member] for member in members], len(samples), dropout_seed)
        loss = total / len(samples)
        norm = self._gradient_norm()
        if not math.isfinite(loss) or not (math.isfinite(norm) or self._scaler.is_enabled()):
            names = ", ".join(sample.picture.path.name for sample in samples)
            raise TrainingError(
                f"The training loss became {loss} and its gradient {norm} at step {step} (pictures: {names}). What was "
                "saved before is intact. Lower the learning rate, or use float32 or bfloat16, and start a new run."
            )
        self._scaler.step(self._adamw)  # with float16, skips a step whose gradients overflowed and lowers its scale
        self._scaler.update()
        return loss, learning_rate

    def state(self) -> OptimizerState:
        """What resuming needs."""
        return OptimizerState(self._adamw.state_dict()["state"], self._scaler.state_dict(), self.micro_batch)

    def load_state(self, state: OptimizerState) -> None:
        """Restores what `state` returned."""
        self._adamw.load_state_dict({"state": state.moments, "param_groups": self._adamw.state_dict()["param_groups"]})
        self._scaler.load_state_dict(state.scaler)
        self.micro_batch = state.micro_batch

    def _backward(self, samples: Sequence[Sample], batch: int, dropout_seed: int) -> float:
        """Adds the gradients of one micro-batch's share of the mean over `batch` pictures; returns its summed loss."""
        timesteps_B = torch.tensor([sample.timestep for sample in samples], device=self._device)
        tokens_BT = self._base.tokenize([sample.caption for sample in samples]).to(self._device)
        with torch.random.fork_rng(devices=self._cuda_devices()):  # LoRA dropout draws from the global generator
            torch.manual_seed(dropout_seed)
            loss_B = diffusion_loss(
                self._base.unet,
                torch.stack([sample.latents_CHW for sample in samples]).to(self._device),
                self._base.encode_text(tokens_BT),
                torch.stack([sample.noise_CHW for sample in samples]).to(self._device),
                timesteps_B,
                self._alphas_cumprod_N,
            )
            weighted_B = loss_B
            if self._config.training.min_snr_gamma:
                weighted_B = loss_B * min_snr_weights(
                    self._alphas_cumprod_N[timesteps_B], self._config.training.min_snr_gamma
                )
            torch.autograd.backward(self._scaler.scale(weighted_B.sum() / batch))
        return float(loss_B.detach().sum())

    def _gradient_norm(self) -> float:
        """The global norm of the gradients, which are clipped to the recipe's limit if it has one."""
        self._scaler.unscale_(self._adamw)
        limit = self._config.optimizer.max_grad_norm or math.inf
        return float(torch.nn.utils.clip_grad_norm_(self._adapter.parameters(), limit))

    def _cuda_devices(self) -> list[torch.device]:
        return [self._device] if self._device.type == "cuda" else []
