"""How far a run had got, by all that its folder holds, any file of which may be gone, damaged or old."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..config import TrainingConfig
from ..picking.weights import Weights
from ..run_folder import CHECKPOINTS, HISTORY_FILE, previewed_epochs
from .checkpoints import epochs_on_disk
from .history import History
from .run_file import RunFile


@dataclass(frozen=True)
class Past:
    """What a run had done before it is trained again."""

    closed_epoch: int
    """The last epoch that was measured or whose LoRA exists."""
    begun_epoch: int
    """The last epoch of which there is any trace: a step, a measurement, a LoRA or a preview."""
    stopped_early: bool
    """Whether it finished before the epochs that it had set out for."""
    saved_step: int | None
    """The step of the last state that it says it has saved; None if it does not say."""
    finished: bool
    """Whether it says of itself that it is finished."""
    has_results: bool
    """Whether the folder holds anything that starting again would overwrite or drop."""

    @classmethod
    def read(cls, folder: Path) -> Past:
        """Of a folder with a run.json.

        Raises:
            RunError: run.json or the history cannot be read.
        """
        history = History.read(folder / HISTORY_FILE)
        measured = [epoch for losses in history.losses.values() for epoch in losses]
        saved = [epoch for weights in Weights for epoch in epochs_on_disk(folder, weights)]
        closed_epoch = max([*measured, *saved], default=0)
        begun_epoch = max([closed_epoch, *previewed_epochs(folder), *(entry.epoch for entry in history.steps)])
        finished = history.status == "finished"
        garbled = history.unreadable_lines > 1  # one may be what a kill left of a line
        return cls(
            closed_epoch=closed_epoch,
            begun_epoch=begun_epoch,
            stopped_early=finished and closed_epoch < RunFile.read(folder).config.training.epochs,
            saved_step=history.saved_step,
            finished=finished,
            has_results=bool(begun_epoch or garbled or _holds_anything(folder / CHECKPOINTS)),
        )

    def is_complete(self, training: TrainingConfig) -> bool:
        """Whether nothing is left to train by this recipe."""
        stopped = self.stopped_early and training.early_stopping_patience > 0
        return self.closed_epoch >= training.epochs or stopped

    def is_ahead_of(self, closed_epoch: int, step: int) -> bool:
        """Whether a later state than that of after `step`, with so many epochs closed, has existed.

        Runs of version 0.1 do not say which states were saved. There the epoch after it may have been under way when
        the power was cut, but no step of the next one was taken before a state was saved.
        """
        if self.saved_step is not None:
            return self.saved_step > step
        return self.begun_epoch > closed_epoch + 1 or (self.finished and self.closed_epoch > closed_epoch)


def _holds_anything(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
