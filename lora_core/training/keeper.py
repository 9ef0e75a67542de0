"""What of a run outlives its process: LoRAs to be picked, and states to resume from."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ..config import RunConfig
from ..errors import AtelierError
from ..model.lora import LoraAdapter, LoraCopy
from ..picking.weights import Weights
from ..record.by_picture import losses_by_picture
from ..record.checkpoints import checkpoint_path, save_lora
from ..record.entries import Measured, StateEntry
from ..record.history import GrowingHistory
from ..record.metadata import lora_metadata
from ..record.writer import RunRecord
from ..run_folder import CHECKPOINTS
from .averaging import WeightAverage
from .saver import LoraFile, Saver
from .shelf import Shelf
from .state import RunState
from .step import Optimization
from .validator import Validator

_Copies = tuple[LoraCopy, LoraCopy | None]
"""Of the LoRA's weights and of their average."""


class Keeper:
    """Decides when to write what; the writing is `Saver`'s.

    Training waits meanwhile, so what is done here is copying, and no more.
    """

    def __init__(
        self,
        folder: Path,
        config: RunConfig,
        record: RunRecord,
        saver: Saver,
        adapter: LoraAdapter,
        average: WeightAverage | None,
        optimization: Optimization,
        validator: Validator,
        closed_epoch: int,
    ) -> None:
        """`closed_epoch`: the last one of a run that is resumed."""
        self._folder, self._config, self._record, self._saver = folder, config, record, saver
        self._adapter, self._average, self._optimization, self._validator = adapter, average, optimization, validator
        budget = config.storage.checkpoint_budget
        budgets = {Weights.RAW: budget}
        if average is not None:  # each kind has half of it
            budgets = {Weights.RAW: budget // 2, Weights.AVERAGED: budget - budget // 2}
        self._shelf = Shelf(folder, record, budgets, closed_epoch)
        self._history = GrowingHistory(record.history_path)
        self._saved: tuple[int, int] | None = None
        self._copied: tuple[int, _Copies] | None = None

    def keep(self, epoch: int, step: int) -> None:
        """Keeps the LoRAs of an epoch that has been validated, as far as the budget goes."""
        raw, average = copies = self._copies()
        self._copied = step, copies
        self._keep(epoch, step, Weights.RAW, raw)
        if average is not None:
            self._keep(epoch, step, Weights.AVERAGED, average)

    def close(self, epoch: int, step: int) -> None:
        """Saves what an epoch has brought, if the disk is not too busy. The very first state is always saved, and is
        there before any step is recorded: a run with steps and without a state cannot be resumed."""
        state_bytes = (3 if self._average is None else 4) * self._adapter.weights.masters.nbytes
        if epoch == 0:
            self.finish(epoch, step)
        elif self._saver.affords(self._shelf.unwritten_bytes + state_bytes):
            self.save(epoch, step)
        self._copied = None  # the next epoch has others

    def save(self, closed_epoch: int, step: int) -> None:
        """Begins to save a state, with the LoRAs that belong to it.

        Raises:
            RunError: what was begun before could not be written.
            CheckpointError: it reads back differently.
        """
        copied, self._copied = self._copied, None
        lora, average = copied[1] if copied is not None and copied[0] == step else self._copies()
        optimizer, history_size = self._optimization.copied(), self._record.history_size
        curves = {kind: dict(curve) for kind, curve in self._validator.curves.items()}

        def state() -> RunState:
            return RunState(
                step=step,
                closed_epoch=closed_epoch,
                history_size=history_size,
                curves=curves,
                lora=lora.tensors(),
                average=average.tensors() if average is not None else None,
                optimizer=optimizer(),
            )

        self._saver.save(state, *self._shelf.take())
        self._saved = closed_epoch, step

    def check(self) -> bool:
        """Raises what `save` does if it is known already; returns whether a state is overdue."""
        self._saver.check()
        for step in self._saver.written():
            self._record.state(StateEntry(step))
        return self._saver.overdue

    def finish(self, closed_epoch: int, step: int) -> None:
        """Saves what is not saved yet and waits for it; raises what `save` does."""
        if self._saved != (closed_epoch, step):
            self.save(closed_epoch, step)
        self._saver.wait()
        self.check()

    def rescue(self) -> None:
        """After an error: writes the LoRAs that were kept and not written yet, if that is possible."""
        with contextlib.suppress(AtelierError):
            self._saver.wait()
        with contextlib.suppress(AtelierError):
            for each in self._shelf.take()[0]:
                each.write()

    def keep_last(self, closed_epoch: int, step: int, between_epochs: bool) -> None:
        """Saves the LoRA where a run is cancelled; only between two epochs it has a validation loss."""
        losses = self._validator.curves[Measured.VALIDATION] if between_epochs else {}
        metadata = lora_metadata(self._record.run, closed_epoch, step, losses.get(closed_epoch), Weights.RAW)
        path = self._folder / CHECKPOINTS / "last.safetensors"
        save_lora(path, self._adapter.state_dict(), metadata, self._config.storage.dtype)

    def _copies(self) -> _Copies:
        return self._adapter.copied(), self._average.copied() if self._average is not None else None

    def _keep(self, epoch: int, step: int, weights: Weights, lora: LoraCopy) -> None:
        loss = self._validator.curves[Measured.of(weights)].get(epoch)
        metadata = lora_metadata(self._record.run, epoch, step, loss, weights)
        losses = losses_by_picture(self._history.read(), Measured.of(weights))
        path = checkpoint_path(self._folder, epoch, weights)
        self._shelf.add(epoch, weights, LoraFile(path, lora, metadata, self._config.storage.dtype), losses)
