"""The second experiment on choosing: its plan, and its analysis on outcomes whose answers are known."""

from __future__ import annotations

import itertools
import math
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks._choosing import again, analysis, steadier
from benchmarks._choosing.bagged import bagged
from benchmarks._choosing.besides import besides, over_styles, with_parabolas
from benchmarks._choosing.figure import draw_passes, spread
from benchmarks._choosing.measured import Outcome, Stated
from benchmarks._choosing.plan import CONDITIONS, jobs, looks, others_measured
from benchmarks._choosing.report import tables
from benchmarks._choosing.scaled import PACES, scaled_constant
from PIL import Image

from devtools.places import ROOT

EPOCHS = 40


def valley(lowest: int, depth: float = 0.2) -> dict[int, float]:
    """Losses from 1 at epoch 0 down to 1 - depth and up again."""
    return {epoch: 1 - depth + depth * ((epoch - lowest) / lowest) ** 2 for epoch in range(EPOCHS + 1)}


def outcome(condition: str = "reference", style: str = "bauhaus", lowest: int = 20, picked: int = 20) -> Outcome:
    losses = valley(lowest)
    rows = {epoch: [loss, loss + 0.01] for epoch, loss in losses.items()}
    raw = {epoch: loss + (0.01 if epoch else 0) for epoch, loss in losses.items()}
    grids = ("placed 1", "placed 2", "kohya", "OneTrainer", "ai-toolkit")
    return Outcome(
        condition=condition,
        style=style,
        seed=1,
        epochs=EPOCHS,
        steps_per_epoch=10,
        held_out=2,
        picked={"lowest": ("averaged", picked), "earliest": ("averaged", max(1, picked - 5))},
        stated=Stated((18, 22), (lowest - 3, lowest + 2), 0.21, 0.005),
        probe={0: [1.0, 1.1], 40: [0.5, 0.6]},
        losses=dict.fromkeys(grids, rows),
        raw_losses={"kohya": rows, "OneTrainer": rows},
        selecting={"raw": raw, "averaged": losses},
        scoring={"raw": raw, "averaged": losses},
        pictures={0: 2.0, 20: 1.0, 40: 1.5},
        seconds=1,
    )


def test_regret_is_the_share_of_the_best_improvement_that_is_lost() -> None:
    one = outcome()
    assert analysis.best(one) == ("averaged", 20)
    assert analysis.regret(one, "averaged", 20) == pytest.approx(0)
    assert analysis.regret(one, "averaged", 0) == pytest.approx(100)
    assert analysis.regret(one, "averaged", 10) == pytest.approx(25)
    assert analysis.regret(one, "raw", 20) == pytest.approx(5)
    assert analysis.excess(one, "averaged", 40) == pytest.approx(25)


def test_the_best_is_selected_by_some_pictures_and_scored_by_others() -> None:
    one = replace(outcome(), selecting={"raw": {0: 1.0, 10: 0.7}, "averaged": {0: 1.0, 20: 0.8}})
    assert analysis.best(one) == ("raw", 10)
    assert analysis.regret(one, "averaged", 20) == pytest.approx(100 * (0.8 - 0.86) / (1 - 0.86))


def test_between_two_epochs_a_loss_is_on_their_line() -> None:
    assert analysis.loss_at({0: 1.0, 10: 0.5}, 4) == pytest.approx(0.8)
    assert analysis.picture_distance(outcome(), 30) == pytest.approx(62.5)


def test_a_constant_is_chosen_by_the_other_conditions() -> None:
    runs = [outcome("a", lowest=10), outcome("b", lowest=20), outcome("c", lowest=20)]
    found = analysis.constants(runs, in_steps=False)
    assert found["a"] == 20  # b and c have it
    assert found["b"] == found["c"] and 10 < found["b"] < 20  # between a's and the other's, nearer to the steeper
    in_steps = analysis.constants(runs, in_steps=True)
    assert in_steps["a"] == 200  # ten a epoch


def test_every_way_chooses_and_a_perfect_picker_beats_the_constant() -> None:
    runs = [
        outcome(condition, style, lowest, lowest)
        for condition, lowest in (("a", 8), ("b", 16), ("c", 30))
        for style in ("bauhaus", "renaissance")
    ]
    regrets = {way.name: [way.regret(one) for one in runs] for way in analysis.ways(runs)}
    assert regrets[analysis.DEFAULT] == pytest.approx([0] * 6, abs=1e-9)
    assert min(regrets[analysis.CONSTANT]) > 1
    for grid in (
        "placed 2, every epoch, averaged, smoothed",
        "placed 2, averaged, smoothed",
        "kohya, averaged, lowest value",
    ):
        assert max(regrets[grid]) < 3
    lines = list(tables(runs))
    assert "ahead in 6 and behind in 0 of 6 runs." in lines[2]
    assert lines[3].count(": reached") == 3
    missed = list(tables([outcome("a", lowest=10, picked=40), outcome("b", lowest=20, picked=40)]))[3]
    assert missed.count(": missed") == 3


