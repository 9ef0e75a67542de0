"""The plot of a dial as an IMAGE, with a notice in its place where there is none."""

from __future__ import annotations

from torch import Tensor

from ...lora_core.lettering import notice
from ...lora_core.record.canvas import to_array
from ...lora_core.record.dial_figure import draw_dial
from ...lora_core.requirements import MATPLOTLIB
from ...lora_core.restyle.calibration import Calibration
from .images import from_arrays, from_pil

_SIZE = 960, 420


def dial_plot(calibration: Calibration | None, dial: float | None = None) -> Tensor:
    """The curve of a calibration, and where the dial stands on it."""
    problem = MATPLOTLIB.problem()
    if problem:  # the numbers are there: only the picture is missing
        return from_pil(notice(problem, *_SIZE))
    if calibration is None:
        return from_pil(notice("This dial is not calibrated. Dial Steps and Dial Calibration measure it.", *_SIZE))
    return from_arrays([to_array(draw_dial(calibration, *_SIZE, dial))])
