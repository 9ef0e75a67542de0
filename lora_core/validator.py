"""What a run measures of its LoRA, and when: raw and averaged weights on the validation grid, and the probe.

The probe is the same kind of grid on as many training pictures. Measured with the same weights, its gap to the
validation loss is the overfitting.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from .averaging import WeightAverage
from .base_model import BaseModel
from .config import ValidationConfig
from .dataset import Picture, StyleDataset
from .diffusion import sd15_alphas_cumprod
from .errors import TrainingError
from .run_record import RunRecord
from .split import rank
from .validation import ValidationGrid, as_rows

KINDS = {
    "validation": "validation loss",
    "averaged": "validation loss of the averaged weights",
    "probe": "loss on the probe of training pictures",
}
"""Kinds of measurements in the history, and what each is called."""
CURVES = {"raw": "validation", "averaged": "averaged"}
"""The kind that speaks for the checkpoints of some weights."""


def due(every: int, epoch: int, last: bool) -> bool:
    """Whether something done every so many epochs, 0 for never, is due; it always is after the last one."""
    return every > 0 and (epoch % every == 0 or last)


def probe_pictures(training: Sequence[Picture], count: int, seed: int) -> list[Picture]:
    """Training pictures for the probe, chosen by seed and content as the split chooses: fixed for a run."""
    return sorted(training, key=lambda picture: rank(seed, picture.content_hash))[:count]


class Validator:
    """Measures the LoRA as it stands, and tells the run's record."""

    def __init__(
        self,
        config: ValidationConfig,
        dataset: StyleDataset,
        base: BaseModel,
        average: WeightAverage | None,
        record: RunRecord,
        load_latents: Callable[[Picture], Tensor],
        device: torch.device,
        check: Callable[[], None],
    ) -> None:
        self._config, self._base, self._average, self._record = config, base, average, record
        self._load_latents, self._device, self._check = load_latents, device, check
        self._alphas_cumprod_N = sd15_alphas_cumprod().to(device)
        points, seed = config.timesteps_per_picture, config.seed
        probe = probe_pictures(dataset.training, len(dataset.validation), seed)
        self._grid = ValidationGrid.build(dataset.validation, points, seed)
        self._probe = ValidationGrid.build(probe, points, seed, "probe")
        self.curves: dict[str, dict[int, float]] = {kind: {} for kind in KINDS}
        """Of each kind the loss by epoch."""

    @property
    def deciding(self) -> dict[int, float]:
        """The curve that says when to stop: that of the averaged weights if there are any."""
        return self.curves["validation" if self._average is None else "averaged"]

    def record_grids(self) -> None:
        """Tells the record once where the losses are measured."""
        for grid in (self._grid, self._probe):
            hashes = [picture.content_hash for picture in grid.pictures]
            self._record.grid(grid.name, hashes, grid.timesteps_NK.tolist(), as_rows(grid.weights_NK))

    def measure(self, epoch: int, step: int, last: bool) -> None:
        """Measures what is due after an epoch and was not measured before an interruption.

        Raises:
            TrainingError: a loss is not finite.
        """
        validates = due(self._config.every_epochs, epoch, last)
        if validates and (self._average is None or due(self._config.raw_every_epochs, epoch, last)):
            self._measure("validation", self._grid, epoch, step)
        with contextlib.nullcontext() if self._average is None else self._average.applied():
            if validates and self._average is not None:
                self._measure("averaged", self._grid, epoch, step)
            if due(self._config.probe_every_epochs, epoch, last):
                self._measure("probe", self._probe, epoch, step)

    def state_dict(self) -> dict[str, Any]:
        """The curves, ready for json.dumps."""
        return dict(self.curves)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Puts back what `state_dict` gave, by way of JSON."""
        for kind in KINDS:
            self.curves[kind] = {int(epoch): loss for epoch, loss in state.get(kind, {}).items()}

    def _measure(self, kind: str, grid: ValidationGrid, epoch: int, step: int) -> None:
        if epoch in self.curves[kind]:
            return
        started = time.perf_counter()
        losses_NK = grid.losses(self._base, self._load_latents, self._alphas_cumprod_N, self._device, self._check)
        mean = grid.mean(losses_NK)
        if not math.isfinite(mean):
            raise TrainingError(
                f"The {KINDS[kind]} became {mean} after epoch {epoch}; the checkpoints before it are intact. Lower "
                "the learning rate, or use float32 or bfloat16, and start a run under a new name."
            )
        self._record.validation(epoch, step, mean, as_rows(losses_NK), time.perf_counter() - started, kind)
        self.curves[kind][epoch] = mean