def test_what_the_picker_states_is_compared_with_unseen_pictures() -> None:
    assert analysis.improvement(outcome(), 20) == pytest.approx(0.2)
    assert analysis.deviation(outcome()) == pytest.approx(2)
    assert analysis.best_is_close(outcome())
    assert not analysis.best_is_close(replace(outcome(), stated=Stated((18, 22), (21, 25), 0.2, 0.01)))


def test_an_interval_is_as_wide_as_the_styles_differ() -> None:
    alike = analysis.clustered([1.0, 3.0] * 4, ["a", "a", "b", "b", "c", "c", "d", "d"])
    assert (alike.mean, alike.low, alike.high) == (2.0, 2.0, 2.0)
    differing = analysis.clustered([0.0] * 4 + [4.0] * 4, ["a", "a", "b", "b", "c", "c", "d", "d"])
    assert differing.mean == 2.0
    assert (differing.low, differing.high) == (0.0, 4.0)


def test_five_styles_are_five_values() -> None:
    styles = ("a", "a", "b", "c", "d", "e")
    found = over_styles([0.0, 2.0, 2.0, 3.0, 4.0, 5.0], [outcome(style=style) for style in styles])
    assert found.mean == 3  # of 1, 2, 3, 4, 5, whose standard deviation is the root of 2.5
    assert found.high - found.mean == pytest.approx(2.776 * math.sqrt(2.5 / 5))
    assert over_styles([1.0], [outcome()]).low == -math.inf


def test_a_valley_is_below_the_lines_between_its_points_and_on_the_parabolas() -> None:
    losses = valley(20)
    some = {epoch: losses[epoch] for epoch in (0, 5, 12, 20, 30, 40)}
    one = replace(outcome(), scoring={"raw": some, "averaged": some})
    bent = with_parabolas(one)
    assert bent.scoring["averaged"] == pytest.approx(losses)
    assert analysis.regret(one, "averaged", 25) > analysis.regret(bent, "averaged", 25)


def test_ways_that_cost_the_same_stand_side_by_side() -> None:
    assert spread([0, 2, 0, 2.4]) == pytest.approx([-0.035, 2, 0.035, 2.4])


def test_a_constant_that_knows_the_learning_rate_trains_a_tenth_as_long_at_ten_times_of_it() -> None:
    slow, fast = "learning rate 1e-4", "16 pictures at 1e-3"  # ten times faster
    runs = [outcome(slow, lowest=30), outcome("16 pictures at 1e-4", lowest=30), outcome(fast, lowest=3)]
    found = scaled_constant(runs, PACES["learning rate"])
    assert max(found) < 0.5
    assert analysis.constants(runs, in_steps=False)[fast] == 30  # what an unscaled one would do there


def test_a_bagged_pick_is_between_what_the_pictures_want() -> None:
    alike = {epoch: [loss, loss + 0.1] for epoch, loss in valley(20).items()}
    assert bagged(alike, np.random.default_rng(0)) == analysis.smoothed(alike, EPOCHS)
    sooner, later = valley(12, 0.3), valley(28, 0.2)
    differing = {epoch: [sooner[epoch], later[epoch], later[epoch]] for epoch in sooner}
    assert 12 < bagged(differing, np.random.default_rng(0)) < 28
    assert bagged({0: [1.0], 1: [0.5]}, np.random.default_rng(0)) == 1


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_runs_are_reported_and_drawn(count: int, tmp_path: Path) -> None:
    runs = [outcome(), outcome(lowest=30), outcome("rank 4", "renaissance")][:count]
    lines = [*tables(runs), *besides(runs)]
    assert f"{count} runs, {len({one.style for one in runs})} styles" in lines[0] and "nan" not in "".join(lines)
    draw_passes(runs, tmp_path / "few.png")
    with Image.open(tmp_path / "few.png") as figure:
        assert len(figure.getcolors(100_000) or []) > 100


def test_an_outcome_is_read_as_it_was_written(tmp_path: Path) -> None:
    one = outcome()
    one.write(tmp_path / "one.json")
    read = Outcome.read(tmp_path / "one.json")
    assert (read.picked, read.probe) == (one.picked, one.probe)
    assert read.losses["kohya"].keys() == one.losses["kohya"].keys()
    assert read.raw_losses["kohya"][20] == pytest.approx(one.raw_losses["kohya"][20])
    assert analysis.best_is_close(read)
    assert read.scoring["averaged"][20] == pytest.approx(0.8)
    assert analysis.best(read) == analysis.best(one)


def test_the_runs_are_balanced_and_share_nothing_with_the_first_experiment() -> None:
    planned = jobs()
    assert len({job.name for job in planned}) == len(planned) == 33
    assert min(job.seed for job in planned) >= 100  # the first experiment has 0 to 3
    styles = Counter(job.style for job in planned)
    assert max(styles.values()) - min(styles.values()) <= 1
    for condition in CONDITIONS:
        assert len({job.style for job in planned if job.condition == condition}) == 3
    assert all(job.foreign_style != job.style for job in planned)
    for condition in CONDITIONS:
        condition.recipe.to_json()
        assert condition.foreign < condition.training


