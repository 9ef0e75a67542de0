"""What a run measures of its LoRA, and when: raw and averaged weights on the validation grid, and the probe.

The probe is the same kind of grid on as many training pictures. Measured with the same weights, its gap to the
validation loss is the overfitting.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from ..config import ValidationConfig
from ..dataset.split import rank
from ..dataset.style import Picture, StyleDataset
from ..errors import TrainingError
from ..memory import Portion
from ..model.base import BaseModel
from ..model.diffusion import sd15_alphas_cumprod
from ..record.entries import GridEntry, Measured, Measurement
from ..record.writer import RunRecord
from .averaging import WeightAverage
from .grid import ValidationGrid, as_rows
from .plan import VALIDATED_AT_ONCE
from .state import Curves
from .team import ALONE, Team


def due(every: int, epoch: int, last: bool) -> bool:
    """Whether something done every `every` epochs (0 for never) is due after this one; after the last it always is."""
    return every > 0 and (epoch % every == 0 or last)


def probe_pictures(training: Sequence[Picture], count: int, seed: int) -> list[Picture]:
    """Training pictures for the probe, chosen by seed and content as the split chooses: fixed for a run."""
    return sorted(training, key=lambda picture: rank(seed, picture.content_hash))[:count]


class Validator:
    """Measures the current LoRA and records the results."""

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
        team: Team = ALONE,
        at_once: int = VALIDATED_AT_ONCE,
    ) -> None:
        """`at_once`: points of a grid that go through the network together, as long as there is memory."""
        self._config, self._base, self._average, self._record = config, base, average, record
        self._load_latents, self._device, self._check, self._team = load_latents, device, check, team
        self._alphas_cumprod_N = sd15_alphas_cumprod().to(device)
        self._portion = Portion(at_once, device, partial(record.event, "portion"))
        points, seed = config.timesteps_per_picture, config.seed
        probe = probe_pictures(dataset.training, len(dataset.validation), seed)
        self._grid = ValidationGrid.build(dataset.validation, points, seed)
        self._probe = ValidationGrid.build(probe, points, seed, "probe")
        self.curves: Curves = {kind: {} for kind in Measured}
        """May be replaced by those of a saved state."""

    @property
    def deciding(self) -> dict[int, float]:
        """The curve that decides when to stop: that of the averaged weights if there are any."""
        return self.curves[Measured.VALIDATION if self._average is None else Measured.AVERAGED]

    @property
    def measured(self) -> int:
        """How many times a grid was gone through."""
        return sum(map(len, self.curves.values()))

    def record_grids(self) -> None:
        """Records where the losses are measured; called once."""
        for grid in (self._grid, self._probe):
            if not grid.pictures:  # a run on all pictures holds none out
                continue
            hashes = [picture.content_hash for picture in grid.pictures]
            self._record.grid(GridEntry(grid.name, hashes, grid.timesteps_NK.tolist(), as_rows(grid.weights_NK)))

    def measure(self, epoch: int, step: int, last: bool) -> None:
        """Measures what is due after an epoch, unless it was measured before an interruption.

        Raises:
            TrainingError: a loss is not finite.
        """
        validates = due(self._config.every_epochs, epoch, last)
        if validates and (self._average is None or due(self._config.raw_every_epochs, epoch, last)):
            self._measure(Measured.VALIDATION, self._grid, epoch, step)
        with contextlib.nullcontext() if self._average is None else self._average.applied():
            if validates and self._average is not None:
                self._measure(Measured.AVERAGED, self._grid, epoch, step)
            if due(self._config.probe_every_epochs, epoch, last):
                self._measure(Measured.PROBE, self._probe, epoch, step)

    def _measure(self, kind: Measured, grid: ValidationGrid, epoch: int, step: int) -> None:
        if epoch in self.curves[kind]:
            return
        started = time.perf_counter()
        losses_NK = grid.losses(
            self._base,
            self._load_latents,
            self._alphas_cumprod_N,
            self._device,
            self._check,
            self._portion,
            self._team.share,
        )
        self._team.add(losses_NK)
        mean = grid.mean(losses_NK)
        if not math.isfinite(mean):
            raise TrainingError(
                f"The {kind.words} became {mean} after epoch {epoch}; the checkpoints before it are intact. Lower "
                "the learning rate, or use float32 or bfloat16, and start a run under a new name."
            )
        took = round(time.perf_counter() - started, 3)
        self._record.measurement(Measurement(kind, epoch, step, mean, as_rows(losses_NK), took))
        self.curves[kind][epoch] = mean
