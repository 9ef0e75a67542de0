"""The experiment on ways of choosing a checkpoint: its arithmetic, and that it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks._regret_report import WAYS, best_is_close, deviation, regrets, shares, tables
from PIL import Image

from devtools.comfyui import Checkout
from devtools.places import ROOT
from lora_core.picking.curve import fit_curve
from lora_core.picking.selection import select

RESULTS = ROOT / "docs" / "data" / "validation_regret"


def outcome(picks: dict[str, tuple[str, int]]) -> dict:
    losses = {"raw": {"0": 0.2, "8": 0.15, "16": 0.12, "24": 0.14}, "averaged": {"16": 0.11}}
    stated = {"weights": "raw", "epoch": 16, "improvement": 0.35, "standard_error": 0.1, "indistinguishable": [8, 20]}
    picked = dict.fromkeys(WAYS, ("raw", 24)) | picks
    return {"oracle": losses, "picks": picked, "epochs": 24, "view": {"selection": stated}}


def test_the_best_single_checkpoint_is_one_and_an_average_can_be_better() -> None:
    found = shares(outcome({}))
    assert found["raw"] == pytest.approx({0: 0.0, 8: 0.625, 16: 1.0, 24: 0.75})
    assert found["averaged"] == pytest.approx({16: 1.125})


def test_regret_is_what_a_choice_loses() -> None:
    found = regrets([outcome({"LoRA Atelier": ("averaged", 16)}), outcome({"LoRA Atelier": ("raw", 16)})])
    assert found["LoRA Atelier"] == pytest.approx([-12.5, 0.0])
    assert found["last epoch"] == pytest.approx([25.0, 25.0])


def test_what_the_picker_stated_is_compared_with_unseen_pictures() -> None:
    one = outcome({})
    assert deviation(one) == pytest.approx((0.35 - (1 - 0.12 / 0.2)) / 0.1)
    assert best_is_close(one)  # the averaged epoch 16
    one["view"]["selection"]["indistinguishable"] = [17, 18]
    assert not best_is_close(one)


def test_a_way_that_older_runs_did_not_know_is_judged_by_the_others() -> None:
    old = outcome({})
    del old["picks"]["LoRA Atelier, earliest"]
    assert "LoRA Atelier, earliest" not in regrets([old])
    found = regrets([old, outcome({"LoRA Atelier, earliest": ("raw", 16)})])
    assert found["LoRA Atelier, earliest"] == pytest.approx([float("nan"), 0.0], nan_ok=True)


@pytest.mark.parametrize("result", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_the_runs_of_the_experiment_are_picked_today_as_they_were(result: Path) -> None:
    recorded = json.loads(result.read_text(encoding="utf-8"))
    averaged = recorded["view"]["averaged"]
    found = fit_curve(averaged["epoch"], [[loss] for loss in averaged["loss"]])
    selection = select(found, recorded["epochs"])
    assert recorded["picks"]["LoRA Atelier"] == ["averaged", selection.epoch]
    assert not selection.warnings


def test_the_document_has_the_tables_of_the_results() -> None:
    outcomes = [json.loads(result.read_text(encoding="utf-8")) for result in sorted(RESULTS.glob("*.json"))]
    document = (ROOT / "docs" / "experiment.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in tables(outcomes, 40) if line.startswith("|")]
    assert len(rows) > 30
    assert [row for row in rows if row not in document] == []


@pytest.mark.slow
def test_the_short_run_ends_in_a_table_of_every_way_and_two_figures(checkout: Checkout, tmp_path: Path) -> None:
    plots = tmp_path / "not there yet"
    command = [sys.executable, "-m", "tests.benchmarks.validation_regret", "--short", "--plots", str(plots)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    for name, _ in WAYS.values():
        assert f"| {name} | " in done.stdout
    assert "bauhaus 0: " in done.stdout
    for name in ("validation_regret.png", "validation_regret_runs.png"):
        with Image.open(plots / name) as figure:
            assert len(figure.getcolors(100_000) or []) > 100
