"""Reads a run's folder into a view."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..errors import RunError
from ..picking.curve import Curve, fit_curve
from ..picking.pick import Selection, Series
from ..picking.selection import choose, epoch_with_checkpoint, permitted_weights
from ..picking.smoothing import Array, fit_smoother
from ..picking.weights import Weights
from .checkpoints import epochs_on_disk
from .history import History, Measured, StepEntry
from .run_file import RunFile
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
    try:
        run = RunFile.read(folder)
    except FileNotFoundError as error:
        raise RunError(f"There is no training run named {folder.name!r}: its run.json is missing.") from error
    history = History.read(folder / "history.jsonl")
    measured = {kind: _by_picture(history, kind) for kind in Measured}
    curves = {kind: fit_curve(list(losses), list(losses.values())) for kind, losses in measured.items()}
    series = {each: Series(curves[Measured.of(each)], epochs_on_disk(folder, each)) for each in Weights}
    recipe = run.config.training
    epochs = recipe.epochs
    selection = choose(series, epochs, rule, epoch, weights)
    raw, averaged, probe = (measured[kind] for kind in (Measured.VALIDATION, Measured.AVERAGED, Measured.PROBE))
    return RunView(
        run=folder.name,
        status=history.status,
        epoch=max([*raw, *series[Weights.RAW].available], default=0),
        epochs=epochs,
        step=max((entry.step for entry in history.steps), default=0),
        steps=epochs * recipe.steps_per_epoch(run.dataset.count("training")),
        train=_train(history.steps),
        validation=_validation(raw, curves[Measured.VALIDATION]),
        averaged=_validation(averaged, curves[Measured.AVERAGED]) if averaged else None,
        probe=_probe(probe, curves[Measured.PROBE], raw) if probe else None,
        selection=selection,
        pick=_pick(series, selection, rule, epoch, weights),
        checkpoints=list(series[Weights.RAW].available),
        averaged_checkpoints=list(series[Weights.AVERAGED].available),
        previews=_previews(folder, history),
        notes=[event.text for event in history.events if event.what not in ("finished", "cancelled")],
    )


def _pick(
    series: Mapping[Weights, Series], selection: Selection | None, rule: str, epoch: int | None, weights: str
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
    return PickedCheckpoint(chosen, of, f"Epoch {chosen}, {how}: too few validations to judge by.")


def _by_picture(history: History, kind: Measured) -> dict[int, list[float]]:
    """Each picture's loss by epoch, the weighted mean over its timesteps.

    Runs of format 1 recorded no grid: all their losses count the same. A measurement that does not match its grid is
    left out; if the rest differ in their number of pictures, there is no curve.
    """
    weights_NK = np.asarray(history.grids.get("probe" if kind is Measured.PROBE else "validation", [[1.0]]), float)
    measured = {}
    for epoch, rows in sorted(history.losses[kind].items()):
        losses_NK = np.asarray(rows, float)
        if weights_NK.size == 1 or weights_NK.shape == losses_NK.shape:
            measured[epoch] = (weights_NK * losses_NK).mean(axis=1).tolist()
    pictures = {len(losses) for losses in measured.values()}
    return measured if len(pictures) <= 1 else {}


def _train(steps: Sequence[StepEntry]) -> TrainCurve:
    by_epoch: dict[int, dict[int, float]] = defaultdict(dict)
    for entry in steps:
        by_epoch[entry.epoch][entry.step] = entry.loss
    epochs = sorted(by_epoch)
    losses = [np.asarray(list(by_epoch[epoch].values())) for epoch in epochs]
    mean_E = np.asarray([values.mean() for values in losses])
    low_E, high_E = np.asarray([np.quantile(values, (0.1, 0.9)) for values in losses]).reshape(-1, 2).T
    if len(epochs) >= 3:
        smoother = fit_smoother(np.asarray(epochs, float), mean_E)
        smooth_E, low_E, high_E = smoother(mean_E), smoother(low_E), smoother(high_E)
    else:
        smooth_E = mean_E
    return TrainCurve(epochs, _numbers(mean_E), _numbers(smooth_E), _numbers(low_E), _numbers(high_E))


def _losses(measured: Mapping[int, list[float]], curve: Curve | None) -> LossCurve:
    smooth = _by_epoch(curve, curve.smooth_E) if curve else {}
    if curve and curve.base_N is not None:  # measured exactly
        smooth[0] = float(curve.base_N.mean())
    return LossCurve(
        epoch=list(measured),
        loss=_numbers([float(np.mean(by_picture)) for by_picture in measured.values()]),
        smooth=_numbers([smooth.get(epoch, np.nan) for epoch in measured]),
    )


def _validation(measured: Mapping[int, list[float]], curve: Curve | None) -> ValidationCurve:
    error = _by_epoch(curve, curve.standard_error_E) if curve else {}
    if curve and curve.base_N is not None:  # compared with itself
        error[0] = 0.0
    losses = _losses(measured, curve)
    errors = _numbers([error.get(epoch, np.nan) for epoch in measured])
    return ValidationCurve(losses.epoch, losses.loss, losses.smooth, errors)


def _probe(
    measured: Mapping[int, list[float]], curve: Curve | None, validation: Mapping[int, list[float]]
) -> ProbeCurve:
    losses = _losses(measured, curve)
    shown = losses.loss if curve is None else losses.smooth
    factor = float(np.mean(validation[0]) / np.mean(measured[0])) if 0 in measured and 0 in validation else 1.0
    aligned = _numbers([np.nan if value is None else value * factor for value in shown])
    return ProbeCurve(losses.epoch, losses.loss, losses.smooth, aligned)


def _by_epoch(curve: Curve, values_E: Array) -> dict[int, float]:
    return dict(zip(curve.epochs_E.astype(int).tolist(), values_E.tolist(), strict=True))


def _previews(folder: Path, history: History) -> list[Preview]:
    made = sorted(history.previews.items())
    return [Preview(epoch, file) for epoch, file in made if (folder / "previews" / file).is_file()]


def _numbers(values: Iterable[float]) -> Numbers:
    """Rounded to seven digits, all that a float32 loss has."""
    return [float(f"{value:.7g}") if np.isfinite(value) else None for value in values]
