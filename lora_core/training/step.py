"""One optimiser step: forward, backward and AdamW, in micro-batches small enough for the memory.

Nothing here waits for the device: losses stay on it until `readings.py` reads many at once, and a loss or gradient that
is not finite stops the optimiser there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..config import RunConfig, warmup_factor
from ..model.base import BaseModel
from ..model.diffusion import diffusion_loss, min_snr_weights, sd15_alphas_cumprod
from ..model.lora import LoraAdapter
from ..model.lora_weights import LoraWeights
from ..rng import stream_seed
from .draws import Batch, Group
from .state import OptimizerState
from .team import ALONE, Team

CONTEXTS_KEPT = 2048
"""Captions whose context is kept on the device: 240 MB of them in 16 bits."""


@dataclass(frozen=True)
class StepOutcome:
    """What a step found; scalars on the device."""

    loss: Tensor
    """Mean over its pictures."""
    gradient_norm: Tensor
    """Before clipping."""
    broken: Tensor
    """1 if the loss or gradient of this step, or of one before it, was not finite: then no weight has changed since."""
    learning_rate: float


class Optimization:
    """AdamW on the LoRA's weights: the paper's equations (15) to (19), as torch implements them."""

    def __init__(
        self, base: BaseModel, adapter: LoraAdapter, config: RunConfig, device: torch.device, team: Team = ALONE
    ) -> None:
        self._base = base
        self._team = team
        self._weights = adapter.weights
        self._config = config
        self._device = device
        self._alphas_cumprod_N = sd15_alphas_cumprod().to(device)
        self._broken = torch.zeros((), device=device)
        self._contexts: dict[str, Tensor] = {}
        recipe = config.optimizer
        self._adamw = torch.optim.AdamW(
            [self._weights.masters],
            lr=recipe.learning_rate,
            betas=(recipe.beta1, recipe.beta2),
            eps=recipe.epsilon,
            weight_decay=recipe.weight_decay,
            fused=device.type in ("cpu", "cuda"),
        )
        self._scaler = torch.amp.GradScaler(device.type, enabled=config.training.precision == "float16")
        self.micro_batch = config.training.batch_size
        """The most pictures that go through the network at once."""

    def step(self, step: int, batch: Batch) -> StepOutcome:
        """Runs optimiser step `step`, counted from 1.

        Raises:
            torch.OutOfMemoryError: the weights are as before the step, which may be repeated in smaller portions.
        """
        learning_rate = self._config.optimizer.learning_rate * warmup_factor(step, self._config.optimizer.warmup_steps)
        self._weights.forget_gradients()
        total = torch.zeros((), device=self._device)
        for group in batch.groups:
            for part in group.parts(self.micro_batch):
                total += self._backward(step, part, len(batch))
        self._team.add(self._weights.gradient)
        self._team.add(total)
        loss = total / len(batch)
        norm = self._check_gradient(loss)
        self._update(learning_rate)
        return StepOutcome(loss, norm, self._broken.clone(), learning_rate)

    def _backward(self, step: int, part: Group, batch: int) -> Tensor:
        """Adds the gradients of one micro-batch's share of the mean over `batch` pictures; returns its summed loss."""
        recipe = self._config.training
        with self._dropout_of(step, part):
            loss_B = diffusion_loss(
                self._base.unet,
                part.latents_BCHW,
                self._context(part),
                part.noise_BCHW,
                part.timesteps_B,
                self._alphas_cumprod_N,
            )
            weighted_B = loss_B
            if recipe.min_snr_gamma:
                weighted_B = loss_B * min_snr_weights(self._alphas_cumprod_N[part.timesteps_B], recipe.min_snr_gamma)
            torch.autograd.backward(self._scaler.scale(weighted_B.sum() / batch))
        self._weights.collect()
        return loss_B.detach().sum()

    def _context(self, part: Group) -> Tensor:
        """What the UNet attends to; kept by caption if the text encoder is not trained.

        Each is computed by itself, so that it does not depend on the company it was first met in.
        """
        if self._config.lora.train_text_encoder:
            return self._base.encode_text(self._base.tokenize(part.captions).to(self._device))
        if len(self._contexts) + len(part.captions) > CONTEXTS_KEPT:
            self._contexts.clear()
        for caption in part.captions:
            if caption not in self._contexts:
                with torch.no_grad():
                    (context_TD,) = self._base.encode_text(self._base.tokenize([caption]).to(self._device))
                self._contexts[caption] = context_TD
        return torch.stack([self._contexts[caption] for caption in part.captions])

    @contextlib.contextmanager
    def _dropout_of(self, step: int, part: Group) -> Iterator[None]:
        """LoRA dropout draws from torch's global generator, which is seeded for it and then put back."""
        if not self._config.lora.dropout:
            yield
            return
        with torch.random.fork_rng(devices=[self._device] if self._device.type == "cuda" else []):
            torch.manual_seed(stream_seed(self._config.training.seed, "dropout", step, part.first))
            yield

    def _check_gradient(self, loss: Tensor) -> Tensor:
        """Marks the step as broken if it is, and clips the gradient to the recipe's limit; returns its norm.

        In float16 a gradient that overflows is no fault: the scaler skips the step and lowers its scale.
        """
        gradient_P = self._weights.gradient
        scaled = self._scaler.is_enabled()
        self._scaler.unscale_(self._adamw)
        norm: Tensor = torch.linalg.vector_norm(gradient_P)
        fine = torch.isfinite(loss) if scaled else torch.isfinite(loss) & torch.isfinite(norm)
        self._broken.logical_or_(~fine)
        limit = self._config.optimizer.max_grad_norm
        if limit:
            gradient_P.mul_((limit / (norm + 1e-6)).clamp(max=1.0))  # as torch.nn.utils.clip_grad_norm_
        return norm

    def _update(self, learning_rate: float) -> None:
        """AdamW's step, unless it is broken or, in float16, overflowed; decided on the device where AdamW can."""
        (group,) = self._adamw.param_groups
        group["lr"] = learning_rate
        if self._scaler.is_enabled():
            self._scaler.step(self._adamw)
            self._scaler.update()
        elif group["fused"]:
            self._adamw.found_inf = self._broken  # type: ignore[attr-defined]  # where torch's own GradScaler puts it
            self._adamw.step()
        elif not self._broken:
            self._adamw.step()
        self._weights.refresh()

    def state(self) -> OptimizerState:
        """What resuming needs."""
        kept = self._adamw.state.get(self._weights.masters, {})
        names = ("exp_avg", "exp_avg_sq")
        windows = {name: _in_turns(self._weights, kept[name].to("cpu", copy=True)) for name in names if name in kept}
        moments = {
            index: {"step": kept["step"].detach().cpu().clone(), **{name: windows[name][index] for name in names}}
            for index in range(len(windows.get(names[0], [])))
        }
        return OptimizerState(moments, self._scaler.state_dict(), self.micro_batch)

    def load_state(self, state: OptimizerState) -> None:
        """Restores what `state` returned."""
        self._scaler.load_state_dict(state.scaler)
        self.micro_batch = state.micro_batch
        if not state.moments:  # of a state before the first step
            return
        masters = self._weights.masters
        moments = {name: torch.zeros_like(masters, requires_grad=False) for name in ("exp_avg", "exp_avg_sq")}
        for name, vector in moments.items():
            for index, window in enumerate(_in_turns(self._weights, vector)):
                window.copy_(state.moments[index][name])
        own = self._adamw.state_dict()
        self._adamw.load_state_dict(own | {"state": {0: {"step": state.moments[0]["step"], **moments}}})


def _in_turns(weights: LoraWeights, vector: Tensor) -> list[Tensor]:
    """The windows of a vector in the order of the saved moments: A and B of the first layer, of the second, ..."""
    return [matrix for matrices in weights.matrices(vector) for matrix in matrices]
