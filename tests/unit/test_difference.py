"""How much two checkpoints differ: in pairs on one grid, by their improvements otherwise; and recipes and bundles."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from unit.test_run_view import EPOCHS, validation, whole, write_run

from lora_core.cli import main
from lora_core.errors import CheckpointError
from lora_core.library.bundle import make_bundle
from lora_core.library.citation import bibtex
from lora_core.library.details import Checkpoint, read_comparison
from lora_core.library.recipes import recipe_differences
from lora_core.picking.curve import Curve, difference_error, fit_curve
from lora_core.picking.difference import compare, same_grid
from lora_core.picking.weights import Weights
from lora_core.record.run_file import RunFile

PICTURES = 12


def curve(depth: float, seed: int = 0, pictures: int = PICTURES, noise: float = 0.0, grid: int = 7) -> Curve:
    """Losses that fall by `depth` of their start, on the pictures of a grid; `seed` is of the noise on top."""
    base_N = np.random.default_rng(grid).uniform(0.05, 0.4, pictures)
    random = np.random.default_rng(seed)
    epochs = range(41)
    losses = [base_N * (1 - depth * (1 - np.exp(-epoch / 6))) for epoch in epochs]
    noisy = [row + (random.normal(0, noise, pictures) if epoch else 0) for epoch, row in enumerate(losses)]
    found = fit_curve(list(epochs), [row.tolist() for row in noisy])
    assert found
    return found


def test_two_epochs_of_one_run_differ_as_the_picker_says() -> None:
    one = curve(0.08, noise=1e-3)
    found = compare(one, 10, one, 40)
    assert found and found.paired
    base = float(one.base_N.mean())  # type: ignore[union-attr]
    at, other = one.nearest(10), one.nearest(40)
    assert found.difference == pytest.approx((one.smooth_E[other] - one.smooth_E[at]) / base)
    assert found.standard_error == pytest.approx(difference_error(one, at)[other] / base)
    assert found.epochs == (10, 40)
    assert found.difference < 0 and found.distinct


def test_a_checkpoint_does_not_differ_from_itself() -> None:
    one = curve(0.08, noise=1e-3)
    found = compare(one, 10, one, 10)
    assert found
    assert (found.difference, found.standard_error, found.distinct) == (0.0, 0.0, False)


def test_two_runs_on_one_grid_are_compared_picture_by_picture() -> None:
    """The expected numbers are those of a paired t-test's parts, written out."""
    one, other = curve(0.08, seed=1, noise=1e-3), curve(0.05, seed=2, noise=1e-3)
    assert same_grid(one, other)
    found = compare(one, 40, other, 30)
    assert found and found.paired
    pairs = [b - a for a, b in zip(one.smooth_EN[39].tolist(), other.smooth_EN[29].tolist(), strict=True)]
    mean = sum(pairs) / PICTURES
    spread = (sum((pair - mean) ** 2 for pair in pairs) / (PICTURES - 1) / PICTURES) ** 0.5
    base = sum(one.base_N.tolist()) / PICTURES  # type: ignore[union-attr]
    wobble = float(np.hypot(one.smoother.error_E[39], other.smoother.error_E[29]))
    assert found.difference == pytest.approx(mean / base)
    assert found.standard_error == pytest.approx((spread**2 + wobble**2) ** 0.5 / base)
    assert found.difference == pytest.approx(0.03, abs=0.005)
    assert found.distinct


def test_the_order_turns_the_sign() -> None:
    one, other = curve(0.08, seed=1, noise=1e-3), curve(0.05, seed=2, noise=1e-3)
    there, back = compare(one, 40, other, 30), compare(other, 30, one, 40)
    assert there and back
    assert back.difference == pytest.approx(-there.difference)
    assert back.standard_error == pytest.approx(there.standard_error)
    assert back.epochs == there.epochs[::-1]


def test_pairs_tell_apart_what_improvements_do_not() -> None:
    one, other, elsewhere = (curve(depth, noise=2e-4, grid=grid) for depth, grid in ((0.08, 7), (0.078, 7), (0.078, 8)))
    pairs, improvements = compare(one, 40, other, 40), compare(one, 40, elsewhere, 40)
    assert pairs and improvements
    assert pairs.paired and not improvements.paired
    assert pairs.standard_error and improvements.standard_error
    assert pairs.standard_error < improvements.standard_error
    assert improvements.difference == pytest.approx(0.002, abs=0.002)


def test_other_pictures_noise_or_base_model_are_another_grid() -> None:
    one = curve(0.08)
    assert not same_grid(one, curve(0.08, grid=8))
    assert not same_grid(one, curve(0.08, pictures=8))
    assert same_grid(one, replace(one, base_N=one.base_N * 1.002))  # type: ignore[operator]
    assert not same_grid(one, replace(one, base_N=one.base_N * np.where(np.arange(PICTURES) == 3, 1.02, 1)))  # type: ignore[operator]


def test_without_a_loss_of_no_lora_nothing_is_said_of_two_runs() -> None:
    one, other = (replace(curve(depth), base_N=None) for depth in (0.08, 0.05))
    assert compare(one, 40, other, 40) is None
    assert compare(one, 40, one, 10) is not None


def test_a_single_picture_has_no_uncertainty() -> None:
    one, other = curve(0.08, pictures=1), curve(0.05, pictures=1)
    found = compare(one, 40, other, 40)
    assert found and found.standard_error is None and not found.distinct


