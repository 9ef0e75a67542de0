"""The training loop: steps, and after each epoch validate, save and preview; stop and resume at any point."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from ..config import RunConfig
from ..dataset.style import StyleDataset
from ..errors import RunError, TrainingError
from ..memory import is_out_of_memory
from ..model.base import BaseModel
from ..model.lora import LoraAdapter
from ..model.lora_shapes import lora_shapes
from ..picking.selection import should_stop
from ..progress import EnoughTrained, Interruption, Progress, SilentWatcher, Watcher
from ..record.run_file import Origin, Repeated
from ..record.start import StartingLora
from ..record.writer import RunRecord
from ..run_folder import STATE
from .averaging import WeightAverage
from .cuda_graphs import CudaRecorder
from .determinism import deterministic
from .disk_space import disk_space
from .feed import Feed
from .keeper import Keeper
from .latent_cache import LatentCache
from .outlook import Stopwatch, Work, announce, count_work, estimate, passes
from .plan import plan_memory
from .portions import NO_MEMORY, StepPortions
from .preflight import check_captions
from .preview import draw_preview
from .readings import Readings
from .resuming import Standing, find_standing
from .saver import Saver
from .state import RunState
from .step import Optimization, StepOutcome
from .team import ALONE, Team
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
        team: Team = ALONE,
        graphs: bool = True,
        repeats: Repeated | None = None,
    ) -> None:
        """The LoRA is attached to `base`, which must not be used again; many runs may share `cache_folder` for latents.

        `origin` says where pictures and base model came from, for resuming from the command line. With `start` the
        first step changes that LoRA instead of one that does nothing yet. In a `team` each process has a trainer with
        the same arguments, and the one that leads writes the folder. Without `graphs` no step is recorded and replayed.
        `repeats` is noted in run.json and in the files.

        Raises:
            CaptionError: a picture has no caption.
        """
        check_captions(dataset)
        self.config, self.dataset, self.base = config, dataset, base
        self.device, self.watcher = device, watcher
        self.run_folder, self.cache_folder = run_folder, cache_folder
        self.origin, self.start, self.team, self.graphs, self.repeats = origin, start, team, graphs, repeats
        self.steps_per_epoch = config.training.steps_per_epoch(len(dataset.training))
        self.total_steps = config.training.epochs * self.steps_per_epoch
        self.step = 0
        """Optimiser steps done."""
        self.loss: float | None = None
        """The newest training loss that was read from the device."""
        self.closed_epoch = -1
        """The last epoch that was validated and saved; epoch 0 is the LoRA before its first step, no change at all."""
        self.stopwatch = Stopwatch(passes(config, len(dataset.validation)))
        self.interruption = Interruption(watcher)
        """Shared with those who work for the trainer, so that none refers back to it and its model is freed at once."""
        self.check: Callable[[], None] = self.interruption.check if team.size == 1 else SilentWatcher().check
        """For what takes longer than a step. Others of a team would wait in vain for one that stopped on its own."""

    def train(self) -> None:
        """Trains until the last epoch is finished, early stopping ends it, or the watcher stops it.

        An interrupted run resumes after its last saved step and ends in the same weights as an uninterrupted one.

        Raises:
            RunError: the folder is in use, belongs to a run with other inputs or has lost its state, or the disk is
                full.
            CheckpointError: all states to resume from are damaged, or the LoRA to start from doesn't fit.
            TrainingError: a non-finite loss, or no memory for a single picture.
        """
        with torch.inference_mode(False), torch.enable_grad(), contextlib.ExitStack() as opened:
            standing = self.team.ask(lambda: self._open(self.run_folder, opened))
            if standing.complete:
                return
            if self.config.training.deterministic:
                opened.enter_context(deterministic(self.device))
            if not self.team.leads:  # the same work is recorded, where nobody sees it
                self._open(Path(opened.enter_context(TemporaryDirectory())), opened)
            try:
                self._prepare(opened)
                self._resume(standing.state)
                self._share_memory()
                self._loop()
            except BaseException as error:
                self._ended_by(error)
                if is_out_of_memory(error):
                    raise TrainingError(NO_MEMORY) from error
                raise

    def _open(self, folder: Path, opened: contextlib.ExitStack) -> Standing:
        """Opens the record; returns what there is to resume from."""
        self.record = RunRecord(
            folder, self.config, self.dataset, self.base.identity, self.origin, self.start, self.repeats
        )
        opened.callback(self.record.close)
        standing = find_standing(folder, self.config.training)
        if standing.complete:
            self.record.finish("It had already reached its last epoch.")
        return standing

    def _loop(self) -> None:
        self.stopwatch.start()
        if self.closed_epoch < 0:
            self._close_epoch()
            if seconds := self._seconds_left():
                self.watcher.note(estimate(seconds, self.device))
        while True:
            if self.step == (self.closed_epoch + 1) * self.steps_per_epoch:
                self._close_epoch()
            if self.step >= self.total_steps or self._stops_early():
                break
            self._unless_stopped(self.interruption.check)
            self._optimize(self.step + 1)
            self.stopwatch.lap(Work.STEP)
            self._tell("training", self.loss)
            if self.team.leads and self.keeper.check():
                self._read()
                self.keeper.save(self.closed_epoch, self.step)
        if self.team.leads:
            self.keeper.finish(self.closed_epoch, self.step)
        self.record.event("finished", f"Trained {self.closed_epoch} epochs, {self.step} steps.")

    def _unless_stopped(self, work: Callable[[], None]) -> None:
        """Does this process's share of something. Whichever of a team is told to stop meanwhile, all stop after it."""
        try:
            work()
        finally:
            stopped = self.team.agree(self.interruption.happened)
        if stopped:
            self.interruption.happened = True
            raise KeyboardInterrupt

    def _prepare(self, opened: contextlib.ExitStack) -> None:
        recipe, shapes = self.config.training, lora_shapes(self.base, self.config.lora)
        self.plan = plan_memory(self.config, self.base, self.dataset, self.device)
        space = disk_space(self.config, self.dataset, shapes)
        self.watcher.note(announce(self.config, self.dataset, space, self.plan))
        self.notes = [self.plan.text] if self.plan.text else []
        self.cache = LatentCache(
            self.cache_folder, self.base.vae, self.base.identity.vae.digest, self.device, self.notes.append
        )
        for share in (self.team.share, slice(None)):  # the second finds only what others have on disks of their own
            self._unless_stopped(partial(self._cache, share))
        self.base.to(self.device)
        self.base.unet.gradient_checkpointing = self.plan.checkpointing
        if self.start is not None:
            self.start.check(shapes, self.config.lora.alpha)
        self.adapter = LoraAdapter(self.base, self.config.lora, recipe.seed)
        records = self.graphs and self.plan.may_record and not recipe.deterministic
        recorder, told = CudaRecorder.on(self.device) if records else None, partial(self.record.event, "graphs")
        if records and (missed := CudaRecorder.missed(self.device)):
            told(missed)
        self.optimization = Optimization(self.base, self.adapter, self.config, self.device, self.team, recorder, told)
        self.average = WeightAverage(self.adapter, recipe.average_decay) if recipe.average_decay else None
        self.feed = opened.enter_context(
            Feed(recipe, self.dataset.training, self.cache.load, self.device, self.team.share)
        )
        self.saver = opened.enter_context(Saver(self.run_folder / STATE))
        self.readings = Readings()
        self.validator = Validator(
            self.config.validation,
            self.dataset,
            self.base,
            self.average,
            self.record,
            self.cache.load,
            self.device,
            self.check,
            self.team,
            self.plan.at_once,
        )

    def _resume(self, state: RunState | None) -> None:
        self.keeper = Keeper(
            self.run_folder,
            self.config,
            self.record,
            self.saver,
            self.adapter,
            self.average,
            self.optimization,
            self.validator,
            state.closed_epoch if state is not None else 0,
        )
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

    def _optimize(self, step: int) -> None:
        batch = self.feed.batch(step)
        self.adapter.train(True)

        def work(size: int) -> StepOutcome:
            self.optimization.micro_batch = size
            return self.optimization.step(step, batch)

        outcome = self.portions.run(work, step)
        if self.average is not None:
            self.average.update(step)
        self.readings.add(step, self.closed_epoch + 1, batch.names, outcome)
        self.step = step
        if self.readings.due:
            self._read()

    def _read(self) -> None:
        for entry in self.readings.read():
            self.record.step(entry)
            self.loss = entry.loss

    def _share_memory(self) -> None:
        """Says how much memory the run takes, and sets how many pictures it begins with."""
        for text in self.notes:
            self.record.event("memory", text)
            self.watcher.note(text)
        size = self.optimization.micro_batch
        self.portions = StepPortions(self.plan, size, self.base.unet, self.record, self.device)

    def _close_epoch(self) -> None:
        """Validates, saves and shows the epoch that the last step completed; may be repeated after an interruption."""
        self._read()
        self.stopwatch.lap(Work.STEP, 0)  # what a GPU had still to do of the steps before
        epoch, last = self.closed_epoch + 1, self.step == self.total_steps
        self.adapter.train(False)
        self._tell("validating")
        before = self.validator.measured
        self.validator.measure(epoch, self.step, last)
        self.stopwatch.lap(Work.GRID, self.validator.measured - before)
        if epoch > 0 and self.team.leads:
            self._tell("saving")
            self.keeper.keep(epoch, self.step)
        if due(self.config.preview.every_epochs, epoch, last) and self.team.leads:
            self.stopwatch.lap(Work.CLOSING, 0)
            self._preview(epoch)
            self.stopwatch.lap(Work.PREVIEW)
        if epoch == 0:
            self._take_start()
        self.closed_epoch = epoch
        if self.team.leads:
            self.keeper.close(epoch, self.step)
        self.watcher.epoch_closed(epoch)
        self.stopwatch.lap(Work.CLOSING)
        self.readings.start_clock()

    def _take_start(self) -> None:
        """Puts the LoRA to start from in place, once epoch 0 was measured: the curves are compared with no LoRA."""
        if self.start is None:
            return
        self.adapter.load_state_dict(self.start.tensors)
        if self.average is not None:
            self.average.restart()
        self.record.event("start", "It starts from a LoRA that was trained before; epoch 0 is the model without it.")

    def _preview(self, epoch: int) -> None:
        self._tell("preview")
        shown = contextlib.nullcontext() if self.average is None else self.average.applied()
        recipe, side, told = self.config.preview, self.dataset.resolution, partial(self.record.event, "portion")
        try:
            with shown:
                image = draw_preview(self.base, recipe, side, self.device, self.check, told)
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

    def _ended_by(self, error: BaseException) -> None:
        """Saves LoRA and state of a cancelled run: here, where the adapter is sure to hold the raw weights again."""
        if self.interruption.happened and self.team.leads:
            if self.step:
                self._read()
            self._note("finished" if isinstance(error, EnoughTrained) else "cancelled", error)
            if self.step:
                between_epochs = self.step == self.closed_epoch * self.steps_per_epoch
                self.keeper.keep_last(self.closed_epoch, self.step, between_epochs)
                self.keeper.finish(self.closed_epoch, self.step)
        elif isinstance(error, Exception):
            self._note("failed", error)
            if self.team.leads and self.closed_epoch >= 0:
                self.keeper.rescue()

    def _note(self, what: str, error: BaseException) -> None:
        with contextlib.suppress(RunError):  # a full disk may be the very reason
            self.record.event(what, f"After step {self.step}: {type(error).__name__} {error}".strip())

    def _cache(self, share: slice) -> None:
        self.cache.fill(self.dataset.training[share], self.config.training.horizontal_flip, self._caching)
        self.cache.fill(self.dataset.validation[share], False, self._caching)

    def _caching(self, done: int, total: int) -> None:
        self.interruption.check()
        self.watcher.progress(Progress("caching", done, total, 0, self.config.training.epochs))

    def _tell(self, stage: str, loss: float | None = None) -> None:
        epochs = self.config.training.epochs
        epoch = min(self.closed_epoch + 1, epochs)
        self.watcher.progress(Progress(stage, self.step, self.total_steps, epoch, epochs, loss, self._seconds_left()))

    def _seconds_left(self) -> float | None:
        return self.stopwatch.seconds(count_work(self.config, self.total_steps, self.closed_epoch, self.step))
