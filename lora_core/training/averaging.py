"""An exponential moving average of the LoRA's weights over the steps, kept beside the weights that are trained.

At a constant learning rate the trained weights circle around a good point; their average is closer to it (Polyak &
Juditsky 1992). Training never sees the average: the raw weights are the same, bit for bit, with and without one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from torch import Tensor

from ..model.lora import LoraAdapter, LoraCopy


def decay_at(step: int, decay: float) -> float:
    """The decay of step `step`, counted from 1: min(decay, (1 + step) / (10 + step)), as in TensorFlow's average.

    So the window grows with the run up to its full length, and the starting weights are soon forgotten.
    """
    return min(decay, (1 + step) / (10 + step))


class WeightAverage:
    """Averages A and B of every layer: average <- decay * average + (1 - decay) * weights, in float32."""

    def __init__(self, adapter: LoraAdapter, decay: float) -> None:
        """Starts from the adapter's current weights, on their device."""
        self._adapter = adapter
        self._decay = decay
        self._average_P = adapter.weights.masters.detach().clone()

    def restart(self) -> None:
        """Forgets the past: the average is the adapter's current weights."""
        self._average_P.copy_(self._adapter.weights.masters.detach())

    def update(self, step: int) -> None:
        """Adds the weights after optimiser step `step` to the average."""
        self._average_P.lerp_(self._adapter.weights.masters.detach(), 1 - decay_at(step, self._decay))

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Within it the adapter holds the average. Values are copied and nothing is computed, so the trained weights
        come back unchanged."""
        weights = self._adapter.weights
        trained_P = weights.masters.detach().clone()
        weights.set(self._average_P)
        try:
            yield
        finally:
            weights.set(trained_P)

    def copied(self) -> LoraCopy:
        """The average as it is now."""
        return self._adapter.copied(self._average_P)

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Restores what was copied, under kohya's keys.

        Raises:
            CheckpointError: the state is of other layers or another rank.
        """
        self._adapter.load_state_dict(state, self._average_P)