def test_an_epoch_between_two_validations_stands_for_the_nearest() -> None:
    epochs = list(range(0, 41, 5))
    fitted = fit_curve(epochs, [[0.1, 0.2, 0.1 + 0.001 * epoch] for epoch in epochs])
    assert fitted
    found = compare(fitted, 12, fitted, 38)
    assert found and found.epochs == (10, 40)


# Runs on the disk


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    one = write_run(tmp_path / "one", whole())
    other = write_run(tmp_path / "other", whole())
    data = json.loads((other / "run.json").read_text(encoding="utf-8"))
    data["config"]["optimizer"]["learning_rate"] = 1e-3
    data["dataset"]["pictures"].append({"side": "training"})
    data["versions"] = {"torch": "2.9"}
    (other / "run.json").write_text(json.dumps(data), encoding="utf-8")
    return one, other


def test_how_recipes_differ(two: tuple[Path, Path]) -> None:
    found = recipe_differences(*map(RunFile.read, two))
    assert [(each.setting, each.one, each.other) for each in found] == [
        ("dataset.training", 56, 57),
        ("optimizer.learning_rate", 3e-4, 1e-3),
        ("versions.torch", "", "2.9"),
    ]


def test_runs_are_compared_from_their_folders(two: tuple[Path, Path]) -> None:
    one, other = two
    found = read_comparison(Checkpoint(one, 16, Weights.RAW), Checkpoint(other, 40, Weights.RAW))
    assert found.loss and found.loss.paired
    assert found.loss.difference == pytest.approx(0.045, abs=0.004)
    assert len(found.recipe) == 3
    alone = read_comparison(Checkpoint(one, 16, Weights.RAW), Checkpoint(one, 16, Weights.RAW))
    assert alone.loss and alone.loss.difference == 0 and alone.recipe == []


def test_an_epoch_that_was_not_reached_is_refused(two: tuple[Path, Path]) -> None:
    one, other = two
    with pytest.raises(CheckpointError, match="Epoch 41 of the run 'other' has not been validated"):
        read_comparison(Checkpoint(one, 16, Weights.RAW), Checkpoint(other, EPOCHS + 1, Weights.RAW))


def test_too_few_validations_are_no_comparison(tmp_path: Path) -> None:
    short = write_run(tmp_path / "short", [validation(epoch) for epoch in range(3)], checkpoints=[])
    found = read_comparison(Checkpoint(short, 1, Weights.RAW), Checkpoint(short, 2, Weights.RAW))
    assert found.loss is None


# What is passed on


def test_a_bundle_is_made_of_the_folder_alone_byte_for_byte(two: tuple[Path, Path], tmp_path: Path) -> None:
    one, _ = two
    first = make_bundle(one)
    moved = tmp_path / "elsewhere" / "one"
    shutil.copytree(one, moved)
    assert make_bundle(moved) == first
    assert main(["bundle", str(moved), "--out", str(tmp_path / "one.zip")]) == 0
    assert (tmp_path / "one.zip").read_bytes() == first


def test_a_bundle_holds_figure_numbers_and_citation(two: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(io.BytesIO(make_bundle(two[0]))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert list(files) == [
        *("README.txt", "figure.svg", "figure.png", "curves.csv", "losses.csv", "pick.json", "recipe.json"),
        "citation.bib",
    ]
    assert files["figure.png"].startswith(b"\x89PNG") and b"<svg" in files["figure.svg"]
    losses = list(csv.DictReader(io.StringIO(files["losses.csv"].decode())))
    assert len(losses) == (EPOCHS + 1) * 8
    last = [float(row["loss"]) for row in losses if row["epoch"] == str(EPOCHS)]
    assert np.mean(last) == pytest.approx(validation(EPOCHS)["loss"], rel=1e-6)
    curves = list(csv.DictReader(io.StringIO(files["curves.csv"].decode())))
    assert {row["curve"] for row in curves} == {"raw", "training"}
    assert json.loads(files["pick.json"])["pick"]["epoch"] == 16
    named = re.findall(r"^(\S+(?:, \S+)?) {2,}", files["README.txt"].decode(), re.MULTILINE)
    assert {name for line in named for name in line.split(", ")} == set(files) - {"README.txt"}


def test_a_bundle_tells_nothing_private(two: tuple[Path, Path]) -> None:
    one, _ = two
    data = json.loads((one / "run.json").read_text(encoding="utf-8"))
    data["dataset"]["pictures"][0] |= {"path": "/home/somebody/house.png", "caption": "a secret caption"}
    (one / "run.json").write_text(json.dumps(data), encoding="utf-8")
    (one / "notes.txt").write_text("private words", encoding="utf-8")
    content = make_bundle(one)
    for secret in (b"somebody", b"secret caption", b"private words", str(one.parent).encode()):
        assert secret not in content


def test_names_are_escaped_for_tex(two: tuple[Path, Path]) -> None:
    run = replace(RunFile.read(two[0]), name=r"50%_of {a}\b & c~#", created="2026-03-04T05:06:07+0200")
    text = bibtex(run)
    assert r"50\%\_of \{a\}\textbackslash{}b \& c\textasciitilde{}\#" in text
    assert "on 2026-03-04" in text
    assert text.count("\n@") == 2 and text.startswith("@article{")
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
