"""The figure of a LoRA's strengths: the validation loss against that at strength 1, with error bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..picking.strength import FULL, StrengthCurve
from .canvas import LIGHT, blank, open_frame, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_strengths(curve: StrengthCurve, title: str, width: int, height: int) -> Figure:
    """Draws a curve.

    Args:
        curve: of one checkpoint.
        title: which one.
        width: of the figure in pixels.
        height: of the figure in pixels.

    Raises:
        RequirementError: matplotlib cannot be used.
    """
    figure = blank(width, height)
    axes = figure.subplots()
    percent_S = 100 * np.asarray(curve.difference)
    errors_S = None if curve.standard_error is None else 100 * np.asarray(curve.standard_error)
    axes.axhline(0, color=LIGHT.faint, linewidth=0.8)
    axes.axvline(FULL, color=LIGHT.faint, linewidth=0.8)
    axes.errorbar(curve.strengths, percent_S, errors_S, color=LIGHT.validation, marker="o", markersize=4, capsize=2.5)
    best = curve.strengths.index(curve.lowest)
    axes.plot(curve.lowest, percent_S[best], "o", markersize=9, color=LIGHT.point, zorder=3)
    axes.set_xlabel("strength of the LoRA", color=LIGHT.ink)
    axes.set_ylabel("validation loss against strength 1, %", color=LIGHT.ink)
    open_frame(axes)
    figure.suptitle(plain(f"{title}\n{curve.reason}"), color=LIGHT.ink, fontsize=9, wrap=True)
    return figure
