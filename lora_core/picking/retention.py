"""Which checkpoints are kept: the last, those the picker could want, and an even sample of what was validated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .curve import fit_curve
from .selection import select


def keep(epochs: Sequence[int], validated: Mapping[int, float], budget: int) -> set[int]:
    """The epochs to keep, at most `budget` of them.

    Args:
        epochs: increasing epochs whose checkpoints are on the disk.
        validated: validation loss by epoch, of those validated so far.
        budget: the most checkpoints to keep, at least 1.
    """
    kept = list(epochs)
    wanted = _wanted(epochs, validated)[:budget]
    while len(kept) > budget:
        kept.remove(_most_dispensable(kept, wanted, validated))
    return set(kept)


def _wanted(epochs: Sequence[int], validated: Mapping[int, float]) -> list[int]:
    """The last epoch, then what the rules would pick, then the other candidates: the most wanted first."""
    wanted = [epochs[-1]]
    curve = fit_curve(list(validated), [[loss] for loss in validated.values()])
    if curve is not None:
        lowest = select(curve, epochs[-1], "lowest", available=epochs)
        earliest = select(curve, epochs[-1], "earliest", available=epochs)
        wanted += [lowest.epoch, earliest.epoch, *(epoch for epoch in lowest.candidates if epoch in epochs)]
    return list(dict.fromkeys(wanted))


def _most_dispensable(kept: Sequence[int], wanted: Sequence[int], validated: Mapping[int, float]) -> int:
    """Of those not wanted, first the never validated ones, the one that leaves the smallest gap."""
    neighbours = zip([0, *kept[:-1]], kept, [*kept[1:], kept[-1]], strict=True)
    gaps = {epoch: after - before for before, epoch, after in neighbours if epoch not in wanted}
    return min(gaps, key=lambda epoch: (epoch in validated, gaps[epoch]))
