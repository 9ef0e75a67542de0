"""The validation grid: fixed, stratified, placed where LoRAs improve the loss, and still an unbiased mean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from lora_core.rng import stream
from lora_core.training.grid import ValidationGrid, as_rows, placement, stratified_timesteps


def grid(pictures: int, per_picture: int, seed: int = 0) -> ValidationGrid:
    timesteps = stratified_timesteps(pictures, per_picture, stream(seed, "validation_timesteps"))
    return ValidationGrid((), timesteps, seed, "validation")


def test_probabilities_are_those_of_the_formula() -> None:
    """p(x) = 0.9 * 3 (1 - x)^2 + 0.1, integrated over hundreds of timesteps by hand."""
    hundreds = placement().reshape(10, 100).sum(dim=1)
    cubes = [(1 - k / 10) ** 3 for k in range(11)]
    expected = [0.9 * (cubes[k] - cubes[k + 1]) + 0.01 for k in range(10)]
    assert hundreds.tolist() == pytest.approx(expected)
    assert placement().sum().item() == pytest.approx(1)


def test_timesteps_lie_where_the_improvement_of_real_loras_does() -> None:
    """Shares of the improvement by hundreds of timesteps: measured on SD 1.5 by spacepxl (docs/experiment.md)."""
    measured = [0.22, 0.23, 0.18, 0.15, 0.10, 0.06, 0.03, 0.01, 0.01, 0.00]
    assert (placement().reshape(10, 100).sum(dim=1) - torch.tensor(measured)).abs().max() < 0.04


@pytest.mark.parametrize("per_picture", [1, 2, 4])
def test_every_picture_sees_every_stratum_and_together_they_fill_all_cells(per_picture: int) -> None:
    timesteps = grid(8, per_picture).timesteps_NK
    assert timesteps.shape == (8, per_picture)
    quantile = placement().cumsum(0)[timesteps] - placement()[timesteps] / 2
    assert torch.equal((quantile * per_picture).long(), torch.arange(per_picture).expand(8, per_picture))
    assert sorted((quantile * 8 * per_picture).long().flatten().tolist()) == list(range(8 * per_picture))


def test_weights_are_the_inverse_probabilities_and_bounded() -> None:
    weights = grid(8, 2).weights_NK
    assert weights.shape == (8, 2)
    assert weights.min() > 1 / 2.8 and weights.max() < 10
    assert torch.allclose(1 / (1000 * weights), placement()[grid(8, 2).timesteps_NK])


def real_loss() -> Tensor:
    """SD 1.5's base loss by timestep, read off spacepxl's measurements at fifteen places, log-linear between them."""
    at = [0, 10, 25, 50, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 999]
    loss = [0.938, 0.716, 0.586, 0.475, 0.356, 0.284, 0.227, 0.154, 0.104, 0.067, 0.041, 0.023, 0.012, 0.006, 0.002]
    return torch.from_numpy(np.exp(np.interp(np.arange(1000), at, np.log(loss))))


def falling() -> Tensor:
    return torch.exp(-torch.arange(1000, dtype=torch.float64) / 200)


def flat_but_falling() -> Tensor:
    return 0.3 + torch.cos(torch.arange(1000, dtype=torch.float64) / 1000 * torch.pi / 2)


@pytest.mark.parametrize(("per_picture", "tolerance"), [(1, 0.015), (2, 0.005), (4, 0.0025)])
@pytest.mark.parametrize("loss", [real_loss, falling], ids=["real", "exponential"])
def test_the_weighted_mean_is_that_of_all_timesteps(
    loss: Callable[[], Tensor], per_picture: int, tolerance: float
) -> None:
    """8 pictures: the estimate is within the tolerance, and closer than with as many evenly placed timesteps."""
    loss_T = loss()
    truth = float(loss_T.mean())
    placed = grid(8, per_picture)
    error = abs(placed.mean(loss_T[placed.timesteps_NK]) / truth - 1)
    even = ((torch.arange(8 * per_picture) + 0.5) * 1000 / (8 * per_picture)).long()
    assert error < tolerance
    assert error < abs(float(loss_T[even].mean()) / truth - 1)


def test_the_mean_is_honest_for_a_loss_that_is_large_at_the_end_too() -> None:
    """No loss of a diffusion model looks like this, but an estimate must hold for any."""
    placed = grid(8, 4)
    loss_T = flat_but_falling()
    assert placed.mean(loss_T[placed.timesteps_NK]) == pytest.approx(float(loss_T.mean()), rel=0.02)


def test_the_grid_is_fixed_by_its_seed() -> None:
    assert torch.equal(grid(8, 4).timesteps_NK, grid(8, 4).timesteps_NK)
    assert not torch.equal(grid(8, 4).timesteps_NK, grid(8, 4, seed=1).timesteps_NK)


def test_rows_for_the_record_keep_what_float32_can_tell() -> None:
    losses = torch.tensor([[0.123456789, 2.0], [1e-8, 3.5]])
    assert torch.equal(torch.tensor(as_rows(losses)), losses)
