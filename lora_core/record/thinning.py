"""A view with fewer epochs, for a chart: what is sent and drawn does not grow with the run."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import fields, replace
from typing import TypeVar

from .view import ProbeCurve, RunView, TrainCurve, ValidationCurve

MOST_EPOCHS = 300
"""Of a curve that is shown whole, more than a chart in a node has room for."""

_Curve = TypeVar("_Curve", TrainCurve, ValidationCurve, ProbeCurve)


def thinned(view: RunView) -> RunView:
    """The view with every second, fifth, tenth, ... epoch of its curves, if it has more than MOST_EPOCHS of them.

    The values of those that stay do not change: smoothing and pick are of the whole run. What can be chosen stays, and
    so do each curve's first and last epoch.
    """
    stride = _stride(view.epoch)
    if stride == 1:
        return view
    kept = {*view.checkpoints, *view.averaged_checkpoints}
    return replace(
        view,
        train=_every(view.train, stride, kept),
        validation=_every(view.validation, stride, kept),
        averaged=view.averaged and _every(view.averaged, stride, kept),
        probe=view.probe and _every(view.probe, stride, kept),
    )


def _stride(epochs: int) -> int:
    """The first of 1, 2, 5, 10, 20, 50, ... that leaves no more than MOST_EPOCHS."""
    stride = 1
    for factor in itertools.cycle((2, 2.5, 2)):
        if epochs <= stride * MOST_EPOCHS:
            break
        stride = int(stride * factor)
    return stride


def _every(curve: _Curve, stride: int, kept: Collection[int]) -> _Curve:
    """The first epoch from each multiple of `stride` on: those multiples themselves, if all epochs were measured."""
    epochs = curve.epoch
    last = len(epochs) - 1
    stays = [
        index
        for index, epoch in enumerate(epochs)
        if index in (0, last) or epoch in kept or epoch // stride > epochs[index - 1] // stride
    ]
    return replace(
        curve, **{each.name: [getattr(curve, each.name)[index] for index in stays] for each in fields(curve)}
    )
