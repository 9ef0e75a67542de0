"""The figure of a run: validation losses with regions G and O and the point p, training loss below on its own scale.

The two do not share an axis: the training loss varies more from epoch to epoch than the validation loss ever moves, and
on a common scale the curve that decides would be a flat line. The probe does share it: it is training pictures, but
measured like the validation ones, so the gap between the two is overfitting. How far its pictures can be told from the
held-out ones has a panel of its own.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..picking.curve import Region
from ..picking.pick import Selection
from ..picking.weights import Weights
from .canvas import DARK, LIGHT, Palette, blank
from .view import Numbers, ProbeCurve, RunView, TrainCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 150
"""Font size at a width of 1600 pixels; type shrinks with the square root of the width, and lines are broken."""
_WIDTH = 1600
_CHARACTERS = 14
"""Characters of the sentence above the curve that fit into an inch."""
_LEGEND = 1.75
"""Inches that one entry of the legend takes."""
_TALL = 5.0
"""Inches of a figure that has room for a third panel."""


def draw(view: RunView, *, width: int, height: int, dark: bool = False) -> Figure:
    """Draws a run.

    Args:
        view: of the run.
        width: of the figure in pixels.
        height: of the figure in pixels.
        dark: light lines on a dark background.

    Raises:
        RequirementError: matplotlib cannot be used.
    """
    palette = DARK if dark else LIGHT
    figure = blank(width, height, _DPI * (width / _WIDTH) ** 0.5, palette)
    known = view.probe is not None and any(share is not None for share in view.probe.told_apart)
    probe = view.probe if known and figure.get_size_inches()[1] >= _TALL else None
    ratios = (3, 1, 0.8) if probe else (3, 1)
    panels = figure.subplots(len(ratios), 1, sharex=True, gridspec_kw={"height_ratios": ratios})
    for axes in panels:
        _style(axes, palette)
    _draw_validation(panels[0], view, palette)
    _draw_training(panels[1], view.train, palette)
    if probe:
        _draw_told_apart(panels[2], probe, palette)
    _title(figure, panels[0], view, palette)
    panels[-1].set_xlabel("epoch", color=palette.ink)
    panels[-1].set_xlim(0, max(view.epoch, 1) * 1.01)
    return figure


def _style(axes: Axes, palette: Palette) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_facecolor(palette.ground)
    axes.grid(axis="y", color=palette.faint, alpha=0.25, linewidth=0.6)
    axes.tick_params(colors=palette.ink, labelsize=8, length=3)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(palette.faint)


def _title(figure: Figure, axes: Axes, view: RunView, palette: Palette) -> None:
    """The run's name in bold, what the curve says, and the legend, placed where it covers nothing."""
    name = figure.suptitle(view.run, x=0.012, ha="left", fontsize=11, weight="bold", color=palette.ink)
    name.set_parse_math(False)
    width = figure.get_size_inches()[0]
    rows = _legend(axes, max(1, int(width / _LEGEND)), palette)
    sentence = "\n".join(textwrap.wrap(view.summary, int((width - 0.8) * _CHARACTERS)))
    axes.set_title(sentence, loc="left", fontsize=9.5, color=palette.ink, pad=7 + 12.5 * rows)


