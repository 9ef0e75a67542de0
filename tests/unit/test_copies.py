"""Copies among generated pictures, and the plan of the experiment on them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from benchmarks._choosing.by_heart import Look, Run, rank_correlation
from benchmarks._choosing.copies import Copies, find_copies
from benchmarks._choosing.figure import SHADES, draw_copies
from benchmarks.memorisation import RESULTS, jobs, report, spread
from PIL import Image, ImageColor

from devtools.places import ROOT
from lora_core.picking.memorisation import ToldApart


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


def look(epoch: int, share: float, nearer: float, copied: float = 0.0) -> Look:
    return Look(epoch, ToldApart(share, share - 0.2, share + 0.1), Copies(nearer, copied))


def test_the_report_has_a_row_for_each_epoch_that_was_looked_at(tmp_path: Path) -> None:
    planned = jobs()
    for job in (planned[0], planned[4]):  # the two on 16 pictures
        Run(job, (look(5, 0.5, 0.5), look(40, 0.8, 0.75, 0.125))).write(tmp_path / f"{job.name}.json")
    assert Run.read(planned[0], tmp_path / f"{planned[0].name}.json").looks[1] == look(40, 0.8, 0.75, 0.125)
    lines = report(planned, tmp_path)
    assert lines[2:4] == [
        "| 16 | 5 | 50, 50 % | 0 of 2 | 50, 50 % | 0, 0 % |",
        "| 16 | 40 | 80, 80 % | 2 of 2 | 75, 75 % | 12, 12 % |",
    ]
    assert lines[5:8] == [
        "Rank correlation of pairs told apart and pictures nearer, run by run: 1.00, 1.00.",
        "Looks with an interval above 50 %: 2, in 2 of them more pictures than by chance are nearer to a training "
        "picture, in 2 one is a copy.",
        "Looks with an interval around 50 % or below: 2, in 0 of them more pictures than by chance are nearer to a "
        "training picture, in 0 one is a copy.",
    ]
    assert lines[-1] == "2 of 8 runs are done."


def test_ranks_are_correlated_whatever_the_values() -> None:
    assert rank_correlation([1, 2, 3, 4], [1, 10, 100, 1000]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [9, 5, 1]) == pytest.approx(-1)
    assert rank_correlation([1, 2, 2, 3], [1, 2, 2, 3]) == pytest.approx(1)
    assert math.isnan(rank_correlation([1, 1], [1, 2]))


def test_the_figure_has_a_colour_for_each_number_of_pictures(tmp_path: Path) -> None:
    runs = [Run(job, (look(5, 0.5, 0.5), look(40, 0.8, 0.75, 0.125))) for job in jobs()]
    draw_copies(runs, tmp_path / "copies.png")
    with Image.open(tmp_path / "copies.png") as figure:
        colours = {colour for _, colour in figure.convert("RGB").getcolors(100_000) or []}
    assert {ImageColor.getrgb(shade) for shade in SHADES} <= colours


def test_the_document_has_the_table_of_the_results() -> None:
    document = (ROOT / "docs" / "experiment.md").read_text(encoding="utf-8").splitlines()
    lines = [line for line in report(jobs(), RESULTS) if line]
    assert len(lines) >= 24
    assert [line for line in lines if line not in document] == []
