"""Reads a run's folder into a view."""

from __future__ import annotations

import contextlib
import stat
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import ConfigError, RunError
from ..picking.curve import Curve, fit_curve
from ..picking.local_quadratic import Array
from ..picking.memorisation import ToldApart, describe, told_apart
from ..picking.pick import Selection, Series
from ..picking.selection import choose, epoch_with_checkpoint, permitted_weights
from ..picking.smoothing import fit_smoother
from ..picking.strength import StrengthCurve, fit_strengths
from ..picking.weights import Weights
from ..run_folder import HISTORY_FILE, PREVIEWS
from .by_picture import losses_by_picture
from .checkpoints import epochs_on_disk
from .entries import Measured, StepEntry
from .history import GrowingHistory, History
from .run_file import RunFile
from .strengths import read_strengths
from .view import (
    LossCurve,
    Numbers,
    PickedCheckpoint,
    Preview,
    ProbeCurve,
    RunView,
    TrainCurve,
    ValidationCurve,
)


class RunReader:
    """Reads a run's folder again and again while it grows, each time only what was added to its history."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._history = GrowingHistory(folder / HISTORY_FILE)
        self._fitted: dict[Measured, _Fitted] = {}

    def view(self, rule: str = "lowest", epoch: int | None = None, weights: str = "best") -> RunView:
        """The run as it is now; arguments and errors are those of `read_view`."""
        folder = self._folder
        try:
            run = RunFile.read(folder)
        except FileNotFoundError as error:
            raise RunError(
                f"There is no training run named {folder.name!r}: its run.json is missing. Choose another run."
            ) from error
        history = self._history.read()
        fitted = {kind: self._fit(history, kind) for kind in Measured}
        series = {each: Series(fitted[Measured.of(each)].curve, epochs_on_disk(folder, each)) for each in Weights}
        raw, averaged, probe = (fitted[kind] for kind in (Measured.VALIDATION, Measured.AVERAGED, Measured.PROBE))
        recipe = run.config.training
        epochs, trained = recipe.epochs, max([*raw.measured, *series[Weights.RAW].available], default=0)
        selection = choose(series, max(epochs, trained), rule, epoch, weights)
        watched = averaged if averaged.measured else raw
        apart = told_apart(probe.measured, watched.measured)
        if selection is not None and series[selection.weights].curve is watched.curve:
            selection = replace(selection, reason=f"{selection.reason} {describe(apart, selection.epoch)}".rstrip())
        validates = run.repeats is None
        pick = _repeated(run, series, rule, weights) or _pick(series, selection, rule, epoch, weights, validates)
        return RunView(
            run=folder.name,
            status=history.status,
            epoch=trained,
            epochs=epochs,
            step=max((entry.step for entry in history.steps), default=0),
            steps=epochs * recipe.steps_per_epoch(run.dataset.count("training")),
            train=_train(history.steps),
            validation=_validation(raw),
            averaged=_validation(averaged) if averaged.measured else None,
            probe=_probe(probe, raw, apart) if probe.measured else None,
            selection=selection,
            pick=pick,
            checkpoints=list(series[Weights.RAW].available),
            averaged_checkpoints=list(series[Weights.AVERAGED].available),
            previews=_previews(folder, history),
            notes=[event.text for event in history.events if event.what not in ("finished", "cancelled")],
            strength=_strength(folder, pick),
        )

    def _fit(self, history: History, kind: Measured) -> _Fitted:
        """The curve of a kind of measurement; the one fitted before if nothing was measured since."""
        measured = losses_by_picture(history, kind)
        before = self._fitted.get(kind)
        if before is None or before.measured != measured:
            curve = fit_curve(list(measured), list(measured.values()))
            self._fitted[kind] = _Fitted(measured, curve)
        return self._fitted[kind]


@dataclass(frozen=True)
class _Fitted:
    """Each picture's losses by epoch, and the curve that is fitted to them; None for too few epochs."""

    measured: dict[int, list[float]]
    curve: Curve | None


def read_view(folder: Path, rule: str = "lowest", epoch: int | None = None, weights: str = "best") -> RunView:
    """Reads a run's folder, finished or not.

    Args:
        folder: of the run.
        rule: how the point is picked, see lora_core.picking.selection.select.
        epoch: for the rule "epoch".
        weights: whose checkpoints may be picked: averaged, raw, or best for both.

    Raises:
        RunError: there is no run in the folder, or it is damaged.
        CheckpointError: the given epoch has no checkpoint, or there is none of these weights.
        ConfigError: `rule` or `weights` is not one of the choices.
    """
    return RunReader(folder).view(rule, epoch, weights)


def _pick(
    series: Mapping[Weights, Series],
    selection: Selection | None,
    rule: str,
    epoch: int | None,
    weights: str,
    validates: bool,
) -> PickedCheckpoint | None:
    if selection is not None:
        return PickedCheckpoint(selection.epoch, selection.weights, selection.reason)
    permitted = permitted_weights(series, weights)
    if not permitted:
        return None
    kept = sorted({other for each in permitted for other in series[each].available})
    by_hand = rule == "epoch"
    chosen = epoch_with_checkpoint(epoch, kept) if by_hand else kept[-1]
    of = next(each for each in permitted if chosen in series[each].available)
    how = "chosen by hand" if by_hand else "the last one"
    why = "too few validations to judge by" if validates else "nothing was held out to judge by"
    return PickedCheckpoint(chosen, of, f"Epoch {chosen}, {how}: {why}.")


