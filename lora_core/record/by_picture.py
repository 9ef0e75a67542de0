"""What was measured of each picture: what curves are fitted to, for the chart, the picker and the retention alike."""

from __future__ import annotations

import numpy as np

from .entries import Measured
from .history import History


def losses_by_picture(history: History, kind: Measured) -> dict[int, list[float]]:
    """Each picture's loss by epoch, the weighted mean over its timesteps.

    Runs of format 1 recorded no grid: all their losses count the same. A measurement that does not match its grid is
    left out; if the rest differ in their number of pictures, there is no curve.
    """
    weights_NK = np.asarray(history.grids.get("probe" if kind is Measured.PROBE else "validation", [[1.0]]), float)
    measured = {
        epoch: rows
        for epoch, rows in sorted(history.losses[kind].items())
        if weights_NK.size == 1 or weights_NK.shape == (len(rows), len(rows[0]))
    }
    if len({(len(rows), len(rows[0])) for rows in measured.values()}) == 1:
        losses_ENK = np.asarray(list(measured.values()), float)
        return dict(zip(measured, (weights_NK * losses_ENK).mean(axis=2).tolist(), strict=True))
    by_picture = {
        epoch: (weights_NK * np.asarray(rows, float)).mean(axis=1).tolist() for epoch, rows in measured.items()
    }
    return by_picture if len({len(losses) for losses in by_picture.values()}) <= 1 else {}
