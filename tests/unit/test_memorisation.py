"""How far training pictures are told from held-out ones: made cases, counted by hand, and the interval's coverage."""

from __future__ import annotations

import itertools
import math
from statistics import NormalDist

import numpy as np
import pytest

from lora_core.picking.memorisation import ToldApart, describe, interval, pairs_ahead, told_apart


def counted(ones: list[float], others: list[float]) -> float:
    """The share of pairs, one pair after the other."""
    points = [1.0 if one > other else 0.5 if one == other else 0.0 for one, other in itertools.product(ones, others)]
    return sum(points) / len(points)


def test_the_share_is_that_of_all_pairs() -> None:
    generator = np.random.default_rng(0)
    ones, others = generator.integers(0, 5, (20, 7)).astype(float), generator.integers(0, 5, (20, 4)).astype(float)
    expected = [counted(*pair) for pair in zip(ones.tolist(), others.tolist(), strict=True)]
    assert pairs_ahead(ones, others) == pytest.approx(expected)


def test_the_ends_of_the_interval_are_1_96_of_their_own_errors_away() -> None:
    """Hanley and McNeil's error, written out with the moments of their exponential model."""
    low, high = interval(np.array([0.8]), 8, 6)
    for end in (float(low[0]), float(high[0])):
        first, second = end / (2 - end), 2 * end**2 / (1 + end)
        variance = (end * (1 - end) + 6 * (first - end**2) + 6 * (second - end**2)) / (8 * 6)
        assert abs(end - 0.8) == pytest.approx(1.96 * math.sqrt(variance), rel=1e-6)


def test_a_perfect_share_of_few_pictures_is_not_certain() -> None:
    low, high = interval(np.array([0.0, 0.5, 1.0]), 8, 8)
    assert (low[0], high[2]) == (0, 1)
    assert low[2] == pytest.approx(0.756, abs=0.001) and high[0] == pytest.approx(1 - low[2])
    assert low[1] + high[1] == pytest.approx(1)


@pytest.mark.parametrize("truth", [0.5, 0.7, 0.85, 0.95])
@pytest.mark.parametrize("spread", [1.0, 2.0])
def test_the_interval_of_eight_against_eight_covers_the_truth(truth: float, spread: float) -> None:
    """In 94 to 97 of 100 invented measurements; that of DeLong et al., computed beside it, in fewer."""
    generator = np.random.default_rng(1)
    apart = NormalDist().inv_cdf(truth) * math.hypot(1, spread)
    ones, others = generator.normal(apart, 1, (2000, 8)), generator.normal(0, spread, (2000, 8))
    share = pairs_ahead(ones, others)
    low, high = interval(share, 8, 8)
    assert 0.93 < np.mean((low <= truth) & (truth <= high)) < 0.985
    ahead = 0.5 * (1 + np.sign(ones[:, :, None] - others[:, None, :]))
    error = np.sqrt(ahead.mean(axis=2).var(axis=1, ddof=1) / 8 + ahead.mean(axis=1).var(axis=1, ddof=1) / 8)
    assert np.mean(np.abs(share - truth) <= 1.96 * error) < 0.94


def learned(gains: list[float], epochs: range) -> dict[int, list[float]]:
    """Losses that begin at different heights and fall by these amounts an epoch."""
    return {epoch: [1 + index - gain * epoch for index, gain in enumerate(gains)] for epoch in epochs}


def test_gains_are_compared_and_not_losses() -> None:
    training = learned([0.03, 0.04, 0.05], range(0, 41, 5))
    held_out = learned([0.01, 0.02, 0.045], range(41))
    found = told_apart(training, held_out)
    assert list(found) == list(range(5, 41, 5))
    assert found[20].share == pytest.approx(counted([0.03, 0.04, 0.05], [0.01, 0.02, 0.045]))
    assert found[20].low < found[20].share < found[20].high


def test_a_spike_of_the_weights_moves_neither() -> None:
    training, held_out = learned([0.03, 0.04], range(0, 101, 5)), learned([0.01, 0.02], range(101))
    calm = told_apart(training, held_out)
    for losses in (training, held_out):
        losses[50] = [loss + 3 * index for index, loss in enumerate(losses[50], start=1)]
    assert told_apart(training, held_out)[45].share == calm[45].share == 1


def test_without_a_measurement_of_no_lora_or_a_probe_there_is_nothing() -> None:
    held_out = learned([0.01, 0.02], range(11))
    assert told_apart({}, held_out) == {}
    assert told_apart({5: [1.0, 1.0], 10: [1.0, 1.0]}, held_out) == {}
    assert told_apart({0: [1.0, 1.0]}, held_out) == {}
    assert list(told_apart({0: [1.0, 1.0], 5: [math.nan, 1.0], 10: [0.5, 0.5]}, held_out)) == [10]


def test_one_measurement_is_taken_as_it_is() -> None:
    found = told_apart({0: [1.0, 1.0], 5: [0.5, 0.99]}, {0: [1.0, 1.0], 5: [0.9, 0.9]})
    assert found[5].share == 0.5


def test_the_sentence_is_that_of_the_nearest_measurement() -> None:
    found = {5: ToldApart(0.5625, 0.3, 0.79), 10: ToldApart(0.875, 0.6, 0.97)}
    assert describe(found, 9) == (
        "Training pictures can be told from held-out ones in 88 % of pairs (95 % interval 60 to 97 %): the LoRA "
        "knows its own pictures better than others of the style."
    )
    assert describe(found, 2).endswith("in 56 % of pairs (95 % interval 30 to 79 %), where chance alone gives 50 %.")
    assert describe({}, 2) == ""
