"""A run as plots, pickers and the browser see it: its folder read into one dictionary, ready for JSON.

    run, status          name; training, finished, cancelled or failed
    epoch, epochs        the last epoch with a validation or checkpoint, and how many the run set out for
    step, steps          the same in optimiser steps
    train                by epoch: loss (mean of its steps), smooth, low and high (10th and 90th percentile)
    validation           by epoch: loss, smooth, standard_error (of the difference to epoch 0, over pictures)
    averaged             the same for the averaged weights; None if the run keeps no average
    probe                by epoch: loss and smooth on training pictures, of the averaged weights or else of the raw
                         ones; None without a probe
    selection            lora_core.selection.Selection, or None for fewer than three validations
    pick                 epoch, weights and reason of the checkpoint to use, with too few validations too; None before
                         the first checkpoint
    checkpoints          epochs whose raw LoRA is on the disk
    averaged_checkpoints epochs whose averaged LoRA is on the disk
    previews             by epoch: the file under previews/
    notes                what happened that a reader should know

Losses that are not finite numbers are None. The browser's copy of these shapes is in web/chart/view.js.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .batches import steps_per_epoch
from .checkpoints import epochs_on_disk
from .config import RunConfig
from .errors import CheckpointError, RunError
from .regions import Curve, curve
from .run_record import read_run
from .selection import Selection, Series, among_these, choose, given
from .smoothing import Array, fit

_ENDINGS = ("finished", "cancelled", "failed")


def run_view(folder: Path, rule: str = "lowest", epoch: int | None = None, weights: str = "best") -> dict[str, Any]:
    """Reads a run's folder, finished or not.

    Args:
        folder: of the run.
        rule: how the point is picked, see lora_core.selection.select.
        epoch: for the rule "epoch".
        weights: whose checkpoints may be picked: averaged, raw, or best for both.

    Raises:
        RunError: there is no run in the folder, or it is damaged.
        CheckpointError: the given epoch has no checkpoint, or there is none of these weights.
    """
    try:
        run = read_run(folder)
    except FileNotFoundError as error:
        raise RunError(f"There is no training run in {folder}: run.json is missing. Choose another run.") from error
    config = RunConfig.from_json(run["config"])
    history = _read_history(folder / "history.jsonl")
    weights_NK = _weights(history["grid"], "validation")
    raw = _measured(history["validation"], weights_NK)
    averaged = _measured(history["averaged"], weights_NK)
    probe = _measured(history["probe"], _weights(history["grid"], "probe"))
    curves = {"raw": _curve(raw), "averaged": _curve(averaged)}
    series = {name: Series(found, epochs_on_disk(folder, name)) for name, found in curves.items()}
    selection = choose(series, config.training.epochs, rule, epoch, weights)
    training = sum(picture["side"] == "training" for picture in run["dataset"]["pictures"])
    return {
        "run": folder.name,
        "status": _status(history["event"]),
        "epoch": max([*raw, *series["raw"].available], default=0),
        "epochs": config.training.epochs,
        "step": max((entry["step"] for entry in history["step"]), default=0),
        "steps": config.training.epochs * steps_per_epoch(training, config.training.pictures_per_step),
        "train": _train(history["step"]),
        "validation": _losses(raw, curves["raw"]) | _errors(raw, curves["raw"]),
        "averaged": _losses(averaged, curves["averaged"]) | _errors(averaged, curves["averaged"]) if averaged else None,
        "probe": _losses(probe, _curve(probe)) if probe else None,
        "selection": selection.to_json() if selection else None,
        "pick": _pick(series, selection, rule, epoch, weights),
        "checkpoints": series["raw"].available,
        "averaged_checkpoints": series["averaged"].available,
        "previews": _previews(folder, history["preview"]),
        "notes": [entry["text"] for entry in history["event"] if entry["what"] not in ("finished", "cancelled")],
    }


class Picked(NamedTuple):
    """The checkpoint to use."""

    epoch: int
    weights: str
    reason: str


def picked(view: dict[str, Any]) -> Picked:
    """The checkpoint to use, out of a run's view; the last one if there are too few validations to judge by.

    Raises:
        CheckpointError: the run has no checkpoint yet.
    """
    if view["pick"] is None:
        raise CheckpointError(f"The run {view['run']!r} has no checkpoint yet. Train at least one epoch.")
    return Picked(**view["pick"])


def _pick(
    series: Mapping[str, Series], selection: Selection | None, rule: str, epoch: int | None, weights: str
) -> dict[str, Any] | None:
    if selection is not None:
        return Picked(selection.epoch, selection.weights, selection.reason)._asdict()
    names = among_these(series, weights)
    if not names:
        return None
    kept = sorted({other for name in names for other in series[name].available})
    chosen, how = (given(epoch, kept), "chosen by hand") if rule == "epoch" else (kept[-1], "the last one")
    of = next(name for name in names if chosen in series[name].available)
    return Picked(chosen, of, f"Epoch {chosen}, {how}: too few validations to judge by.")._asdict()


def _read_history(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The entries of history.jsonl by kind; a line that is being written, or was torn by a crash, is passed over."""
    history: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in _lines(path):
        try:
            entry = json.loads(line)
            history[entry["kind"]].append(entry)
        except (ValueError, KeyError, TypeError):
            continue
    return history


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except FileNotFoundError:
        return  # the run has only just been born


