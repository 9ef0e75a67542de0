"""The figure of a dial: line agreement along its path with the dial's quarters, and the style against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..restyle.calibration import Calibration
from .canvas import LIGHT, blank, open_frame, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw_dial(calibration: Calibration, width: int, height: int, dial: float | None = None) -> Figure:
    """Draws what was measured and what the dial makes of it.

    Args:
        calibration: the style has a panel of its own if it was measured.
        width: of the figure in pixels.
        height: of the figure in pixels.
        dial: where it stands, if that is to be shown.

    Raises:
        RequirementError: matplotlib cannot be used.
        ConfigError: the calibration's points make no curve.
    """
    figure = blank(width, height)
    styled = all(point.style is not None for point in calibration.points)
    panels = figure.subplots(1, 2 if styled else 1, squeeze=False)[0]
    _draw_lines(panels[0], calibration, dial)
    if styled:
        _draw_style(panels[1], calibration)
    for axes in panels:
        open_frame(axes)
    pictures = sum(point.pictures for point in calibration.points)
    title = plain(f"{calibration.title}: {pictures} pictures")
    figure.suptitle(title, color=LIGHT.ink, fontsize=9, wrap=True)
    return figure


def _draw_lines(axes: Axes, calibration: Calibration, dial: float | None) -> None:
    """Points with error bars over the hold, the fitted curve, and where the quarters of the dial are on it."""
    curve, points = calibration.curve(), calibration.points
    for quarter in QUARTERS:
        height = curve.promised(quarter)
        axes.axhline(height, color=LIGHT.faint, linewidth=0.6, zorder=0)
        beside = axes.get_yaxis_transform()
        axes.text(1.01, height, f"keep {quarter:g}", color=LIGHT.faint, fontsize=8, va="center", transform=beside)
    course = [(curve.hold(each), curve.promised(each)) for each in np.linspace(0, 1, 201)]
    axes.plot(*zip(*course, strict=True), color=LIGHT.validation, linewidth=1.5)
    axes.errorbar(
        [point.hold for point in points],
        [point.lines for point in points],
        [point.lines_error for point in points],
        color=LIGHT.training,
        fmt="o",
        markersize=3.5,
        capsize=2.5,
        linewidth=1,
    )
    marks = [curve.hold(each) for each in QUARTERS], [curve.promised(each) for each in QUARTERS]
    axes.plot(*marks, "D", color=LIGHT.validation, markersize=5, zorder=3)
    if dial is not None:
        axes.plot(curve.hold(dial), curve.promised(dial), "o", color=LIGHT.point, markersize=9, zorder=4)
    axes.set_xlabel("hold: free to held", color=LIGHT.ink)
    axes.set_ylabel("line agreement (edge F1)", color=LIGHT.ink)


def _draw_style(axes: Axes, calibration: Calibration) -> None:
    """The style against line agreement: what keeping the building costs."""
    points = calibration.points
    style = np.asarray([point.style for point in points], float)
    errors = np.asarray([point.style_error or 0 for point in points], float)
    lines = [point.lines for point in points]
    axes.errorbar(
        lines,
        style,
        errors,
        [point.lines_error for point in points],
        color=LIGHT.region_g,
        marker="o",
        markersize=4,
        capsize=2,
        linewidth=1,
    )
    for end, name in ((0, "free"), (-1, "held")):
        axes.annotate(name, (lines[end], float(style[end])), (8, 7), textcoords="offset points", color=LIGHT.ink)
    axes.set_xlabel("line agreement (edge F1)", color=LIGHT.ink)
    axes.set_ylabel("style gain", color=LIGHT.ink)
