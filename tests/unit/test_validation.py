"""The validation grid: fixed, stratified, and an honest mean."""

from __future__ import annotations

import torch

from lora_core.validation import as_rows, stratified_timesteps


def test_every_picture_sees_every_stratum() -> None:
    timesteps = stratified_timesteps(8, 4, seed=0)
    assert timesteps.shape == (8, 4)
    assert torch.equal(timesteps // 250, torch.arange(4).expand(8, 4))


def test_the_pictures_together_cover_the_schedule_evenly() -> None:
    """8 x 4 points: one in each of the 32 cells of 31.25 timesteps."""
    cells = (stratified_timesteps(8, 4, seed=0).flatten() / 31.25).long()
    assert sorted(cells.tolist()) == list(range(32))


def test_the_mean_over_the_grid_is_the_mean_over_all_timesteps() -> None:
    """For a smooth function of the timestep, as the loss is, the grid's mean is the whole schedule's to a percent."""
    decay = torch.exp(-torch.arange(1000) / 200.0)
    estimate = decay[stratified_timesteps(8, 4, seed=0)].mean()
    assert abs(estimate - decay.mean()) / decay.mean() < 0.01


def test_the_grid_is_fixed_by_its_seed() -> None:
    assert torch.equal(stratified_timesteps(8, 4, 0), stratified_timesteps(8, 4, 0))
    assert not torch.equal(stratified_timesteps(8, 4, 0), stratified_timesteps(8, 4, 1))


def test_rows_for_the_record_keep_what_float32_can_tell() -> None:
    losses = torch.tensor([[0.123456789, 2.0], [1e-8, 3.5]])
    assert torch.equal(torch.tensor(as_rows(losses)), losses)
