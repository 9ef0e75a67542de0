"""The training loop: steps, and after each epoch validate, save and preview; stop and resume at any point."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import torch

from ..config import RunConfig
from ..dataset.style import Picture, StyleDataset
from ..errors import RunError, TrainingError
from ..files import remove
from ..model.base import BaseModel
from ..model.lora import LoraAdapter
from ..model.lora_shapes import lora_shapes
from ..picking.retention import keep
from ..picking.selection import should_stop
from ..picking.weights import Weights
from ..progress import Clock, Interruption, Progress, Watcher
from ..record.checkpoints import checkpoint_path, epochs_on_disk, save_lora
from ..record.history import Measured, StepEntry
from ..record.metadata import lora_metadata
from ..record.run_file import Origin
from ..record.start import StartingLora
from ..record.writer import RunRecord
from ..rng import stream
from .averaging import WeightAverage
from .batches import epoch_batches
from .latent_cache import LatentCache
from .preflight import check_captions
from .preview import draw_preview
from .resuming import find_standing
from .state import RunState
from .step import Optimization, draw_samples, is_out_of_memory
from .validator import Validator, due


class Trainer:
    """Trains one LoRA in one run folder. Whatever must survive a kill is in that folder."""

    def __init__(
        self,
        config: RunConfig,
        dataset: StyleDataset,
        base: BaseModel,
        run_folder: Path,
        cache_folder: Path,
        device: torch.device,
        watcher: Watcher,
        origin: Origin | None = None,
        start: StartingLora | None = None,
    ) -> None:
        """The LoRA is attached to `base`, which must not be used again; many runs may share `cache_folder` for latents.

        `origin` says where pictures and base model came from, for resuming from the command line. With `start` the
        first step changes that LoRA instead of one that does nothing yet.

        Raises:
            CaptionError: a picture has no caption.
        """
        check_captions(dataset)
        self.config, self.dataset, self.base = config, dataset, base
        self.device, self.watcher = device, watcher
        self.run_folder, self.cache_folder, self.origin, self.start = run_folder, cache_folder, origin, start
        self.steps_per_epoch = config.training.steps_per_epoch(len(dataset.training))
        self.total_steps = config.training.epochs * self.steps_per_epoch
        self.step = 0
        """Optimiser steps done."""
        self.closed_epoch = -1
        """The last epoch that was validated and saved; epoch 0 is the LoRA before its first step, no change at all."""
        self.interruption = Interruption(watcher)
        """Shared with those who work for the trainer, so that none refers back to it and its model is freed at once."""

    def train(self) -> None:
        """Trains until the last epoch is finished, early stopping ends it, or the watcher stops it.

        An interrupted run resumes after its last saved step and ends in the same weights as an uninterrupted one.

        Raises:
            RunError: the folder is in use, belongs to a run with other inputs or has lost its state, or the disk is
                full.
            CheckpointError: all states to resume from are damaged, or the LoRA to start from doesn't fit.
            TrainingError: a non-finite loss, or no memory for a single picture.
        """
        self.record = RunRecord(
            self.run_folder, self.config, self.dataset, self.base.fingerprint, self.origin, self.start
        )
        with torch.inference_mode(False), torch.enable_grad(), contextlib.closing(self.record):
            standing = find_standing(self.run_folder, self.config.training)
            if standing.complete:
                self.record.finish("It had already reached its last epoch.")
                return
            try:
                self._prepare()
                self._resume(standing.state)
                self._loop()
            except BaseException as error:
                self._ended_by(error)
                raise

    def _loop(self) -> None:
        if self.closed_epoch < 0:
            self._close_epoch()  # before the clock starts: validating epoch 0 says nothing about the pace
        clock = Clock(self.step, self.total_steps)
        while True:
            if self.step == (self.closed_epoch + 1) * self.steps_per_epoch:
                self._close_epoch()
            if self.step >= self.total_steps or self._stops_early():
                break
            self.interruption.check()
            loss = self._optimize(self.step + 1)
            self._tell("training", loss, clock.seconds_left(self.step))
        self.record.event("finished", f"Trained {self.closed_epoch} epochs, {self.step} steps.")

    def _prepare(self) -> None:
        recipe = self.config.training
        self.cache = LatentCache(self.cache_folder, self.base.vae, self.base.fingerprint, self.device)
        self.cache.fill(self.dataset.training, recipe.horizontal_flip, self._caching)
        self.cache.fill(self.dataset.validation, False, self._caching)
        self.base.to(self.device)
        if recipe.gradient_checkpointing:
            self.base.unet.gradient_checkpointing = True
        if self.start is not None:
            self.start.check(lora_shapes(self.base, self.config.lora), self.config.lora.alpha)
        self.adapter = LoraAdapter(self.base, self.config.lora, recipe.seed)
        self.optimization = Optimization(self.base, self.adapter, self.config, self.device)
        self.average = WeightAverage(self.adapter, recipe.average_decay) if recipe.average_decay else None
        self.validator = Validator(
            self.config.validation,
            self.dataset,
            self.base,
            self.average,
            self.record,
            self.cache.load,
            self.device,
            self.interruption.check,
        )

    def _resume(self, state: RunState | None) -> None:
        if state is None:
            self.record.rewind(0, 0)
            self.validator.record_grids()
            return
        self.adapter.load_state_dict(state.lora)
        self.optimization.load_state(state.optimizer)
        self.step, self.closed_epoch = state.step, state.closed_epoch
        self.validator.curves = state.curves
        self.record.rewind(state.history_size, self.step)
        self.record.event("resumed", f"Resumed after step {self.step}.")
        self.validator.record_grids()
        if self.average is None:
            return
        if state.average is not None:
            self.average.load_state_dict(state.average)
        else:  # of a version that kept none
            self.average.restart()
            text = f"The saved state has no average: it starts from the weights of step {self.step}."
            self.record.event("average", text)

    def _optimize(self, step: int) -> float:
        started = time.perf_counter()
        samples = draw_samples(self.config.training, step, self._pictures(step), self.cache.load)
        self.adapter.train(True)
        while True:
            try:
                loss, learning_rate = self.optimization.step(step, samples)
                break
            except (RuntimeError, MemoryError) as error:
                self._shrink(error, step)
        if self.average is not None:
            self.average.update(step)
        seconds = round(time.perf_counter() - started, 4)
        self.record.step(StepEntry(step, self.closed_epoch + 1, loss, learning_rate, seconds))
        self.step = step
        return loss

    def _pictures(self, step: int) -> list[Picture]:
        """The pictures of a step; their order depends only on the seed and the epoch."""
        epoch, position = divmod(step - 1, self.steps_per_epoch)
        pictures = self.dataset.training
        order = stream(self.config.training.seed, "order", epoch)
        buckets = [picture.bucket for picture in pictures]
        batch = epoch_batches(buckets, self.config.training.pictures_per_step, order)[position]
        return [pictures[index] for index in batch]

    def _shrink(self, error: BaseException, step: int) -> None:
        if not is_out_of_memory(error):
            raise error
        if not self.optimization.shrink():
            raise TrainingError(
                f"Out of memory at step {step} even with one picture at a time. Turn gradient checkpointing on, "
                "choose a smaller resolution or bfloat16 precision, or close other programs that use the GPU."
            ) from error
        size = self.optimization.micro_batch
        self.record.event("micro_batch", f"Out of memory at step {step}: {size} at a time, same effective batch.")

    def _close_epoch(self) -> None:
        """Validates, saves and shows the epoch that the last step completed; may be repeated after an interruption."""
        epoch, last = self.closed_epoch + 1, self.step == self.total_steps
        self.adapter.train(False)
        self._tell("validating")
        self.validator.measure(epoch, self.step, last)
        if epoch > 0:
            self._save_checkpoints(epoch)
        if due(self.config.preview.every_epochs, epoch, last):
            self._preview(epoch)
        if epoch == 0:
            self._take_start()
        self.closed_epoch = epoch
        self._save_state()
        self.watcher.epoch_closed(epoch)

    def _take_start(self) -> None:
        """Puts the LoRA to start from in place, once epoch 0 was measured: the curves are compared with no LoRA."""
        if self.start is None:
            return
        self.adapter.load_state_dict(self.start.tensors)
        if self.average is not None:
            self.average.restart()
        self.record.event("start", "It starts from a LoRA that was trained before; epoch 0 is the model without it.")

    def _save_checkpoints(self, epoch: int) -> None:
        """Saves the raw and the averaged LoRA; each kind may keep half of the budget."""
        self._tell("saving")
        budget = self.config.storage.checkpoint_budget
        if self.average is None:
            self._save_checkpoint(epoch, Weights.RAW, budget)
            return
        self._save_checkpoint(epoch, Weights.RAW, budget // 2)
        with self.average.applied():
            self._save_checkpoint(epoch, Weights.AVERAGED, budget - budget // 2)

    def _save_checkpoint(self, epoch: int, weights: Weights, budget: int) -> None:
        self._save_lora(checkpoint_path(self.run_folder, epoch, weights), epoch, weights)
        on_disk = epochs_on_disk(self.run_folder, weights)
        kept = keep(on_disk, self.validator.curves[Measured.of(weights)], budget)
        released = [other for other in on_disk if other not in kept]
        self.record.checkpoint(epoch, weights, released)
        for other in released:  # recorded first: a kill in between must not leave the record without them
            remove(checkpoint_path(self.run_folder, other, weights))

    def _save_lora(self, path: Path, epoch: int, weights: Weights) -> None:
        loss = self.validator.curves[Measured.of(weights)].get(epoch)
        metadata = lora_metadata(self.record.run, epoch, self.step, loss, weights)
        save_lora(path, self.adapter.state_dict(), metadata, self.config.storage.dtype)

    def _preview(self, epoch: int) -> None:
        self._tell("preview")
        shown = contextlib.nullcontext() if self.average is None else self.average.applied()
        try:
            with shown:
                image = draw_preview(
                    self.base, self.config.preview, self.dataset.resolution, self.device, self.interruption.check
                )
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            self.record.event("no_preview", f"No memory for the preview of epoch {epoch}; training continues.")
            return
        self.record.preview(epoch, self.step, image)
        self.watcher.preview(image)

    def _stops_early(self) -> bool:
        patience = self.config.training.early_stopping_patience
        if not patience or self.step != self.closed_epoch * self.steps_per_epoch:
            return False
        losses = self.validator.deciding
        return should_stop(list(losses), list(losses.values()), patience)

    def _save_state(self) -> None:
        state = RunState(
            step=self.step,
            closed_epoch=self.closed_epoch,
            history_size=self.record.history_size,
            curves=self.validator.curves,
            lora=self.adapter.state_dict(),
            average=self.average.state_dict() if self.average is not None else None,
            optimizer=self.optimization.state(),
        )
        state.save(self.run_folder / "state")

    def _ended_by(self, error: BaseException) -> None:
        """Saves LoRA and state of a cancelled run: here, where the adapter is sure to hold the raw weights again."""
        if self.interruption.happened:
            self._note("cancelled", error)
            if self.step:
                self._save_lora(self.run_folder / "checkpoints" / "last.safetensors", self.closed_epoch, Weights.RAW)
                self._save_state()
        elif isinstance(error, Exception):
            self._note("failed", error)

    def _note(self, what: str, error: BaseException) -> None:
        with contextlib.suppress(RunError):  # a full disk may be the very reason
            self.record.event(what, f"After step {self.step}: {type(error).__name__} {error}".strip())

    def _caching(self, done: int, total: int) -> None:
        self.interruption.check()
        self.watcher.progress(Progress("caching", done, total, 0, self.config.training.epochs))

    def _tell(self, stage: str, loss: float | None = None, seconds_left: float | None = None) -> None:
        epochs = self.config.training.epochs
        epoch = min(self.closed_epoch + 1, epochs)
        self.watcher.progress(Progress(stage, self.step, self.total_steps, epoch, epochs, loss, seconds_left))
