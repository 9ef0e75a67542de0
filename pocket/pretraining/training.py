"""The loop that all stages share: it saves all that it needs to go on, and goes on where a call stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from .plan import Log, Plan

SAVED_EVERY = 120
"""Seconds: what a kill may cost."""
LOGGED_EVERY, MEASURED_EVERY = 100, 500
"""Steps."""
WARMUP = 100
"""Steps over which the learning rate rises."""
DECAY = 0.35
"""The share of the steps, the last ones, over which it falls."""
AVERAGING = 0.999
"""How much of the average of the weights stays at each step."""


class Stateful(Protocol):
    """A network or an optimiser."""

    def state_dict(self) -> dict[str, Any]:
        """All that it has to remember."""

    def load_state_dict(self, state_dict: dict[str, Any], /) -> Any:
        """Remembers it."""


def rate(step: int, steps: int) -> float:
    """The share of the learning rate at a step: a rise, a plateau that more steps prolong, a linear fall to nothing."""
    return min(1.0, step / WARMUP, (steps - step + 1) / max(1.0, DECAY * steps))


class Training:
    """One stage: a network, its optimiser, a moving average of its weights, and how many steps are done.

    Every draw of a stage is a function of the seed and the step, so that there is no random state to keep.
    """

    def __init__(
        self,
        plan: Plan,
        stage: str,
        network: torch.nn.Module,
        steps: int,
        learning_rate: float,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 1e-4,
        others: Mapping[str, Stateful] | None = None,
    ) -> None:
        """`others` are saved and read with the rest: what the stage trains besides."""
        self.stage, self.network, self.steps, self._learning_rate = stage, network, steps, learning_rate
        self.optimizer = torch.optim.AdamW(network.parameters(), learning_rate, betas, weight_decay=weight_decay)
        self.average = {key: value.detach().clone() for key, value in network.state_dict().items()}
        self._others = dict(others or {})
        self._path = plan.folder / f"{stage}.state"
        self.step = 0
        if self._path.exists():
            self._read()

    def run(self, backward: Callable[[int], float], log: Log, measured: Callable[[bool], Mapping[str, float]]) -> None:
        """Does the steps that are left, and leaves the average in the network.

        Args:
            backward: of a step: leaves the gradients of its loss in the network, and returns the loss.
            measured: what to log beside the mean loss, of the network as the average has it; thoroughly, if the
                argument says so: after the last step.
        """
        saved, losses = time.monotonic(), []
        while self.step < self.steps:
            self.step += 1
            for group in self.optimizer.param_groups:
                group["lr"] = self._learning_rate * rate(self.step, self.steps)
            self.optimizer.zero_grad(set_to_none=True)
            losses.append(backward(self.step))
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimizer.step()
            self._follow()
            last = self.step == self.steps
            if self.step % LOGGED_EVERY == 0 or last:
                mean, losses = sum(losses) / len(losses), []
                numbers = self._of_average(measured, last) if last or self.step % MEASURED_EVERY == 0 else {}
                log(stage=self.stage, step=self.step, of=self.steps, loss=round(mean, 5), **numbers)
            if time.monotonic() - saved > SAVED_EVERY or last:
                self._save()
                saved = time.monotonic()
        self.network.load_state_dict(self.average)
        self.network.eval()

    def _follow(self) -> None:
        decay = min(AVERAGING, self.step / (self.step + 10))
        for key, value in self.network.state_dict().items():
            average = self.average[key]
            average.lerp_(value, 1 - decay) if value.is_floating_point() else average.copy_(value)

    def _of_average(self, measured: Callable[[bool], Mapping[str, float]], last: bool) -> dict[str, float]:
        own = {key: value.detach().clone() for key, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.average)
        numbers = measured(last)
        self.network.load_state_dict(own)
        return {name: round(value, 4) for name, value in numbers.items()}

    def _parts(self) -> dict[str, Stateful]:
        return {"network": self.network, "optimizer": self.optimizer, **self._others}

    def _save(self) -> None:
        states = {name: part.state_dict() for name, part in self._parts().items()}
        replace(self._path, {"step": self.step, "average": self.average, **states})

    def _read(self) -> None:
        saved = torch.load(self._path, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(saved[name])
        self.step, self.average = saved["step"], saved["average"]


def replace(path: Path, state: Mapping[str, Tensor | Any]) -> None:
    """Writes a file as a whole or not at all: the disk has it before the old one goes."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        torch.save(dict(state), file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