def _repeated(run: RunFile, series: Mapping[Weights, Series], rule: str, weights: str) -> PickedCheckpoint | None:
    """The end of a run that repeats another's pick, in the weights of that pick where they are permitted and kept."""
    if run.repeats is None or rule == "epoch" or not (permitted := permitted_weights(series, weights)):
        return None
    of = run.repeats.weights if run.repeats.weights in permitted else permitted[0]
    last = series[of].available[-1]
    if last < run.config.training.epochs:  # still being trained
        return None
    return PickedCheckpoint(last, of, run.repeats.describe(last, run.dataset.count("training")))


def _strength(folder: Path, pick: PickedCheckpoint | None) -> StrengthCurve | None:
    """What was measured of the picked checkpoint, if it can be read."""
    for entry in read_strengths(folder):
        if pick is not None and (entry.epoch, entry.weights) == (pick.epoch, pick.weights):
            with contextlib.suppress(ConfigError):
                return fit_strengths(entry.strengths, entry.losses)
    return None


def _train(steps: Sequence[StepEntry]) -> TrainCurve:
    by_epoch: dict[int, dict[int, float]] = defaultdict(dict)
    for entry in steps:
        by_epoch[entry.epoch][entry.step] = entry.loss
    epochs = sorted(by_epoch)
    mean_E, low_E, high_E = np.empty(len(epochs)), np.empty(len(epochs)), np.empty(len(epochs))
    for count in {len(losses) for losses in by_epoch.values()}:
        same = [index for index, epoch in enumerate(epochs) if len(by_epoch[epoch]) == count]
        losses_ES = np.asarray([list(by_epoch[epochs[index]].values()) for index in same])
        mean_E[same] = losses_ES.mean(axis=1)
        low_E[same], high_E[same] = np.quantile(losses_ES, (0.1, 0.9), axis=1)
    if len(epochs) >= 3:
        smoother = fit_smoother(np.asarray(epochs, float), mean_E)
        smooth_E, low_E, high_E = smoother(mean_E), smoother(low_E), smoother(high_E)
    else:
        smooth_E = mean_E
    return TrainCurve(epochs, _numbers(mean_E), _numbers(smooth_E), _numbers(low_E), _numbers(high_E))


def _losses(fitted: _Fitted) -> LossCurve:
    measured, curve = fitted.measured, fitted.curve
    smooth = _by_epoch(curve, curve.smooth_E) if curve else {}
    if curve and curve.base_N is not None:  # measured exactly
        smooth[0] = float(curve.base_N.mean())
    return LossCurve(
        epoch=list(measured),
        loss=_numbers(np.asarray(list(measured.values())).mean(axis=1)) if measured else [],
        smooth=_numbers([smooth.get(epoch, np.nan) for epoch in measured]),
    )


def _validation(fitted: _Fitted) -> ValidationCurve:
    curve = fitted.curve
    error = _by_epoch(curve, curve.standard_error_E) if curve else {}
    if curve and curve.base_N is not None:  # compared with itself
        error[0] = 0.0
    losses = _losses(fitted)
    errors = _numbers([error.get(epoch, np.nan) for epoch in fitted.measured])
    return ValidationCurve(losses.epoch, losses.loss, losses.smooth, errors)


def _probe(probe: _Fitted, validation: _Fitted, apart: Mapping[int, ToldApart]) -> ProbeCurve:
    losses = _losses(probe)
    shown = losses.loss if probe.curve is None else losses.smooth
    begin, reference = probe.measured.get(0), validation.measured.get(0)
    factor = float(np.mean(reference) / np.mean(begin)) if begin and reference else 1.0
    aligned = _numbers([np.nan if value is None else value * factor for value in shown])
    found = [apart.get(epoch, ToldApart(np.nan, np.nan, np.nan)) for epoch in probe.measured]
    shares, lows, highs = (_numbers(getattr(each, name) for each in found) for name in ("share", "low", "high"))
    return ProbeCurve(losses.epoch, losses.loss, losses.smooth, aligned, shares, lows, highs)


def _by_epoch(curve: Curve, values_E: Array) -> dict[int, float]:
    return dict(zip(curve.epochs_E.astype(int).tolist(), values_E.tolist(), strict=True))


def _previews(folder: Path, history: History) -> list[Preview]:
    found = []
    for epoch, file in sorted(history.previews.items()):
        with contextlib.suppress(OSError, ValueError):  # deleted, or no possible name
            status = (folder / PREVIEWS / file).stat()
            if stat.S_ISREG(status.st_mode):
                found.append(Preview(epoch, file, status.st_mtime_ns // 10**6))
    return found


def _numbers(values: Iterable[float]) -> Numbers:
    """Rounded to seven digits, all that a float32 loss has."""
    return [float(f"{value:.7g}") if np.isfinite(value) else None for value in values]
