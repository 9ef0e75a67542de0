"""The LoRAs of some epochs of runs, to compare them with one another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import CheckpointError
from ..picking.weights import Weights
from ..sheet.cells import Style, Variant
from ..sheet.grid import spread_epochs
from .checkpoints import checkpoint_path, load_lora
from .reader import RunReader
from .view import PickedCheckpoint, RunView


def picked_style(folder: Path, weights: str) -> Style:
    """A run with the LoRA of its picked epoch alone.

    Raises:
        RunError, CheckpointError: there is no run in the folder, it is damaged, or it has no such checkpoint.
    """
    return Style(folder.name, [_variant(folder, RunReader(folder).view(weights=weights).picked())])


def styles_by_epoch(folders: Sequence[Path], epochs: Sequence[int] | None, weights: str) -> list[Style]:
    """Runs with the LoRAs of the same epochs.

    Args:
        folders: of the runs, at least one.
        epochs: None spreads a few over those that all runs keep.
        weights: whose checkpoints may be taken: averaged, raw, or best for those of the pick where an epoch has both.

    Raises:
        RunError: there is no run in a folder, or it is damaged.
        CheckpointError: an epoch has no checkpoint, or the runs have none in common.
    """
    readers = [RunReader(folder) for folder in folders]
    views = [reader.view(weights=weights) for reader in readers]
    picked = views[0].picked() if len(views) == 1 else None
    if epochs is None:
        common = set.intersection(*(set(_kept(view)) for view in views))
        if not common:
            raise CheckpointError("These runs keep no epoch in common. Name epochs, or choose other columns.")
        epochs = spread_epochs(sorted(common), picked.epoch if picked else None)
    return [
        Style(
            folder.name,
            [
                _variant(folder, reader.view("epoch", epoch, weights).picked(), view.picked() if picked else None)
                for epoch in epochs
            ],
        )
        for folder, reader, view in zip(folders, readers, views, strict=True)
    ]


def _kept(view: RunView) -> list[int]:
    """The epochs whose LoRA of the picked weights is on the disk."""
    return view.averaged_checkpoints if view.picked().weights is Weights.AVERAGED else view.checkpoints


def _variant(folder: Path, of: PickedCheckpoint, picked: PickedCheckpoint | None = None) -> Variant:
    mark = " (picked)" if picked is not None and (of.epoch, of.weights) == (picked.epoch, picked.weights) else ""
    return Variant(f"epoch {of.epoch}{mark}", load_lora(checkpoint_path(folder, of.epoch, of.weights))[0])