def test_the_third_experiment_is_balanced_and_shares_nothing_with_the_others() -> None:
    planned = again.jobs()
    assert len({job.name for job in planned}) == len(planned) == 24
    assert not {job.seed for job in planned} & {job.seed for job in jobs()}
    styles = Counter(job.style for job in planned)
    assert max(styles.values()) - min(styles.values()) <= 1
    document = (ROOT / "docs" / "data" / "choosing_again" / "plan.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in document.splitlines() if line[:2] == "| "]
    listed = {row[0]: [int(cell) for cell in row[1:]] for row in rows if len(row) == 4 and row[1].isdigit()}
    assert list(listed.values()) == [list(lengths) for _, _, lengths in again.RECIPES.values()]


def test_the_fourth_experiment_repeats_no_run_and_no_pair_of_the_third() -> None:
    planned, before = steadier.jobs(), again.jobs()
    assert [job.condition.name for job in planned] == [job.condition.name for job in before]
    assert not {job.seed for job in planned} & {job.seed for job in (*jobs(), *before)}
    pairs = {(job.condition.name, job.style) for job in before}
    assert not pairs & {(job.condition.name, job.style) for job in planned}
    assert max(Counter(job.style for job in planned).values()) <= 5
    validation = planned[0].condition.recipe.validation
    assert (validation.timesteps_per_picture, validation.every_epochs) == (4, 2)
    assert steadier.MEASURES.own not in {f"placed {timesteps}" for timesteps in steadier.MEASURES.placed}


def test_an_interrupted_write_leaves_no_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", dies)
    with pytest.raises(KeyboardInterrupt):
        outcome().write(tmp_path / "one.json")
    assert not (tmp_path / "one.json").exists()  # otherwise the run would count as done


def test_the_other_grids_are_measured_at_every_second_epoch_and_the_last() -> None:
    assert others_measured(6) == [0, 2, 4, 6]
    assert others_measured(5) == [0, 2, 4, 5]


def test_looks_are_closer_together_at_first() -> None:
    found = looks(120, 20)
    assert found[0] == 1 and found[-1] == 120 and len(found) == 20
    gaps = [later - sooner for sooner, later in itertools.pairwise(found)]
    assert gaps[0] <= 3 and gaps[-1] >= 8


DATA = ROOT / "docs" / "data"
EXPERIMENTS = {"choosing": jobs, "choosing_again": again.jobs}
"""By the folder of their results the runs of the second and the third."""


def outcomes_there(experiment: str) -> list[Outcome]:
    return [Outcome.read(path) for path in sorted((DATA / experiment).glob("*.json"))]


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_run_of_the_plan_has_its_result(experiment: str) -> None:
    assert {path.stem for path in (DATA / experiment).glob("*.json")} == {job.name for job in EXPERIMENTS[experiment]()}


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_the_report_has_the_tables_of_the_results(experiment: str) -> None:
    document = (ROOT / "docs" / "experiment.md").read_text(encoding="utf-8").splitlines()
    outcomes = outcomes_there(experiment)
    lines = [line for line in tables(outcomes) if line.startswith(("|", "**Primary", "Goals"))]
    assert len(lines) > 45
    assert [line for line in [*lines, *besides(outcomes)] if line not in document] == []


def test_every_number_that_the_readme_says_of_choosing_is_in_a_row() -> None:
    second, third = ([*tables(outcomes_there(experiment))] for experiment in EXPERIMENTS)
    said = (ROOT / "README.md").read_text(encoding="utf-8").split("**How well it chooses**")[1].split("[experiment]")[0]
    means, worst = regrets(third)
    before, _ = regrets(second)
    by, low, high = contrast(third)
    within = re.search(r"within 2 .*: (\d+) of (\d+) runs", "\n".join(third))
    assert within is not None
    assert re.findall(r"-?\d+(?:\.\d+)?(?:e-\d)?", said) == [
        str(len(again.jobs())),
        *("1e-4", "1e-3", "1", "16", "120"),  # of the plan
        *(means["default"], worst["default"], means["last epoch, raw"], means["best constant step"]),
        *(means["best constant epoch"], by, "95", low, high),
        str(len(jobs())),
        *(before["default"], before["best constant epoch"], *contrast(second)),
        *within.groups(),
        str(len(again.jobs())),
    ]


def regrets(lines: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Of each way the mean and the worst regret."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    ways = {row[0]: row for row in rows if len(row) == 7}
    return {name: row[2].split(" ")[0] for name, row in ways.items()}, {name: row[4] for name, row in ways.items()}


def contrast(lines: Sequence[str]) -> tuple[str, str, str]:
    """The primary one, with the ends of its interval."""
    found = re.search(r"by (\S+) \[(\S+), (\S+)\], ahead", next(line for line in lines if "Primary" in line))
    assert found is not None
    return found[1], found[2], found[3]


def test_the_document_names_every_condition() -> None:
    document = (ROOT / "docs" / "data" / "choosing" / "plan.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in document.splitlines() if line.startswith("| ")]
    listed = {row[1].strip(): row[3].strip() for row in rows if len(row) == 5}
    for condition in CONDITIONS:
        assert listed[condition.name] == str(condition.epochs)
