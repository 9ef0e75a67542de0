"""Two hundred epochs under a budget: what the picker wants stays, and what is left is an even sample."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lora_core.picking.curve import fit_curve
from lora_core.picking.retention import keep
from lora_core.picking.selection import select


def train(losses: dict[int, float] | dict[int, list[float]], epochs: int, budget: int) -> list[int]:
    """The epochs on the disk after a run."""
    disk: list[int] = []
    for epoch in range(1, epochs + 1):
        disk.append(epoch)
        known = {other: [loss] if isinstance(loss, float) else loss for other, loss in losses.items() if other <= epoch}
        kept = keep(disk, known, budget)
        assert len(kept) <= budget and epoch in kept and kept <= set(disk)
        disk = sorted(kept)
    return disk


def u_shaped(lowest: int, seed: int = 0) -> dict[int, float]:
    numbers = np.random.default_rng(seed)
    return {e: 0.13 * (1 + 1e-6 * (e - lowest) ** 2 + 2e-4 * numbers.normal()) for e in range(201)}


@pytest.mark.parametrize(("lowest", "budget"), [(15, 20), (84, 3), (150, 10)])
def test_what_the_picker_picks_is_near_the_lowest(lowest: int, budget: int) -> None:
    losses = u_shaped(lowest)
    disk = train(losses, 200, budget)
    found = fit_curve(list(losses), [[loss] for loss in losses.values()])
    best = select(found, 200).epoch
    picked = select(found, 200, available=disk).epoch
    loss = dict(zip(found.epochs_E.astype(int).tolist(), found.smooth_E.tolist(), strict=True))
    assert loss[picked] - loss[best] < 0.02 * (loss[200] - loss[best] + loss[1] - loss[best])


def test_the_rest_is_a_sample_that_reaches_everywhere() -> None:
    disk = train(u_shaped(84), 200, 20)
    assert len(disk) == 20
    gaps = np.diff([0, *disk])
    assert gaps.max() <= 45


def of_eight_pictures(seed: int) -> dict[int, list[float]]:
    """The losses of eight pictures of a run that falls, overfits and wanders."""
    numbers = np.random.default_rng(seed)
    lowest, depth, rise = numbers.uniform(20, 150), numbers.uniform(0.02, 0.08), numbers.uniform(0.05, 0.5)
    epochs_E = np.arange(201)
    parabola_E = ((epochs_E - lowest) / lowest) ** 2 * np.where(epochs_E < lowest, 1, rise)
    walk_EN = np.cumsum(numbers.normal(size=(201, 8)), axis=0)
    noise_EN = 0.004 * walk_EN / np.abs(walk_EN).max() + 0.002 * numbers.normal(size=(201, 8))
    losses_EN = numbers.uniform(0.05, 0.2, 8) * (1 - depth * (1 - parabola_E)[:, None] + noise_EN)
    return dict(enumerate(losses_EN.tolist()))


def test_what_the_picker_would_pick_is_there_or_next_to_it() -> None:
    """Of 20 invented runs: the epoch that a rule picks among all 200, and the one it picks among the 16 kept."""
    off: dict[str, list[int]] = {"lowest": [], "earliest": []}
    for seed in range(20):
        losses = of_eight_pictures(seed)
        curve = fit_curve(list(losses), list(losses.values()))
        disk = train(losses, 200, 16)
        for rule, distances in off.items():
            best = select(curve, 200, rule).epoch
            distances.append(abs(select(curve, 200, rule, available=disk).epoch - best))
    assert all(np.median(distances) <= 1 and max(distances) <= 6 for distances in off.values())


def test_all_stay_within_the_budget() -> None:
    assert train(u_shaped(84), 20, 20) == list(range(1, 21))


def test_without_validation_an_even_sample_and_the_last() -> None:
    disk = train({}, 200, 10)
    assert disk[-1] == 200 and np.diff([0, *disk]).max() <= 40


def test_epochs_that_no_rule_can_judge_go_first() -> None:
    losses = {epoch: loss for epoch, loss in u_shaped(84).items() if epoch % 5 == 0}
    disk = train(losses, 200, 10)
    assert len(disk) == 10 and all(epoch % 5 == 0 for epoch in disk)
    assert np.diff([0, *disk]).max() <= 60


def test_not_a_number_is_no_trouble() -> None:
    losses = u_shaped(84) | {84: math.nan, 85: math.nan}
    assert len(train(losses, 200, 10)) == 10
