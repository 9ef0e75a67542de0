"""The heat map: each picture's and each noise level's loss by epoch, relative to no LoRA; and the pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from unit.test_run_view import grid, validation, write_run

from lora_core.dataset.gallery import thumbnail_of_content
from lora_core.dataset.pictures import content_hash
from lora_core.errors import RunError
from lora_core.library.heat import held_out, read_heat_map
from lora_core.picking.weights import Weights
from lora_core.record.run_file import RunFile

ROWS = {0: [[0.4, 0.1], [0.2, 0.05]], 1: [[0.3, 0.1], [0.2, 0.06]], 2: [[0.2, 0.08], [0.25, 0.05]]}


def measured(epoch: int, rows: list[list[float]], kind: str = "validation") -> dict:
    return {"kind": kind, "epoch": epoch, "step": epoch, "loss": 0.1, "losses": rows}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Two held-out pictures at two timesteps, of different weights."""
    entries = [grid([[0.5, 2.0], [0.5, 2.0]]), *(measured(epoch, rows) for epoch, rows in ROWS.items())]
    folder = write_run(tmp_path / "run", entries)
    data = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    held = [{"side": "validation", "path": f"val/{name}.png", "content_hash": digest} for name, digest in HELD]
    data["dataset"] = {"name": "style", "pictures": [{"side": "training", "content_hash": "0"}, *held]}
    (folder / "run.json").write_text(json.dumps(data), encoding="utf-8")
    return folder


# A grid has its pictures in the order of their hashes, whatever the order in run.json.
HELD = [("second", "bb"), ("first", "aa")]


def test_each_picture_and_level_is_relative_to_no_lora(run: Path) -> None:
    """The expected numbers are worked out by hand from ROWS and the weights."""
    found = read_heat_map(run, Weights.RAW)
    assert found.epochs == [1, 2]
    by_name = {row.name: row for row in found.pictures}
    # first: 0.5 * 0.4 + 2 * 0.1 = 0.4 without a LoRA, 0.35 and 0.26 with it; second: 0.2, then 0.22 and 0.225
    assert by_name["val/first.png"].change == pytest.approx([-0.125, -0.35])
    assert by_name["val/second.png"].change == pytest.approx([0.1, 0.125])
    assert [row.key for row in found.pictures] == ["bb", "aa"], "the least improved first"
    # columns: 0.5 * (0.4 + 0.2) = 0.3, then 0.25 and 0.225; 2 * (0.1 + 0.05) = 0.3, then 0.32 and 0.26
    assert found.levels[0].change == pytest.approx([-1 / 6, -0.25], abs=1e-4)
    assert found.levels[1].change == pytest.approx([0.0667, -0.1333], abs=1e-4)


def test_a_long_run_is_thinned_and_keeps_its_last_epoch(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "long", [validation(epoch) for epoch in range(301)])
    found = read_heat_map(folder, Weights.RAW)
    assert len(found.epochs) <= 80 and found.epochs[-1] == 300
    assert np.diff(found.epochs).tolist() == [4] * (len(found.epochs) - 1)
    assert all(len(row.change) == len(found.epochs) for row in (*found.pictures, *found.levels))


def test_a_run_that_does_not_say_which_pictures_has_rows_without_names(tmp_path: Path) -> None:
    found = read_heat_map(write_run(tmp_path / "old", [validation(epoch) for epoch in range(4)]), Weights.RAW)
    assert {(row.name, row.key) for row in found.pictures} == {("", "")} and len(found.pictures) == 8


@pytest.mark.parametrize(
    "entries",
    [[], [measured(1, ROWS[1])], [measured(0, ROWS[0])], [measured(0, ROWS[0]), measured(1, [[1.0]])]],
    ids=["nothing", "no base", "base alone", "another shape"],
)
def test_without_losses_to_compare_there_is_no_heat_map(tmp_path: Path, entries: list[dict]) -> None:
    with pytest.raises(RunError, match="no losses of raw weights"):
        read_heat_map(write_run(tmp_path / "run", entries), Weights.RAW)


def test_a_loss_that_is_no_number_is_left_out(tmp_path: Path) -> None:
    entries = [measured(0, ROWS[0]), measured(1, [[float("nan"), 0.1], [0.2, 0.05]])]
    found = read_heat_map(write_run(tmp_path / "run", entries), Weights.RAW)
    assert sorted(str(row.change) for row in found.pictures) == ["[0.0]", "[None]"]


# The pictures


def test_a_held_out_picture_is_found_by_its_content(run: Path, tmp_path: Path) -> None:
    style = tmp_path / "style"
    style.mkdir()
    Image.new("RGB", (600, 300), "red").save(style / "first.png")
    Image.new("RGB", (600, 300), "blue").save(style / "other.png")
    digest = content_hash(style / "first.png")
    data = thumbnail_of_content([style], "first.png", digest)
    assert data and data.startswith(b"\xff\xd8")
    assert thumbnail_of_content([style], "other.png", digest) is None
    Image.new("RGB", (600, 300), "green").save(style / "first.png")
    assert thumbnail_of_content([style], "first.png", digest) is None, "another picture took its name"


def test_only_pictures_that_were_held_out_are_asked_for(run: Path) -> None:
    file = RunFile.read(run)
    assert held_out(file, "aa").path == "val/first.png"
    for key in ("0", "", "cc", "../x"):
        with pytest.raises(RunError, match="held out no such picture"):
            held_out(file, key)
