"""Copies among generated pictures, and the plan of the experiment on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from benchmarks._choosing.copies import Copies, find_copies
from benchmarks.memorisation import jobs, read_looks, report, spread


def test_copies_are_nearer_to_one_training_picture_than_to_any_other() -> None:
    generator = torch.Generator().manual_seed(0)
    training, unseen = (torch.randn(20, 64, generator=generator) for _ in range(2))
    copied = training[:10] + 0.05 * torch.randn(10, 64, generator=generator)
    assert find_copies(copied, training, unseen) == Copies(1.0, 1.0)
    assert find_copies(unseen[:10] + 0.05, training, unseen) == Copies(0.0, 0.0)
    blended = (training[:10] + training[10:]) / 2  # as near to one as to another
    assert find_copies(blended, training, unseen).copied == 0
    assert find_copies(torch.cat([copied, blended]), training, unseen).copied == 0.5


def test_pictures_of_neither_side_are_near_to_both_alike() -> None:
    generator = torch.Generator().manual_seed(0)
    training, unseen, others = (torch.randn(400, 4, generator=generator) for _ in range(3))
    assert find_copies(others, training, unseen).nearer == pytest.approx(0.5, abs=0.05)
    more = torch.cat([unseen, others])
    assert find_copies(others, training, more) == find_copies(others, training, unseen)  # equal numbers count


def test_too_few_unseen_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="as many unseen"):
        find_copies(torch.zeros(1, 2), torch.zeros(3, 2), torch.zeros(2, 2))


def test_epochs_are_spread_from_the_first_to_the_last() -> None:
    assert spread([5, 10, 15, 20, 25], 3) == [5, 15, 25]
    assert spread([5, 10], 6) == [5, 10]


def test_every_run_has_pictures_of_its_own() -> None:
    planned = jobs()
    assert len({job.name for job in planned}) == len({job.seed for job in planned}) == len(planned) == 8
    assert sorted({job.condition.training for job in planned}) == [16, 32, 64, 128]


def test_the_report_has_a_row_for_each_look(tmp_path: Path) -> None:
    planned = jobs()
    row = {
        "epoch": 40,
        "told_apart": {"share": 0.8125, "low": 0.52, "high": 0.94},
        "copies": {"nearer": 0.75, "copied": 0.125},
    }
    (tmp_path / f"{planned[0].name}.json").write_text(json.dumps([row]))
    assert read_looks(tmp_path / f"{planned[0].name}.json")[0].copies == Copies(0.75, 0.125)
    lines = list(report(planned, tmp_path))
    assert lines[2] == "| 16 pictures, bauhaus | 40 | 81 % | 52 to 94 % | 75 % | 12 % |"
    assert lines[-1] == "1 of 8 runs are done."
