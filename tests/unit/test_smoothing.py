"""The smoother keeps minima where they are, ignores spikes, and says how much a curve fluctuates."""

from __future__ import annotations

import numpy as np
import pytest

from lora_core.picking.local_quadratic import MATRIX_UP_TO, ByConvolution, ByMatrix, local_quadratic
from lora_core.picking.smoothing import fit_smoother


@pytest.mark.parametrize("lowest", [3.0, 30.0, 77.0, 100.0])
def test_quadratic_comes_back_unchanged_so_its_minimum_does_not_move(lowest: float) -> None:
    epochs = np.arange(1.0, 101.0)
    losses = 0.12 + 1e-6 * (epochs - lowest) ** 2
    smoother = fit_smoother(epochs, losses)
    np.testing.assert_allclose(smoother(losses), losses, rtol=1e-9)
    assert smoother.sigma < 1e-9


@pytest.mark.parametrize("count", [40, MATRIX_UP_TO + 1])
def test_weights_sum_to_one(count: int) -> None:
    numbers = np.random.default_rng(1)
    smoother = fit_smoother(np.arange(1.0, count + 1), numbers.normal(size=count))
    np.testing.assert_allclose(smoother(np.ones(count)), 1, rtol=1e-9)


def every_epoch() -> np.ndarray:
    return np.arange(1.0, 2001.0)


def every_fifth_and_the_last() -> np.ndarray:
    return np.append(np.arange(5.0, 2502.0, 5), 2503.0)


def with_a_gap() -> np.ndarray:
    return np.concatenate([np.arange(1.0, 421.0), [5000.0], np.arange(6000.0, 6200.0)])


@pytest.mark.parametrize("epochs", [every_epoch(), every_fifth_and_the_last(), with_a_gap()])
def test_a_long_curve_is_smoothed_as_by_its_matrix(epochs: np.ndarray) -> None:
    numbers = np.random.default_rng(7)
    robust = numbers.uniform(size=len(epochs)) * (numbers.uniform(size=len(epochs)) > 0.1)
    losses_EN = 0.13 + 0.002 * numbers.normal(size=(len(epochs), 3))
    losses_EN[50:52] = 1e15  # so far off that it would be felt everywhere, were sums not local
    robust[50:52] = 0.5
    half_width = 0.12 * (epochs[-1] - epochs[0])
    matrix, long = ByMatrix(epochs, half_width, robust), local_quadratic(epochs, half_width, robust)
    assert isinstance(long, ByConvolution)
    np.testing.assert_allclose(long(losses_EN), matrix(losses_EN), rtol=1e-8)
    np.testing.assert_allclose(long(losses_EN[:, 0]), matrix(losses_EN)[:, 0], rtol=1e-8)
    np.testing.assert_allclose(long.squares_E, matrix.squares_E, rtol=1e-8)
    assert long.trace == pytest.approx(matrix.trace, rel=1e-9)


def test_epochs_far_apart_are_not_spread_out_on_a_grid() -> None:
    epochs = np.append(np.arange(1.0, 500.0), 2e9)
    assert isinstance(local_quadratic(epochs, 1e6, np.ones(500)), ByMatrix)


def test_mean_of_smoothed_pictures_is_the_smoothed_mean() -> None:
    numbers = np.random.default_rng(2)
    losses_TN = numbers.normal(size=(50, 8))
    smoother = fit_smoother(np.arange(50.0), losses_TN.mean(axis=1))
    np.testing.assert_allclose(smoother(losses_TN).mean(axis=1), smoother(losses_TN.mean(axis=1)), atol=1e-12)


def test_spikes_have_no_weight() -> None:
    numbers = np.random.default_rng(3)
    epochs = np.arange(1.0, 101.0)
    clean = 0.12 + 1e-6 * (epochs - 40) ** 2 + 1e-5 * numbers.normal(size=100)
    spiked = clean.copy()
    spiked[[20, 21, 60]] += 0.05
    smoother = fit_smoother(epochs, spiked)
    assert np.flatnonzero(smoother.spikes_E).tolist() == [20, 21, 60]
    assert np.abs(smoother(spiked) - fit_smoother(epochs, clean)(clean)).max() < 1e-5


@pytest.mark.parametrize("wobble", [0.0, 1e-5])
def test_the_steep_fall_of_the_first_epochs_is_no_row_of_spikes(wobble: float) -> None:
    """As the curve of averaged weights begins: too steep for the window, but no point is off its neighbours."""
    epochs = np.arange(1.0, 201.0)
    losses = 0.09 + 0.02 * np.exp(-epochs / 8) + 1e-7 * (epochs - 70) ** 2
    losses += wobble * np.random.default_rng(6).normal(size=200)
    losses[120] += 0.02
    assert np.flatnonzero(fit_smoother(epochs, losses).spikes_E).tolist() == [120]


def test_sigma_is_the_wobble() -> None:
    numbers = np.random.default_rng(4)
    epochs = np.arange(1.0, 401.0)
    losses = np.sin(epochs / 120) + 0.01 * numbers.normal(size=400)
    assert fit_smoother(epochs, losses).sigma == pytest.approx(0.01, rel=0.1)


def test_error_covers_the_truth_as_often_as_it_should() -> None:
    numbers = np.random.default_rng(5)
    epochs = np.arange(1.0, 101.0)
    truth = 0.12 + 1e-6 * (epochs - 40) ** 2
    inside = []
    for _ in range(200):
        losses = truth + 1e-3 * numbers.normal(size=100)
        smoother = fit_smoother(epochs, losses)
        inside.append(np.abs(smoother(losses) - truth) < 2 * smoother.error_E)
    assert 0.90 < np.mean(inside) < 0.98


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_a_few_points_are_no_trouble(count: int) -> None:
    epochs = np.arange(1.0, count + 1.0)
    losses = np.linspace(1.0, 0.5, count)
    np.testing.assert_allclose(fit_smoother(epochs, losses)(losses), losses, rtol=1e-9)


def test_unevenly_spaced_epochs() -> None:
    epochs = np.array([1.0, 2, 3, 10, 50, 51, 52, 53, 120, 200])
    losses = 0.1 + 1e-6 * (epochs - 60) ** 2
    np.testing.assert_allclose(fit_smoother(epochs, losses)(losses), losses, rtol=1e-6)
