"""The experiment on pictures given back: its plan, and its analysis on outcomes whose answers are known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from benchmarks import memorisation
from benchmarks._all_pictures.carry_out import Outcome
from benchmarks._all_pictures.plan import CONDITION, GOAL, jobs
from benchmarks._all_pictures.report import tables
from benchmarks._choosing import again, plan, steadier
from benchmarks._shares import wilson

from devtools.places import ROOT


def outcome(style: str = "bauhaus", epochs: float = 0.7, steps: float = 0.75, further: float = 0.85) -> Outcome:
    losses = {"pick": 0.8, "epochs": epochs, "steps": steps, "continue": further}
    return Outcome(style, 600, dict.fromkeys(losses, 20), losses, 1.0, 240)


def test_a_gain_is_a_share_of_what_the_pick_improves() -> None:
    one = outcome()
    assert [one.gain(way) for way in ("epochs", "steps", "continue")] == pytest.approx([50, 25, -25])
    assert one.gain("steps", "epochs") == pytest.approx(-25)
    assert one.below("epochs") == pytest.approx(12.5)


def test_wilsons_interval_is_that_of_his_formula() -> None:
    """Table I, method 3, of Newcombe, Statistics in Medicine 17, 1998, 857-872."""
    expected = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for counted, interval in expected.items():
        assert wilson(*counted) == pytest.approx(interval, abs=5e-5)


def test_the_goal_is_reached_missed_or_open() -> None:
    good, bad = outcome(), outcome("renaissance", epochs=0.9)
    for outcomes, said in (
        ([good] * 15 + [bad] * 5, "in 15 of 20 (53 to 89 %) runs"),
        ([good] * 15 + [bad] * 5, f"Goal, {GOAL} of 20: reached."),
        ([good] * 14 + [bad] * 6, f"Goal, {GOAL} of 20: missed."),
        ([good] * 9 + [bad] * 5, f"Goal, {GOAL} of 20: open."),
    ):
        assert said in "\n".join(list(tables(outcomes, 20))[3:5])


def test_ways_are_compared_with_the_pick_and_with_the_shipped_one() -> None:
    lines = list(tables([outcome(), outcome("renaissance", steps=0.6)], 20))
    steps = next(line for line in lines if line.startswith("| steps"))
    assert "| 2 of 2 (34 to 100 %) | 62.5 [25.0, 100.0] | 15.63 | 1 of 2 (9 to 91 %) | 12.5 [-25.0, 50.0] |" in steps
    row = next(line for line in lines if line.startswith("| renaissance | 600"))
    assert row == "| renaissance | 600 | 20 | 20 | 20 | 20 | 50.0 | 100.0 | -25.0 | 20.0 |"


def test_an_outcome_is_read_as_it_was_written(tmp_path: Path) -> None:
    one = outcome()
    one.write(tmp_path / "one.json")
    assert Outcome.read(tmp_path / "one.json") == one


def test_the_runs_are_balanced_and_share_nothing_with_the_other_experiments() -> None:
    planned = jobs()
    assert len({job.name for job in planned}) == len(planned) == 20
    assert set(Counter(job.style for job in planned).values()) == {4}
    others = {job.seed for job in (*plan.jobs(), *again.jobs(), *steadier.jobs(), *memorisation.jobs())} | set(range(4))
    assert not others & {job.seed for job in planned}


def test_the_document_has_the_recipe() -> None:
    document = (ROOT / "docs" / "data" / "all_pictures" / "plan.md").read_text(encoding="utf-8")
    recipe = CONDITION.recipe
    assert f"learning rate {recipe.optimizer.learning_rate:.0e}".replace("e-03", "e-3") in document
    assert f"{recipe.training.epochs} epochs" in document and f"rank {recipe.lora.rank}" in document
    assert f"warm-up of {recipe.optimizer.warmup_steps} steps" in document


def test_the_report_has_the_ways_of_the_results() -> None:
    paths = sorted((ROOT / "docs" / "data" / "all_pictures").glob("*.json"))
    assert len(paths) == len(jobs())
    document = (ROOT / "docs" / "experiment.md").read_text(encoding="utf-8").splitlines()
    lines = list(tables([Outcome.read(path) for path in paths], len(jobs())))
    rows = [line for line in lines if line.startswith(tuple(f"| {way} |" for way in ("epochs", "steps", "continue")))]
    assert len(rows) == 3
    assert [
        line for line in [*rows, *(line for line in lines if line[:4] in ("**Pr", "Goal"))] if line not in document
    ] == []
