"""What a whole run costs on this device: a few epochs of the paper's recipe, with all that a run does besides steps."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from lora_core.config import LoraConfig, PreviewConfig, RunConfig, TrainingConfig, ValidationConfig
from lora_core.progress import SilentWatcher
from lora_core.record.entries import Measured
from lora_core.training.trainer import Trainer
from tests.benchmarks.fixed_run import drawn_style

from .material import Scale, history_of, random_base
from .outcome import Length, Outcome

EPOCHS, STEPS, PICTURES = 200, 14, 64
"""The paper's; eight of the pictures validate."""


class TimedTrainer(Trainer):
    """Notes what its steps, the ends of its epochs and its previews take, in seconds."""

    scale: Scale

    def train(self) -> None:
        """As the trainer's."""
        self.steps: list[float] = []
        """A step, by epoch."""
        self.closings: list[float] = []
        """By epoch, validations and previews included."""
        self.previews: dict[int, float] = {}
        """By epoch."""
        self.begun = self._since = time.perf_counter()
        self.starting = 0.0
        """Until epoch 0 was there to be validated."""
        super().train()

    def _close_epoch(self) -> None:
        self.scale.synchronize()
        begun = time.perf_counter()
        if self.step:
            self.steps.append((begun - self._since) / self.steps_per_epoch)
        else:
            self.starting = begun - self.begun
        super()._close_epoch()
        self.scale.synchronize()
        self._since = time.perf_counter()
        self.closings.append(self._since - begun)

    def _preview(self, epoch: int) -> None:
        begun = time.perf_counter()
        super()._preview(epoch)
        self.previews[epoch] = time.perf_counter() - begun


def whole_run(scale: Scale) -> Outcome:
    """The length of the paper's run, from a few epochs of it; the first is left out, since it warms up."""
    config = RunConfig(
        LoraConfig(),
        training=TrainingConfig(epochs=3 if scale.tiny else 6, batch_size=scale.batch, precision=scale.precision),
        preview=PreviewConfig(every_epochs=2, steps=2 if scale.tiny else 20),
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        style = drawn_style(folder / "pictures", 10 if scale.tiny else PICTURES, scale.pixels, 2 if scale.tiny else 8)
        run, cache = folder / "run", folder / "cache"
        trainer = TimedTrainer(config, style, random_base(scale), run, cache, scale.device, SilentWatcher())
        trainer.scale = scale
        trainer.train()
        kinds = {*Measured}
        validating = [(each["epoch"], each["seconds"]) for each in history_of(run) if each["kind"] in kinds]
    closings = [
        closing - sum(seconds for each, seconds in validating if each == epoch) - trainer.previews.get(epoch, 0.0)
        for epoch, closing in enumerate(trainer.closings)
    ]
    step, closing = statistics.median(trainer.steps[1:]), max(0.0, statistics.median(closings[1:]))
    validation = statistics.median(seconds for _, seconds in validating)
    preview = statistics.median(trainer.previews.values())
    previews = EPOCHS // PreviewConfig().every_epochs
    spent = EPOCHS * (STEPS * step + closing) + validations() * validation + previews * preview
    return Outcome(
        length=Length(1000 * step, 1000 * closing, validation, preview, trainer.starting, trainer.starting + spent)
    )


def validations() -> int:
    """Of the paper's run by the defaults: of the averaged weights, of the raw ones, and of the probe."""
    config = ValidationConfig()
    return sum(1 + EPOCHS // each for each in (config.every_epochs, config.raw_every_epochs, config.probe_every_epochs))