def _last_by_epoch(entries: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Entries in the order of their epochs; of several for one epoch the last counts, the others were interrupted."""
    latest = {int(entry["epoch"]): entry for entry in entries}
    return dict(sorted(latest.items()))


def _weights(grids: Sequence[dict[str, Any]], of: str) -> Array:
    """What each loss of a grid counts; the same for all in runs of format 1, which recorded no grid."""
    found = [np.asarray(grid["weights"], float) for grid in grids if grid["of"] == of]
    return found[-1] if found else np.ones((1, 1))


def _measured(entries: Sequence[dict[str, Any]], weights_NK: Array) -> dict[int, list[float]]:
    """By epoch each picture's loss, the weighted mean over its timesteps; NaN for what is no number."""
    measured = {}
    for epoch, entry in _last_by_epoch(entries).items():
        rows = np.asarray([[np.nan if value is None else value for value in row] for row in entry["losses"]], float)
        measured[epoch] = (weights_NK * rows).mean(axis=1).tolist()
    return measured


def _train(steps: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    by_epoch: dict[int, dict[int, float]] = defaultdict(dict)
    for entry in steps:
        by_epoch[int(entry["epoch"])][int(entry["step"])] = float(entry["loss"])
    epochs = sorted(by_epoch)
    losses = [np.asarray(list(by_epoch[epoch].values())) for epoch in epochs]
    mean_T = np.asarray([values.mean() for values in losses])
    low_T, high_T = np.asarray([np.quantile(values, (0.1, 0.9)) for values in losses]).reshape(-1, 2).T
    if len(epochs) >= 3:
        smoother = fit(np.asarray(epochs, float), mean_T)
        smooth_T, low_T, high_T = smoother(mean_T), smoother(low_T), smoother(high_T)
    else:
        smooth_T = mean_T
    return {
        "epoch": epochs,
        "loss": _numbers(mean_T),
        "smooth": _numbers(smooth_T),
        "low": _numbers(low_T),
        "high": _numbers(high_T),
    }


def _curve(measured: dict[int, list[float]]) -> Curve | None:
    return curve(list(measured), list(measured.values()))


def _losses(measured: dict[int, list[float]], found: Curve | None) -> dict[str, list[Any]]:
    smooth = _by_epoch(found, found.smooth_T) if found else {}
    if found and found.base_N is not None:  # measured exactly
        smooth[0] = float(found.base_N.mean())
    return {
        "epoch": list(measured),
        "loss": _numbers([np.mean(by_picture) for by_picture in measured.values()]),
        "smooth": _numbers([smooth.get(epoch, np.nan) for epoch in measured]),
    }


def _errors(measured: dict[int, list[float]], found: Curve | None) -> dict[str, list[Any]]:
    error = _by_epoch(found, found.standard_error_T) if found else {}
    if found and found.base_N is not None:  # compared with itself
        error[0] = 0.0
    return {"standard_error": _numbers([error.get(epoch, np.nan) for epoch in measured])}


def _by_epoch(found: Curve, values_T: Array) -> dict[int, float]:
    return dict(zip(found.epochs_T.astype(int).tolist(), values_T.tolist(), strict=True))


def _previews(folder: Path, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    files = {epoch: Path(entry["file"]).name for epoch, entry in _last_by_epoch(entries).items()}
    return [{"epoch": epoch, "file": file} for epoch, file in files.items() if (folder / "previews" / file).is_file()]


def _status(events: Sequence[dict[str, Any]]) -> str:
    last = next((entry["what"] for entry in reversed(events) if entry["what"] in (*_ENDINGS, "resumed")), "")
    return last if last in _ENDINGS else "training"


def _numbers(values: Any) -> list[float | None]:
    """Seven digits are all that a float32 loss has."""
    return [float(f"{value:.7g}") if np.isfinite(value) else None for value in values]
