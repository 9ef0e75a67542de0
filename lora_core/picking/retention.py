"""Which checkpoints are kept: the last, those the picker could want, and an even sample of what was validated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .curve import Curve, difference_error, fit_curve
from .selection import select

LEAST_WORTH = 0.05
"""What an epoch is still worth that is certainly worse than the best, so that the sample covers the whole run."""


def keep(epochs: Sequence[int], validated: Mapping[int, Sequence[float]], budget: int) -> set[int]:
    """The epochs to keep, at most `budget` of them.

    Args:
        epochs: increasing epochs whose checkpoints are on the disk.
        validated: each picture's validation loss by epoch, of those validated so far: what the picker judges by.
        budget: the most checkpoints to keep, at least 1.
    """
    curve = fit_curve(list(validated), list(validated.values()))
    wanted = _wanted(epochs, curve)[:budget]
    worth = _worth(curve)
    kept = list(epochs)
    while len(kept) > budget:
        kept.remove(_most_dispensable(kept, wanted, worth))
    return set(kept)


def _wanted(epochs: Sequence[int], curve: Curve | None) -> list[int]:
    """The last epoch, then what the rules would pick, then the other candidates: the most wanted first."""
    wanted = [epochs[-1]]
    if curve is not None:
        lowest = select(curve, epochs[-1], "lowest", available=epochs)
        earliest = select(curve, epochs[-1], "earliest", available=epochs)
        wanted += [lowest.epoch, earliest.epoch, *(epoch for epoch in lowest.candidates if epoch in epochs)]
    return list(dict.fromkeys(wanted))


def _worth(curve: Curve | None) -> dict[int, float]:
    """How much a checkpoint near each validated epoch is worth: 1 at the lowest loss, less the surer it is worse.

    Later epochs change the curve a little, and with it what is picked: the sample is densest where that may be.
    """
    if curve is None:
        return {}
    excess_E = curve.smooth_E - curve.smooth_E[curve.lowest]
    errors_E = excess_E / np.maximum(difference_error(curve, curve.lowest), 1e-12)
    worth_E = np.maximum(LEAST_WORTH, 1 / (1 + errors_E**2))
    return dict(zip(curve.epochs_E.astype(int).tolist(), worth_E.tolist(), strict=True))


def _most_dispensable(kept: Sequence[int], wanted: Sequence[int], worth: Mapping[int, float]) -> int:
    """Of those not wanted, first the never validated ones, the one whose gap is worth least."""
    neighbours = zip([0, *kept[:-1]], kept, [*kept[1:], kept[-1]], strict=True)
    gaps = {epoch: after - before for before, epoch, after in neighbours if epoch not in wanted}
    return min(gaps, key=lambda epoch: (epoch in worth, gaps[epoch] * worth.get(epoch, 1.0)))
