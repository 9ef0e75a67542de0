"""The figure of a run: validation loss with regions G and O and the point p, training loss below on a scale of its own.

The two losses do not share an axis: the training loss of an epoch wobbles by more than the validation loss ever moves,
and on a common scale the curve that decides would be a flat line.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from .errors import ConfigError
from .files import atomic_write

_DPI = 150
"""At 1600 pixels wide; a narrower figure has smaller type in proportion, so that everything finds its place."""
_WIDTH = 1600


@dataclass(frozen=True)
class Palette:
    """Colours of a figure; the pairs are told apart by the colour-blind too (after Okabe & Ito 2008)."""

    ground: str
    ink: str
    faint: str
    validation: str
    training: str
    region_g: str
    region_o: str
    point: str


LIGHT = Palette("#ffffff", "#1f2328", "#8b949e", "#0060a8", "#7a7f87", "#009e73", "#d55e00", "#d81b60")
DARK = Palette("#16181d", "#e6e8eb", "#7d8590", "#56b4e9", "#9aa1ab", "#2bbf94", "#ff8a3d", "#ff6fa5")


def draw(view: dict[str, Any], *, width: int, height: int, dark: bool = False) -> Figure:
    """Draws a run.

    Args:
        view: from lora_core.run_view.run_view.
        width: of the figure in pixels.
        height: of the figure in pixels.
        dark: light lines on a dark ground.
    """
    palette = DARK if dark else LIGHT
    dpi = _DPI * width / _WIDTH
    figure = Figure(figsize=(width / dpi, height / dpi), dpi=dpi, facecolor=palette.ground, layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for axes in (upper, lower):
        _style(axes, palette)
    _title(figure, upper, view, palette)
    _draw_validation(upper, view, palette)
    _draw_training(lower, view["train"], palette)
    lower.set_xlabel("epoch", color=palette.ink)
    lower.set_xlim(0, max(view["epoch"], 1) * 1.01)
    return figure


def to_array(figure: Figure) -> NDArray[np.float32]:
    """The figure's pixels, float32, shape (height, width, 3), 0 to 1."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    return pixels.astype(np.float32) / 255.0


def save(figure: Figure, path: Path) -> None:
    """Writes the figure as PNG, SVG or PDF by the path's ending.

    Raises:
        RunError: it cannot be written.
        ConfigError: the ending is none of them.
    """
    import io

    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("png", "svg", "pdf"):
        raise ConfigError(f"A figure is written as .png, .svg or .pdf, got {path.name!r}.")
    content = io.BytesIO()
    figure.savefig(content, format=kind, facecolor=figure.get_facecolor())
    atomic_write(path, content.getvalue())


def _style(axes: Axes, palette: Palette) -> None:
    axes.set_facecolor(palette.ground)
    axes.grid(axis="y", color=palette.faint, alpha=0.25, linewidth=0.6)
    axes.tick_params(colors=palette.ink, labelsize=8, length=3)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(palette.faint)


def _title(figure: Figure, axes: Axes, view: dict[str, Any], palette: Palette) -> None:
    """The run's name in bold, and below it what the curve says."""
    selection = view["selection"]
    reason = selection["reason"] if selection else "Fewer than three validations so far."
    name = figure.suptitle(view["run"], x=0.012, ha="left", fontsize=11, weight="bold", color=palette.ink)
    name.set_parse_math(False)
    axes.set_title("\n".join(textwrap.wrap(reason, 150)), loc="left", fontsize=9.5, color=palette.ink, pad=10)


def _draw_validation(axes: Axes, view: dict[str, Any], palette: Palette) -> None:
    validation, selection = view["validation"], view["selection"]
    epochs, losses = np.asarray(validation["epoch"], float), _array(validation["loss"])
    smooth, error = _array(validation["smooth"]), np.nan_to_num(_array(validation["standard_error"]))
    axes.set_ylabel("validation loss", color=palette.validation)
    if not len(epochs):
        return
    _limits(axes, losses, smooth, error)
    if selection:
        _shade(axes, selection["region_g"], "G  look here", palette.region_g)
        _shade(axes, selection["region_o"], "O  overfitting", palette.region_o)
    trained = epochs > 0
    axes.fill_between(
        epochs[trained],
        (smooth - error)[trained],
        (smooth + error)[trained],
        color=palette.validation,
        alpha=0.15,
        linewidth=0,
        label="± 1 standard error against no LoRA",
    )
    axes.plot(epochs, losses, ".", color=palette.validation, alpha=0.45, markersize=3, label="measured")
    axes.plot(epochs[trained], smooth[trained], color=palette.validation, linewidth=1.8, label="smoothed")
    if not trained[0] and np.isfinite(losses[0]):
        axes.axhline(losses[0], color=palette.faint, linewidth=1, linestyle=(0, (4, 3)), label="no LoRA")
    if selection:
        _mark(axes, selection, epochs, smooth, palette)
    axes.legend(loc="upper right", fontsize=7.5, frameon=False, labelcolor=palette.ink, ncols=5)


def _limits(axes: Axes, losses: NDArray[np.float64], smooth: NDArray[np.float64], error: NDArray[np.float64]) -> None:
    """Room for the curve and its band; a spike may leave the picture, or it would flatten everything else."""
    curve = smooth if np.isfinite(smooth).any() else losses
    values = np.concatenate([curve - error, curve + error, losses[:1]])
    values = values[np.isfinite(values)]
    if not len(values):
        return
    low, high = float(values.min()), float(values.max())
    room = (high - low or abs(high) or 1.0) * 0.12
    axes.set_ylim(low - 2 * room, high + 2 * room)


def _shade(axes: Axes, region: Sequence[int] | None, name: str, colour: str) -> None:
    if region is None:
        return
    first, last = region
    axes.axvspan(first - 0.5, last + 0.5, color=colour, alpha=0.09, linewidth=0)
    axes.text(first, 0.02, f" {name}", color=colour, fontsize=8.5, weight="bold", transform=axes.get_xaxis_transform())


def _mark(axes: Axes, selection: dict[str, Any], epochs: Any, smooth: NDArray[np.float64], palette: Palette) -> None:
    """The candidates as rings, p as a dot with its epoch."""
    at = dict(zip(epochs.astype(int).tolist(), smooth.tolist(), strict=True))
    rings = [epoch for epoch in selection["candidates"] if epoch != selection["epoch"]]
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
    epoch = selection["epoch"]
    height = at.get(epoch, float(np.interp(epoch, epochs, smooth)))
    axes.plot([epoch], [height], "o", color=palette.point, markersize=8, zorder=5)
    axes.annotate(
        f"p = epoch {epoch}",
        (epoch, height),
        xytext=(0, -16),
        textcoords="offset points",
        ha="right" if epoch > 0.9 * epochs[-1] else "left" if epoch < 0.1 * epochs[-1] else "center",
        color=palette.point,
        fontsize=9,
        weight="bold",
    )


def _draw_training(axes: Axes, train: dict[str, list[Any]], palette: Palette) -> None:
    axes.set_ylabel("training loss", color=palette.training)
    epochs = np.asarray(train["epoch"], float)
    axes.fill_between(
        epochs, _array(train["low"]), _array(train["high"]), color=palette.training, alpha=0.18, linewidth=0
    )
    axes.plot(epochs, _array(train["loss"]), color=palette.training, alpha=0.45, linewidth=0.7)
    axes.plot(epochs, _array(train["smooth"]), color=palette.training, linewidth=1.5)


def _array(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.asarray([np.nan if value is None else value for value in values], float)