def _legend(axes: Axes, columns: int, palette: Palette) -> int:
    """The legend above the axes; returns how many rows it takes. Things of the same name share one entry."""
    entries: dict[str, list[Any]] = {}
    for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
        entries.setdefault(name, []).append(handle)
    if not entries:
        return 0
    axes.legend(
        [tuple(handles) for handles in entries.values()],
        list(entries),
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.4,
        borderpad=0,
        columnspacing=1.6,
        handlelength=1.8,
        markerscale=1.3,
        fontsize=7.5,
        frameon=False,
        labelcolor=palette.ink,
        ncol=columns,  # the older name, which every version accepts
    )
    return -(-len(entries) // columns)


def _draw_validation(axes: Axes, view: RunView, palette: Palette) -> None:
    """The curve of the picked weights in bold, the other one thin, and the probe."""
    selection = view.selection
    axes.set_ylabel("validation loss", color=palette.validation)
    of_weights = {Weights.AVERAGED: view.averaged, Weights.RAW: view.validation}
    curves = {weights: curve for weights, curve in of_weights.items() if curve is not None and curve.epoch}
    if not curves:
        return
    main = selection.weights if selection else next(iter(curves))
    validation = curves.pop(main)
    epochs, losses = np.asarray(validation.epoch, float), _array(validation.loss)
    smooth, error = _array(validation.smooth), np.nan_to_num(_array(validation.standard_error))
    probe = _array(view.probe.aligned) if view.probe else None
    others = [_array(other.smooth)[1:] for other in curves.values()]
    _limits(axes, losses, smooth, error, others, probe)
    if selection:
        _shade(axes, selection.region_g, "G  look here", palette.region_g)
        _shade(axes, selection.region_o, "O  overfitting", palette.region_o)
    trained = epochs > 0
    named = f"{main if curves else 'smoothed'}, ± 1 standard error"
    colour = palette.validation
    axes.plot(epochs[trained], smooth[trained], color=colour, linewidth=2, label=named, zorder=3)
    axes.fill_between(
        epochs[trained],
        (smooth - error)[trained],
        (smooth + error)[trained],
        color=colour,
        alpha=0.15,
        linewidth=0,
        label=named,
    )
    axes.plot(epochs, losses, ".", color=colour, alpha=0.4, markersize=3, markeredgewidth=0, label="measured")
    for weights, curve in curves.items():
        thin = _array(curve.smooth)[1:]
        axes.plot(curve.epoch[1:], thin, color=colour, alpha=0.65, linewidth=0.9, label=weights)
    if view.probe is not None and probe is not None:
        axes.plot(
            view.probe.epoch,
            probe,
            color=palette.training,
            linestyle=(0, (5, 2.5)),
            linewidth=1.3,
            label="training pictures",
        )
    if not trained[0] and np.isfinite(losses[0]):
        axes.axhline(losses[0], color=palette.faint, linewidth=1, linestyle=(0, (1, 2)), label="no LoRA")
    if selection:
        _mark(axes, selection, epochs, smooth, palette)


def _limits(
    axes: Axes,
    losses: NDArray[np.float64],
    smooth: NDArray[np.float64],
    error: NDArray[np.float64],
    others: Sequence[NDArray[np.float64]],
    probe: NDArray[np.float64] | None,
) -> None:
    """Limits that fit the curves and the band. A spike may go beyond them, as it would flatten everything else.

    So may the probe, which keeps falling: below the curves it gets half as much room as they take themselves.
    """
    curve = smooth if np.isfinite(smooth).any() else losses
    values = np.concatenate([curve - error, curve + error, losses[:1], *others])
    values = values[np.isfinite(values)]
    if not len(values):
        return
    low, high = float(values.min()), float(values.max())
    if probe is not None and np.isfinite(probe).any():
        low = max(min(low, float(np.nanmin(probe))), low - (high - low) / 2)
    room = (high - low or abs(high) or 1.0) * 0.12
    axes.set_ylim(low - 2 * room, high + room)


def _shade(axes: Axes, region: Region | None, name: str, colour: str) -> None:
    if region is None:
        return
    first, last = region
    axes.axvspan(first - 0.5, last + 0.5, color=colour, alpha=0.09, linewidth=0)
    label = axes.text(first, 0.02, f" {name}", color=colour, fontsize=8.5, weight="bold", zorder=5)
    label.set_transform(axes.get_xaxis_transform())
    _outline(label, axes.get_facecolor())


def _mark(
    axes: Axes, selection: Selection, epochs: NDArray[np.float64], smooth: NDArray[np.float64], palette: Palette
) -> None:
    """The candidates as rings, p as a dot with its epoch."""
    at = dict(zip(epochs.astype(int).tolist(), smooth.tolist(), strict=True))
    rings = [epoch for epoch in selection.candidates if epoch != selection.epoch]
    if rings:
        axes.plot(
            rings,
            [at[epoch] for epoch in rings],
            "o",
            markerfacecolor=palette.ground,
            markeredgecolor=palette.validation,
            markersize=6,
            label="other candidates",
        )
    epoch = selection.epoch
    height = at.get(epoch, float(np.interp(epoch, epochs, smooth)))
    axes.plot([epoch], [height], "o", color=palette.point, markersize=8, zorder=5)
    label = axes.annotate(
        f"p = epoch {epoch}",
        (epoch, height),
        xytext=(0, -16),
        textcoords="offset points",
        ha="right" if epoch > 0.9 * epochs[-1] else "left" if epoch < 0.1 * epochs[-1] else "center",
        color=palette.point,
        fontsize=9,
        weight="bold",
        zorder=5,
    )
    _outline(label, palette.ground)


def _outline(label: Any, ground: Any) -> None:
    """Makes a label readable on top of lines."""
    from matplotlib.patheffects import withStroke

    label.set_path_effects([withStroke(linewidth=2.5, foreground=ground)])


def _draw_training(axes: Axes, train: TrainCurve, palette: Palette) -> None:
    axes.set_ylabel("training loss", color=palette.training)
    epochs = np.asarray(train.epoch, float)
    axes.fill_between(epochs, _array(train.low), _array(train.high), color=palette.training, alpha=0.18, linewidth=0)
    axes.plot(epochs, _array(train.loss), color=palette.training, alpha=0.45, linewidth=0.7)
    axes.plot(epochs, _array(train.smooth), color=palette.training, linewidth=1.5)


def _draw_told_apart(axes: Axes, probe: ProbeCurve, palette: Palette) -> None:
    """From chance, or the lowest share, to all pairs, with the interval."""
    axes.set_ylabel("told from\nheld-out, %", color=palette.region_o)
    low, share, high = (
        100 * _array(values) for values in (probe.told_apart_low, probe.told_apart, probe.told_apart_high)
    )
    lowest = min(44.0, float(np.nanmin(share)))
    axes.set_ylim(lowest - 4, 104)
    axes.set_yticks([tick for tick in (0, 25, 50, 75, 100) if tick >= lowest])
    axes.fill_between(probe.epoch, low, high, color=palette.region_o, alpha=0.12, linewidth=0)
    axes.plot(probe.epoch, share, ".-", color=palette.region_o, linewidth=1.5, markersize=4)
    axes.axhline(50, color=palette.faint, linewidth=1, linestyle=(0, (1, 2)))


def _array(values: Numbers) -> NDArray[np.float64]:
    return np.asarray([np.nan if value is None else value for value in values], float)
