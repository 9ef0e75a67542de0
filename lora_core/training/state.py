"""What a run needs to resume where it was interrupted, as data and on the disk.

Random numbers are not part of it: every draw is a function of the seed, a name and the step (lora_core/rng.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ..errors import CheckpointError
from ..record.checkpoints import load_state, save_state
from ..record.entries import Measured

Curves = dict[Measured, dict[int, float]]
"""The loss by epoch, for each kind of measurement."""


@dataclass(frozen=True)
class OptimizerState:
    """What AdamW and the loss scale remember."""

    moments: dict[int, dict[str, Tensor]]
    """By index of the parameter: step, exp_avg, exp_avg_sq."""
    scaler: dict[str, Any]
    """torch.amp.GradScaler's own; empty unless it trains in float16."""
    micro_batch: int
    """The most pictures that go through the network at once."""


@dataclass(frozen=True)
class RunState:
    """A run after an optimiser step. Tensors are float32, under kohya's keys where they are a LoRA's."""

    step: int
    closed_epoch: int
    """The last epoch that was validated and saved."""
    history_size: int
    """Bytes of history.jsonl at that moment."""
    curves: Curves
    lora: dict[str, Tensor]
    average: dict[str, Tensor] | None
    """None if the run keeps no average."""
    optimizer: OptimizerState

    def save(self, folder: Path) -> None:
        """Writes the state and deletes older ones.

        Raises:
            RunError: it cannot be written.
        """
        tensors = {f"lora.{key}": value for key, value in self.lora.items()}
        tensors |= {f"average.{key}": value for key, value in (self.average or {}).items()}
        for index, moments in self.optimizer.moments.items():
            tensors |= {f"adamw.{index}.{name}": value for name, value in moments.items()}
        values = {
            "step": self.step,
            "closed_epoch": self.closed_epoch,
            "curves": self.curves,
            "history_size": self.history_size,
            "optimization": {"scaler": self.optimizer.scaler, "micro_batch": self.optimizer.micro_batch},
        }
        save_state(folder, self.step, tensors, values)

    @classmethod
    def load(cls, folder: Path) -> RunState | None:
        """The newest undamaged state, or None if none was saved yet.

        Raises:
            CheckpointError: states were saved and all of them are damaged.
        """
        saved = load_state(folder)
        if saved is None:
            return None
        tensors, values = saved
        try:
            curves = values.get("curves", {})
            return cls(
                step=_count(values["step"]),
                closed_epoch=_count(values["closed_epoch"]),
                history_size=_count(values["history_size"]),
                curves={kind: _by_epoch(curves.get(kind.value, {})) for kind in Measured},
                lora=_under("lora.", tensors),
                average=_under("average.", tensors) or None,
                optimizer=_optimizer_state(tensors, values["optimization"]),
            )
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise CheckpointError(
                f"The saved state of the run {folder.parent.name!r} is of another version ({error!r}). Its checkpoints "
                "are untouched: pick one of them, or train under another run name."
            ) from error


def _optimizer_state(tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> OptimizerState:
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in _under("adamw.", tensors).items():
        index, name = key.split(".")
        moments.setdefault(int(index), {})[name] = value
    scaler = {str(name): _number(value) for name, value in values["scaler"].items()}
    return OptimizerState(moments, scaler, max(1, _count(values["micro_batch"])))


def _by_epoch(losses: Mapping[str, float]) -> dict[int, float]:
    return {int(epoch): _number(loss) for epoch, loss in losses.items()}


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError(f"{str(value)[:40]!r} is not a count")
    return value


def _number(value: Any) -> Any:
    """The value as it is: a scale of 1 and one of 1.0 are saved differently."""
    if type(value) not in (int, float):
        raise TypeError(f"{str(value)[:40]!r} is not a number")
    return value


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
