"""One optimiser step: forward, backward and AdamW, in micro-batches small enough for the memory.

Nothing here waits for the device: losses stay on it until `readings.py` reads many at once, and a loss or gradient that
is not finite stops the optimiser there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from ..config import RunConfig, warmup_factor
from ..errors import CheckpointError
from ..memory import silent
from ..model.base import BaseModel
from ..model.diffusion import diffusion_loss, min_snr_weights, sd15_alphas_cumprod
from ..model.lora import LoraAdapter
from ..model.lora_weights import LoraWeights
from ..rng import stream_seed
from .draws import Batch, Group, sent
from .graphed import Graphed, Recorder
from .state import OptimizerState
from .team import ALONE, Team

MOMENTS = ("exp_avg", "exp_avg_sq")
"""AdamW's, as torch calls them."""
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
        self,
        base: BaseModel,
        adapter: LoraAdapter,
        config: RunConfig,
        device: torch.device,
        team: Team = ALONE,
        recorder: Recorder | None = None,
        told: Callable[[str], None] = silent,
    ) -> None:
        """With a `recorder`, forward and backward passes are replayed; `told` hears of it (`graphed.py`)."""
        self._base = base
        self._team = team
        self._weights = adapter.weights
        self._config = config
        self._device = device
        self._alphas_cumprod_N = sd15_alphas_cumprod().to(device)
        self._broken = torch.zeros((), device=device)
        self._loss = torch.zeros((), device=device)
        """Sum over the pictures of the step so far."""
        self._contexts: dict[str, Tensor] = {}
        recorder = None if config.lora.dropout else recorder  # its random numbers are drawn anew for each micro-batch
        results = [*self._weights.accumulators, self._loss]
        self._passes = Graphed(results, recorder, config.training.precision, told)
        recipe = config.optimizer
        self._adamw = torch.optim.AdamW(
            [self._weights.masters],
            lr=recipe.learning_rate,
            betas=(recipe.beta1, recipe.beta2),
            eps=recipe.epsilon,
            weight_decay=recipe.weight_decay,
            fused=device.type in ("cpu", "cuda"),
        )
        self._scaler = self._new_scaler()
        self._copier = ThreadPoolExecutor(1, thread_name_prefix="moments")
        self._copying: Future[dict[str, Tensor]] | None = None
        self.micro_batch = config.training.batch_size
        """The most pictures that go through the network at once."""

    def step(self, step: int, batch: Batch) -> StepOutcome:
        """Runs optimiser step `step`, counted from 1.

        Raises:
            torch.OutOfMemoryError: the weights are as before the step, which may be repeated in smaller portions.
        """
        kept = self._adamw.state[self._weights.masters]
        taken = kept["step"].clone() if kept else None
        try:
            return self._step(step, batch)
        except BaseException:
            self._undo(taken)
            raise

    def _step(self, step: int, batch: Batch) -> StepOutcome:
        learning_rate = self._config.optimizer.learning_rate * warmup_factor(step, self._config.optimizer.warmup_steps)
        self._weights.forget_gradients()
        self._loss.zero_()
        for group in batch.groups:
            for part in group.parts(self.micro_batch):
                inputs = part.latents_BCHW, part.noise_BCHW, part.timesteps_B, self._text(part)
                with self._dropout_of(step, part):
                    self._passes.run(self._add_gradient, inputs, len(batch))
        self._team.add(self._weights.gradient)
        self._team.add(self._loss)
        loss = self._loss / len(batch)
        norm = self._check_gradient(loss)
        self._update(learning_rate)
        return StepOutcome(loss, norm, self._broken.clone(), learning_rate)

    def _add_gradient(
        self, latents_BCHW: Tensor, noise_BCHW: Tensor, timesteps_B: Tensor, text: Tensor, batch: int
    ) -> None:
        """Adds one micro-batch's share of the mean over `batch` pictures to the gradient, and its loss to the sum.

        A CUDA graph can be made of it: nothing is read from the device, and nothing else is sent there. `text` is what
        `_text` makes.
        """
        gamma = self._config.training.min_snr_gamma
        context_BTD = self._base.encode_text(text) if self._config.lora.train_text_encoder else text
        loss_B = diffusion_loss(
            self._base.unet, latents_BCHW, context_BTD, noise_BCHW, timesteps_B, self._alphas_cumprod_N
        )
        weighted_B = loss_B
        if gamma:
            weighted_B = loss_B * min_snr_weights(self._alphas_cumprod_N[timesteps_B], gamma)
        torch.autograd.backward(self._scaler.scale(weighted_B.sum() / batch))
        self._weights.collect()
        self._loss += loss_B.detach().sum()

    def _text(self, part: Group) -> Tensor:
        """Tokens if the text encoder is trained, otherwise the context of each caption, which is kept.

        Each is computed by itself, so that it does not depend on the company it was first met in.
        """
        if self._config.lora.train_text_encoder:
            return sent(self._base.tokenize(part.captions), self._device)
        if len(self._contexts) + len(part.captions) > CONTEXTS_KEPT:
            self._contexts.clear()
        for caption in part.captions:
            if caption not in self._contexts:
                with torch.no_grad():
                    (context_TD,) = self._base.encode_text(sent(self._base.tokenize([caption]), self._device))
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
        if self._copying is not None:
            self._copying.result()
            self._copying = None
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

    def _undo(self, taken: Tensor | None) -> None:
        """After an error AdamW, which had `taken` so many steps, and the scaler may have stopped half-way."""
        if taken is None:
            self._adamw.state.clear()
        else:
            self._adamw.state[self._weights.masters]["step"].copy_(taken)
        scaler = self._new_scaler()  # recorded passes know the old one; they are given up before a step is repeated
        scaler.load_state_dict(self._scaler.state_dict())
        self._scaler = scaler

    def _new_scaler(self) -> torch.amp.GradScaler:
        return torch.amp.GradScaler(self._device.type, enabled=self._config.training.precision == "float16")

    def copied(self) -> Callable[[], OptimizerState]:
        """Copies what resuming needs; arranging it, which takes as long again, is left to what is returned.

        On a CPU a thread copies the moments, which the next update waits for: it is a forward and a backward pass away.
        """
        kept = self._adamw.state.get(self._weights.masters, {})
        taken = kept["step"].detach().cpu().clone() if kept else torch.zeros(())
        moments = {name: kept[name] for name in MOMENTS if name in kept}
        scaler, micro_batch = self._scaler.state_dict(), self.micro_batch
        copying = self._copier.submit(_copies, self._weights, moments)
        if self._device.type == "cpu":
            self._copying = copying
        else:  # quick there, and a thread might disturb a recording
            copying.result()

        def arranged() -> OptimizerState:
            vectors = copying.result()
            windows = [_in_turns(self._weights, vector) for vector in vectors.values()]
            moments = {
                index: {"step": taken, **dict(zip(vectors, each, strict=True))}
                for index, each in enumerate(zip(*windows, strict=True))
            }
            return OptimizerState(moments, scaler, micro_batch)

        return arranged

    def load_state(self, state: OptimizerState) -> None:
        """Restores what was copied.

        Raises:
            CheckpointError: it is that of another run.
        """
        if not self._scaler.state_dict().keys() <= state.scaler.keys():
            raise _of_another_run()
        self._scaler.load_state_dict(state.scaler)
        self.micro_batch = state.micro_batch
        if not state.moments:  # of a state before the first step
            return
        masters = self._weights.masters
        moments = {name: torch.zeros_like(masters, requires_grad=False) for name in MOMENTS}
        for name, vector in moments.items():
            for index, window in enumerate(_in_turns(self._weights, vector)):
                saved = state.moments.get(index, {}).get(name)
                if saved is None or saved.shape != window.shape:
                    raise _of_another_run()
                window.copy_(saved)
        taken = state.moments[0].get("step")
        if taken is None or taken.shape != ():
            raise _of_another_run()
        own = self._adamw.state_dict()
        self._adamw.load_state_dict(own | {"state": {0: {"step": taken, **moments}}})


def _of_another_run() -> CheckpointError:
    return CheckpointError(
        "The saved state of the optimiser does not belong to this run. Its checkpoints are untouched: pick one of "
        "them, or train under another run name."
    )


def _copies(weights: LoraWeights, vectors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: weights.copied(vector) for name, vector in vectors.items()}


def _in_turns(weights: LoraWeights, vector: Tensor) -> list[Tensor]:
    """The windows of a vector in the order of the saved moments: A and B of the first layer, of the second, ..."""
    return [matrix for matrices in weights.matrices(vector) for matrix in matrices]
