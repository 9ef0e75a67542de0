"""strengths.json: the validation losses of checkpoints at several strengths, which are measured when somebody asks.

The file is read and written here and nowhere else; docs/run-folder.md describes it.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..files import atomic_write
from ..picking.weights import Weights
from ..run_folder import STRENGTHS_FILE
from .history import LARGEST_LOSS

_FORMAT = 1
_LARGEST = 16 * 1024**2
"""Bytes. A checkpoint measured at 16 strengths on 100 pictures takes some thirty thousand."""
_STRONGEST = 1000.0


@dataclass(frozen=True)
class StrengthEntry:
    """One checkpoint, measured."""

    epoch: int
    weights: Weights
    lora: str
    """Hash of its values: a checkpoint that was made anew has to be measured anew."""
    pictures: list[str]
    """Content hashes of the pictures, in the order of the losses."""
    strengths: list[float]
    losses: list[list[float]]
    """For each strength the pictures' losses, each the weighted mean over the grid's timesteps."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> StrengthEntry:
        """The inverse of asdict. Raises KeyError, TypeError or ValueError if the data are something else."""
        strengths = [float(each) for each in data["strengths"]]
        losses = [[_loss(loss) for loss in losses_N] for losses_N in data["losses"]]
        pictures = [str(each) for each in data["pictures"]]
        if len(losses) != len(strengths) or any(len(losses_N) != len(pictures) or not losses_N for losses_N in losses):
            raise ValueError("losses and strengths or pictures differ in number")
        if not all(abs(strength) <= _STRONGEST for strength in strengths):
            raise ValueError("a strength is no number that a LoRA can be applied with")
        return cls(int(data["epoch"]), Weights(data["weights"]), str(data["lora"]), pictures, strengths, losses)


def read_strengths(folder: Path) -> list[StrengthEntry]:
    """What was measured of a run's checkpoints; nothing if the file is missing, damaged or of a newer version."""
    path = folder / STRENGTHS_FILE
    try:
        if path.stat().st_size > _LARGEST:
            return []
        data = json.loads(path.read_bytes())
        if data["format"] != _FORMAT:
            return []
        return [StrengthEntry.from_json(each) for each in data["measured"]]
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return []


def add_strengths(folder: Path, entry: StrengthEntry) -> None:
    """Writes a measurement beside the others; one of the same checkpoint is replaced.

    Raises:
        RunError: the file cannot be written.
    """
    others = [each for each in read_strengths(folder) if (each.epoch, each.weights) != (entry.epoch, entry.weights)]
    measured = [asdict(each) for each in sorted([*others, entry], key=lambda each: (each.epoch, each.weights))]
    data = {"format": _FORMAT, "measured": measured}
    atomic_write(folder / STRENGTHS_FILE, json.dumps(data).encode("ascii"))


def _loss(value: Any) -> float:
    """NaN for what is no loss: that strength is left out."""
    loss = float(value)
    return loss if abs(loss) < LARGEST_LOSS else math.nan
