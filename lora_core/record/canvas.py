"""What all figures share: colours, a canvas of so many pixels, and the ways to hand a figure on."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError
from ..files import atomic_write
from ..requirements import MATPLOTLIB

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALL = 110
"""Dots per inch of a figure with few lines and little text."""


@dataclass(frozen=True)
class Palette:
    """Colours of a figure; colour-blind readers can tell the pairs apart too (after Okabe & Ito 2008)."""

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


def blank(width: int, height: int, dpi: float = SMALL, palette: Palette = LIGHT) -> Figure:
    """A figure of exactly `width` x `height` pixels with nothing in it.

    Raises:
        RequirementError: matplotlib cannot be used.
    """
    MATPLOTLIB.require()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    size = inches(width, dpi), inches(height, dpi)
    figure = Figure(figsize=size, dpi=dpi, facecolor=palette.ground, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def open_frame(axes: Axes, palette: Palette = LIGHT) -> None:
    """Leaves of a small figure's frame what bears the scales."""
    axes.tick_params(colors=palette.ink)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def inches(pixels: int, dpi: float) -> float:
    """The side of a figure whose canvas has exactly `pixels`: some versions of matplotlib round the product down."""
    side = pixels / dpi
    return side if int(side * dpi) == pixels else math.nextafter(side, math.inf)


def plain(text: str) -> str:
    """The text for a label that is wrapped, where a pair of $ would be read as mathematics."""
    return text.replace("$", r"\$")


def to_array(figure: Figure) -> NDArray[np.float32]:
    """The figure's pixels, float32, shape (height, width, 3), 0 to 1."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

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
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("png", "svg", "pdf"):
        raise ConfigError(f"A figure is written as .png, .svg or .pdf, got {path.name!r}.")
    atomic_write(path, encode(figure, kind))


def encode(figure: Figure, kind: str) -> bytes:
    """The figure as the bytes of a png, svg or pdf file: the same ones for the same figure, so without a date."""
    import matplotlib as mpl

    dates = {"svg": "Date", "pdf": "CreationDate"}
    content = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "lora-atelier"}):
        figure.savefig(
            content,
            format=kind,
            facecolor=figure.get_facecolor(),
            metadata={dates[kind]: None} if kind in dates else None,
        )
    return content.getvalue()
