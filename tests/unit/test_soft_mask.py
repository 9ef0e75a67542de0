"""Soft masks: what is black stays black, and edges rise inside what is white."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lora_core.restyle.soft_mask import FAINT, SEAM, feathered, seam


def half(height: int = 40, width: int = 120) -> torch.Tensor:
    """Black on the left, white on the right."""
    mask_BHW = torch.zeros(1, height, width)
    mask_BHW[..., width // 2 :] = 1
    return mask_BHW


@given(st.integers(0, 60), st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_nowhere_lighter_than_it_was(width: int, rows: int, columns: int, seed: int) -> None:
    mask_BHW = torch.rand((2, rows, columns), generator=torch.Generator().manual_seed(seed)).round(decimals=1)
    for softer_BHW in (feathered(mask_BHW, width), seam(mask_BHW / 10)):
        assert softer_BHW.shape == mask_BHW.shape
        assert (softer_BHW[mask_BHW == 0] == 0).all()
    assert (feathered(mask_BHW, width) <= mask_BHW).all()


@pytest.mark.parametrize("width", [2, 7, 16, 40])
def test_an_edge_rises_evenly_over_the_width_and_is_white_beyond(width: int) -> None:
    row = feathered(half(), width)[0, 20]
    rise = row[60 : 60 + width]
    assert (row[:60] == 0).all()
    assert torch.allclose(row[60 + width :], torch.ones(60 - width))
    assert (rise.diff() >= 0).all()
    assert rise.diff().max() < 3 / width
    assert rise.mean() == pytest.approx(0.5, abs=1 / width)


def test_without_width_it_is_the_same_mask() -> None:
    mask_BHW = half()
    assert feathered(mask_BHW, 0) is mask_BHW
    assert feathered(mask_BHW, 1) is mask_BHW


def test_the_border_of_the_picture_is_no_edge() -> None:
    assert torch.equal(feathered(torch.ones(1, 30, 50), 20), torch.ones(1, 30, 50))


def test_the_seam_lays_grey_over_the_photo_in_full() -> None:
    mask_BHW = half() * 2 * FAINT
    assert torch.allclose(seam(mask_BHW)[..., 60 + SEAM :], torch.ones(60 - SEAM))
    assert (seam(mask_BHW)[..., :60] == 0).all()


def test_what_hardly_changes_is_laid_over_in_part() -> None:
    assert seam(torch.full((1, 40, 40), FAINT / 4)).mean() == pytest.approx(0.25)
