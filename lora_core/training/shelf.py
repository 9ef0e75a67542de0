"""Which LoRAs of a run are kept, and which of them wait to be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..picking.retention import keep
from ..picking.weights import Weights
from ..record.checkpoints import checkpoint_path, epochs_on_disk
from ..record.writer import RunRecord
from .saver import LoraFile


class Shelf:
    """The checkpoints of a run. What is dropped before it is written never reaches the disk."""

    def __init__(self, run_folder: Path, record: RunRecord, budgets: Mapping[Weights, int], epoch: int) -> None:
        """`budgets`: how many checkpoints of each kind to keep; `epoch`: the last that is closed. Files of later ones,
        left by a kill, are there to be picked, but count only when their epoch is reached again."""
        self._folder, self._record, self._budgets = run_folder, record, budgets
        self._kept = {
            weights: [each for each in epochs_on_disk(run_folder, weights) if each <= epoch] for weights in budgets
        }
        self._unwritten: dict[Path, LoraFile] = {}
        self._released: list[Path] = []

    def add(
        self,
        epoch: int,
        weights: Weights,
        file: LoraFile,
        losses: Mapping[int, Sequence[float]],
    ) -> None:
        """Takes the LoRA of an epoch, and lets others go if there are too many, by the pictures' `losses`."""
        self._unwritten[file.path] = file
        epochs = sorted({*self._kept[weights], epoch})
        kept = keep(epochs, losses, self._budgets[weights])
        released = [other for other in epochs if other not in kept]
        self._kept[weights] = sorted(kept)
        self._record.checkpoint(epoch, weights, released)
        for other in released:
            path = checkpoint_path(self._folder, other, weights)
            waiting = self._unwritten.pop(path, None)
            if waiting is None or path.exists():  # a kill may have left it, before this epoch was reached again
                self._released.append(path)

    @property
    def unwritten_bytes(self) -> int:
        """Of the LoRAs that wait to be written."""
        return sum(each.size for each in self._unwritten.values())

    def take(self) -> tuple[list[LoraFile], list[Path]]:
        """What is to be written, and what to be deleted when a state without it is safe; they are not given again."""
        unwritten, released = list(self._unwritten.values()), self._released
        self._unwritten, self._released = {}, []
        return unwritten, released
