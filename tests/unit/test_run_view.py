"""A run's folder as plots and pickers see it: whole, under way, torn and repeated."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from devtools import view_types
from lora_core.config import RunConfig, TrainingConfig
from lora_core.errors import CheckpointError, RunError
from lora_core.picking.weights import Weights
from lora_core.record.reader import read_view
from lora_core.record.view import PickedCheckpoint, RunView

EPOCHS, STEPS = 40, 14


def validation(epoch: int, pictures: int = 8) -> dict:
    level = 0.13 + 0.13 * 0.02 * (((epoch - 16) / 16) ** 2 - 1)
    rows = [[level * (1 + 0.1 * n) * factor for factor in (1.6, 1.2, 0.8, 0.4)] for n in range(pictures)]
    return {"kind": "validation", "epoch": epoch, "step": epoch * STEPS, "loss": float(np.mean(rows)), "losses": rows}


def grid(weights: list[list[float]], of: str = "validation") -> dict:
    return {"kind": "grid", "of": of, "weights": weights}


def write_run(folder: Path, entries: list[dict], checkpoints: range | list[int] = range(4, EPOCHS + 1, 4)) -> Path:
    (folder / "checkpoints").mkdir(parents=True)
    for epoch in checkpoints:
        (folder / "checkpoints" / f"epoch_{epoch:04d}.safetensors").write_bytes(b"")
    pictures = [{"side": "training"}] * 56 + [{"side": "validation"}] * 8
    run = {
        "format": 1,
        "name": folder.name,
        "config": RunConfig(training=TrainingConfig(epochs=EPOCHS)).to_json(),
        "dataset": {"pictures": pictures},
    }
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    text = "".join(json.dumps(entry) + "\n" for entry in entries)
    (folder / "history.jsonl").write_text(text, encoding="utf-8")
    return folder


def whole() -> list[dict]:
    entries, step = [validation(0)], 0
    for epoch in range(1, EPOCHS + 1):
        for _ in range(STEPS):
            step += 1
            loss = 0.13 + 0.001 * (step % STEPS)
            entries.append({"kind": "step", "step": step, "epoch": epoch, "loss": loss, "learning_rate": 3e-4})
        entries.append(validation(epoch))
    return [*entries, {"kind": "event", "what": "finished", "text": "done"}]


def where(view: RunView) -> tuple[int, str]:
    """The epoch and the weights of the picked checkpoint."""
    return view.picked().epoch, view.picked().weights


def test_a_run_that_was_trained_for_more_epochs_than_are_asked_for_now(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "more", whole())
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    run["config"]["training"]["epochs"] = 5
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    view = read_view(folder)
    assert (view.epoch, view.epochs) == (40, 5)
    assert view.selection is not None
    assert f"Epoch {view.selection.epoch} of 40" in view.selection.reason


def test_a_finished_run(tmp_path: Path) -> None:
    view = read_view(write_run(tmp_path / "мій дім", whole()))
    assert (view.run, view.status) == ("мій дім", "finished")
    assert (view.epoch, view.epochs, view.step, view.steps) == (40, 40, 560, 560)
    assert view.train.epoch == list(range(1, 41))
    assert view.train.loss[0] == pytest.approx(0.13 + 0.001 * 6.5)
    assert view.train.low[5] < view.train.smooth[5] < view.train.high[5]
    assert view.validation.epoch == list(range(41))
    assert view.validation.loss[16] == pytest.approx(validation(16)["loss"], rel=1e-6)
    assert view.validation.standard_error[0] == 0
    assert view.validation.standard_error[16] > 0
    assert view.selection.epoch == 16
    assert view.checkpoints == list(range(4, 41, 4))
    assert json.loads(json.dumps(view.to_json(), allow_nan=False))["selection"]["weights"] == "raw"


def test_a_run_that_has_only_just_begun(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "new", [], [])
    (folder / "history.jsonl").unlink()
    view = read_view(folder)
    assert (view.status, view.epoch, view.step, view.selection) == ("training", 0, 0, None)
    assert view.train.epoch == [] and view.validation.epoch == []


def test_the_last_of_two_lines_for_one_epoch_counts(tmp_path: Path) -> None:
    entries = whole()
    stale = validation(16) | {"losses": [[9.0] * 4] * 8, "loss": 9.0}
    assert read_view(write_run(tmp_path / "a", [stale, *entries])) == replace(
        read_view(write_run(tmp_path / "b", entries)), run="a"
    )


def test_losses_are_weighted_as_the_grid_says(tmp_path: Path) -> None:
    """The second picture's losses are 1.1 times the first one's: (1.6 * 2 + 1.2 + 0.8 + 0) / 4 = 1.3 and so on."""
    entries = [grid([[2.0, 1.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]]), *(validation(e, pictures=2) for e in range(41))]
    view = read_view(write_run(tmp_path / "a", entries))
    level = 0.13 + 0.13 * 0.02 * (((20 - 16) / 16) ** 2 - 1)
    assert view.validation.loss[20] == pytest.approx(level * (1.3 + 1.1 * 0.3) / 2, rel=1e-6)


def test_averaged_weights_have_a_curve_and_checkpoints_of_their_own(tmp_path: Path) -> None:
    rows = [validation(e) for e in range(41)]
    averaged = [row | {"kind": "averaged", "losses": (0.9 * np.asarray(row["losses"])).tolist()} for row in rows]
    folder = write_run(tmp_path / "a", [*rows, *averaged[:30]], [4, 8])
    (folder / "checkpoints" / "epoch_0006_averaged.safetensors").write_bytes(b"")
    view = read_view(folder)
    assert view.validation.loss[16] == pytest.approx(rows[16]["loss"], rel=1e-6)
    assert view.averaged.epoch == list(range(30))
    assert view.averaged.loss[16] == pytest.approx(0.9 * rows[16]["loss"], rel=1e-6)
    assert view.probe is None
    assert (view.checkpoints, view.averaged_checkpoints) == ([4, 8], [6])
    assert (view.selection.epoch, view.selection.weights) == (6, "averaged")
    assert where(view) == (6, "averaged")
    assert where(read_view(folder, weights="raw")) == (8, "raw")
    assert where(read_view(folder, "epoch", 4)) == (4, "raw")


def test_the_probe_has_its_own_grid(tmp_path: Path) -> None:
    rows = [validation(e, pictures=2) for e in range(41)]
    probes = [rows[e] | {"kind": "probe"} for e in range(0, 41, 5)]
    grids = [grid([[1.0] * 4] * 2), grid([[2.0, 1.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]], of="probe")]
    view = read_view(write_run(tmp_path / "a", [*grids, *rows, *probes]))
    names = ["epoch", "loss", "smooth", "aligned", "told_apart", "told_apart_low", "told_apart_high"]
    assert [field.name for field in fields(view.probe)] == names
    assert view.probe.epoch == list(range(0, 41, 5))
    level = 0.13 + 0.13 * 0.02 * (((20 - 16) / 16) ** 2 - 1)
    assert view.probe.loss[4] == pytest.approx(level * (1.3 + 1.1 * 0.3) / 2, rel=1e-6)
    assert view.probe.smooth[4] == pytest.approx(view.probe.loss[4], rel=1e-3)
    ratio = view.validation.loss[0] / view.probe.loss[0]
    assert ratio != pytest.approx(1, rel=0.1)
    assert view.probe.aligned == pytest.approx([ratio * value for value in view.probe.smooth], rel=1e-6)


def test_training_pictures_that_gain_more_are_told_from_held_out_ones(tmp_path: Path) -> None:
    rows = [validation(e, pictures=6) for e in range(41)]
    probes = [rows[e] | {"kind": "probe"} for e in range(0, 41, 5)]
    for probe in probes[1:]:  # all of its pictures gain twice as much, and more with every epoch
        probe["losses"] = (np.asarray(probes[0]["losses"]) * (1 - 0.02 * probe["epoch"])).tolist()
    view = read_view(write_run(tmp_path / "a", [*rows, *probes], [10, 20]))
    assert view.probe.told_apart[0] is None
    assert view.probe.told_apart[-1] == 1
    assert view.probe.told_apart_low[-1] > 0.5 and view.probe.told_apart_high[-1] == 1
    told = "Training pictures can be told from held-out ones in 100 % of pairs"
    assert told in view.selection.reason and told in view.picked().reason
    assert view.selection.reason.endswith("the LoRA knows its own pictures better than others of the style.")
    without = read_view(write_run(tmp_path / "b", rows, [10, 20]))
    assert view.selection.reason.startswith(without.selection.reason)


def test_an_average_that_is_watched_says_nothing_about_raw_weights(tmp_path: Path) -> None:
    rows = [validation(e, pictures=6) for e in range(41)]
    averaged = [row | {"kind": "averaged"} for row in rows]
    probes = [rows[e] | {"kind": "probe"} for e in range(0, 41, 5)]
    folder = write_run(tmp_path / "a", [*rows, *averaged, *probes], [10, 20])
    (folder / "checkpoints" / "epoch_0020_averaged.safetensors").write_bytes(b"")
    assert "told from held-out" in read_view(folder, weights="averaged").selection.reason
    assert "told from held-out" not in read_view(folder, weights="raw").selection.reason


def test_a_probe_that_was_not_measured_without_the_lora_stays_where_it_is(tmp_path: Path) -> None:
    rows = [validation(e, pictures=2) for e in range(41)]
    view = read_view(write_run(tmp_path / "a", [*rows, *(rows[e] | {"kind": "probe"} for e in (5, 10))]))
    assert view.probe.smooth == [None, None] and view.probe.aligned == view.probe.loss


def test_a_run_of_format_1_opens(tmp_path: Path) -> None:
    """Written by version 0.1.0 before it placed timesteps by importance: no grid in the history, all losses alike."""
    folder = tmp_path / "bauhaus"
    shutil.copytree(Path(__file__).parent / "old_runs" / "format_1", folder)
    (folder / "checkpoints").mkdir()
    for epoch in (2, 4, 5):
        (folder / "checkpoints" / f"epoch_{epoch:04d}.safetensors").write_bytes(b"")
    view = read_view(folder)
    recorded = [1.10145128, 1.10101616, 1.09984207, 1.09836328, 1.09663391, 1.09455931]
    assert view.validation.loss == pytest.approx(recorded, rel=1e-6)
    assert (view.status, view.selection.epoch, view.checkpoints) == ("finished", 5, [2, 4, 5])
    assert (view.averaged, view.averaged_checkpoints) == (None, [])


def test_torn_and_foreign_lines_are_passed_over(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", whole())
    expected = read_view(folder)
    with (folder / "history.jsonl").open("ab") as file:
        file.write(b'\xff\xfe garbage\n[1, 2]\n"text"\n{"no": "kind"}\n{"kind": "step", "st')
    assert read_view(folder) == expected


def test_an_epoch_that_is_no_number_is_a_hole(tmp_path: Path) -> None:
    entries = [validation(e) for e in range(41)]
    entries[20]["losses"][3][1] = None
    view = read_view(write_run(tmp_path / "a", entries))
    assert view.validation.loss[20] is None and view.validation.smooth[20] is None
    assert view.selection.epoch == 16


@pytest.mark.parametrize(
    ("events", "status"),
    [
        (["cancelled"], "cancelled"),
        (["cancelled", "resumed"], "training"),
        (["failed", "resumed", "micro_batch", "finished"], "finished"),
        (["failed"], "failed"),
        ([], "training"),
    ],
)
def test_status(tmp_path: Path, events: list[str], status: str) -> None:
    entries = [{"kind": "event", "what": what, "text": what} for what in events]
    view = read_view(write_run(tmp_path / "a", entries))
    assert view.status == status
    assert set(view.notes) == set(events) - {"finished", "cancelled"}


def test_given_epoch(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", whole())
    assert read_view(folder, "epoch", 28).selection.epoch == 28
    with pytest.raises(CheckpointError, match="28, 32"):
        read_view(folder, "epoch", 29)


def test_too_few_validations_to_judge_by(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", [validation(0), validation(1)], [1, 2])
    (folder / "checkpoints" / "epoch_0002_averaged.safetensors").write_bytes(b"")
    view = read_view(folder)
    assert view.selection is None
    assert view.picked() == PickedCheckpoint(
        2, Weights.AVERAGED, "Epoch 2, the last one: too few validations to judge by."
    )
    assert where(read_view(folder, weights="raw")) == (2, "raw")
    chosen = read_view(folder, "epoch", 1).picked()
    assert chosen == PickedCheckpoint(1, Weights.RAW, "Epoch 1, chosen by hand: too few validations to judge by.")
    with pytest.raises(CheckpointError, match="Epoch 3 has no checkpoint"):
        read_view(folder, "epoch", 3)


def test_no_checkpoint_yet(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint yet"):
        read_view(write_run(tmp_path / "a", [validation(0)], [])).picked()


def test_no_run_and_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="There is no training run"):
        read_view(tmp_path)
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="is damaged"):
        read_view(tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(RunError, match="newer LoRA Atelier"):
        read_view(tmp_path)


@pytest.mark.parametrize("file", view_types.FILES, ids=lambda file: file.name)
def test_the_browsers_types_are_those_of_today(file: Path) -> None:
    written = view_types.declarations(*view_types.FILES[file])
    assert file.read_text(encoding="utf-8") == written, "python -m devtools.view_types"
