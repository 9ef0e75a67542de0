"""What is known of a run when it has ended, as data, and its file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lora_core.files import atomic_write

ByEpoch = dict[int, float]
ByPicture = dict[int, list[float]]
"""By epoch, 0 being no LoRA, the mean loss of each picture."""


@dataclass(frozen=True)
class Stated:
    """How sure the picker says it is."""

    region_g: tuple[int, int]
    indistinguishable: tuple[int, int]
    """The first and the last epoch that can't be told apart from the pick."""
    improvement: float
    """Over no LoRA, as a share of the held-out loss without one."""
    standard_error: float


@dataclass(frozen=True)
class Outcome:
    """One run of the experiment. Weights are "raw" or "averaged"."""

    condition: str
    style: str
    seed: int
    epochs: int
    steps_per_epoch: int
    held_out: int
    """Pictures."""
    picked: dict[str, tuple[str, int]]
    """By rule: the weights and the epoch that the picker chooses from what the trainer has measured."""
    stated: Stated | None
    """What the picker says of the default's pick; None if it had too few validations."""
    probe: ByPicture
    """Of the training pictures that the trainer watches, of averaged weights."""
    losses: dict[str, ByPicture]
    """By grid the losses of the held-out pictures, of averaged weights."""
    raw_losses: dict[str, ByPicture]
    """The same of raw weights."""
    selecting: dict[str, ByEpoch]
    """By weights: the loss on the unseen pictures that select the best checkpoint."""
    scoring: dict[str, ByEpoch]
    """By weights: the loss on the unseen pictures that score."""
    pictures: ByEpoch
    """The kernel distance of generated pictures to the scoring ones, of averaged weights; epoch 0 is no LoRA. Empty in
    the fourth experiment."""
    seconds: int

    @property
    def default(self) -> tuple[str, int]:
        """Weights and epoch by the rule that the experiment is about."""
        return self.picked["steady" if "steady" in self.picked else "lowest"]

    def write(self, path: Path) -> None:
        """Losses with six digits, which is more than their noise; the whole file or none."""
        atomic_write(path, (json.dumps(_rounded(asdict(self))) + "\n").encode("utf-8"))

    @classmethod
    def read(cls, path: Path) -> Outcome:
        """A file that `write` left."""
        known = json.loads(path.read_text(encoding="utf-8"))
        for name in ("selecting", "scoring"):
            known[name] = {weights: _by_epoch(losses) for weights, losses in known[name].items()}
        known["pictures"] = _by_epoch(known["pictures"])
        known["probe"] = _by_epoch(known["probe"])
        for name in ("losses", "raw_losses"):
            known[name] = {grid: _by_epoch(losses) for grid, losses in known[name].items()}
        known["stated"] = known["stated"] and Stated(**known["stated"])
        known["picked"] = {rule: (weights, epoch) for rule, (weights, epoch) in known["picked"].items()}
        return cls(**known)


def _by_epoch(losses: dict[str, Any]) -> dict[int, Any]:
    return {int(epoch): loss for epoch, loss in losses.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value
