"""A run read again and again while it trains: as if read anew, whatever became of its history in between."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from lora_core.config import RunConfig, TrainingConfig
from lora_core.errors import RunError
from lora_core.record.entries import Event
from lora_core.record.history import GrowingHistory, History, HistoryFile
from lora_core.record.reader import RunReader, read_view
from lora_core.record.thinning import MOST_EPOCHS, thinned
from lora_core.record.view import RunView

STEPS, PICTURES = 3, 4


def lines_of(epoch: int, seconds: float = 1.0) -> bytes:
    """What an epoch leaves in the history."""
    losses = [[0.13 - 0.001 * epoch + 0.01 * picture] for picture in range(PICTURES)]
    entries: list[dict] = [
        {"kind": "step", "step": STEPS * (epoch - 1) + index, "epoch": epoch, "loss": 0.1 + index / 100}
        for index in range(1, STEPS + 1)
        if epoch
    ]
    kinds = ["validation", "averaged"] + ["probe"] * (epoch % 5 == 0)
    entries += [{"kind": kind, "epoch": epoch, "losses": losses, "seconds": seconds} for kind in kinds]
    entries.append({"kind": "preview", "epoch": epoch, "file": f"previews/{epoch}.png"})
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def write_run(folder: Path, epochs: int, planned: int = 40) -> Path:
    """A run that has trained some epochs."""
    folder.mkdir()
    run = {
        "format": 2,
        "name": folder.name,
        "config": RunConfig(training=TrainingConfig(epochs=planned)).to_json(),
        "dataset": {"pictures": [{"side": "training"}] * 4 + [{"side": "validation"}] * PICTURES},
    }
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    (folder / "history.jsonl").write_bytes(b"".join(lines_of(epoch) for epoch in range(epochs + 1)))
    (folder / "checkpoints").mkdir()
    for epoch in range(7, epochs + 1, 7):
        for suffix in ("", "_averaged"):
            (folder / "checkpoints" / f"epoch_{epoch:04d}{suffix}.safetensors").write_bytes(b"")
    return folder


def append(folder: Path, data: bytes) -> None:
    with (folder / "history.jsonl").open("ab") as file:
        file.write(data)


def test_each_read_is_what_a_new_reader_sees(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", 1)
    reader = RunReader(folder)
    for epoch in range(2, 12):
        append(folder, lines_of(epoch))
        assert reader.view() == read_view(folder)
        assert reader.view().epoch == epoch


def test_only_what_was_added_is_read(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", 9)
    growing = GrowingHistory(folder / "history.jsonl")
    steps = list(growing.read().steps)
    append(folder, lines_of(10))
    grown = growing.read()
    assert len(grown.steps) == STEPS * 10
    assert all(before is after for before, after in zip(steps, grown.steps, strict=False))


@pytest.mark.parametrize("cut", [1, 5, 40, -1])
def test_a_line_that_is_being_written_is_taken_once_it_is_whole(tmp_path: Path, cut: int) -> None:
    folder = write_run(tmp_path / "run", 3)
    reader = RunReader(folder)
    added = lines_of(4)
    append(folder, added[:cut])
    assert reader.view() == read_view(folder)
    append(folder, added[cut:])
    assert reader.view() == read_view(folder)
    assert reader.view().epoch == 4


def test_a_run_that_is_resumed_drops_what_came_after_its_last_state(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", 6)
    reader = RunReader(folder)
    reader.view()
    kept = b"".join(lines_of(epoch) for epoch in range(5))
    other = b"".join(lines_of(epoch, seconds=2.0) for epoch in range(5, 9))  # longer than before
    (folder / "history.jsonl").write_bytes(kept + other)
    assert reader.view() == read_view(folder)
    (folder / "history.jsonl").write_bytes(kept)
    assert reader.view() == read_view(folder)
    (folder / "history.jsonl").unlink()
    assert reader.view() == read_view(folder)
    assert reader.view().validation.epoch == []


def test_an_epoch_that_is_measured_again_counts_as_it_is_now(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", 6)
    reader = RunReader(folder)
    before = reader.view()
    entry = {"kind": "validation", "epoch": 6, "losses": [[0.9]] * PICTURES}
    append(folder, json.dumps(entry).encode() + b"\n")
    assert reader.view() == read_view(folder) != before


def test_a_run_that_is_deleted_is_gone(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", 2)
    reader = RunReader(folder)
    reader.view()
    (folder / "run.json").unlink()
    with pytest.raises(RunError, match="There is no training run"):
        reader.view()


def curves(view: RunView) -> list:
    assert view.averaged and view.probe
    return [view.train, view.validation, view.averaged, view.probe]


def test_a_chart_of_a_long_run_gets_fewer_epochs_with_the_values_of_all(tmp_path: Path) -> None:
    view = read_view(write_run(tmp_path / "run", 2003, 2500))
    few = thinned(view)
    assert few.averaged
    assert few.averaged.epoch[:4] == [0, 7, 10, 14]  # every tenth, and every seventh has a checkpoint
    assert few.averaged.epoch[-1] == few.train.epoch[-1] == 2003
    assert set(few.averaged_checkpoints) <= set(few.averaged.epoch)
    for thin, whole in zip(curves(few), curves(view), strict=True):
        for field in fields(thin):
            values = dict(zip(whole.epoch, getattr(whole, field.name), strict=True))
            assert getattr(thin, field.name) == [values[epoch] for epoch in thin.epoch]
    assert (few.selection, few.checkpoints, few.epoch) == (view.selection, view.checkpoints, view.epoch)


@pytest.mark.parametrize("epochs", [MOST_EPOCHS + 1, 2000, 30000])
def test_what_a_chart_gets_does_not_grow(tmp_path: Path, epochs: int) -> None:
    folder = write_run(tmp_path / "run", 6)
    entries = [{"kind": "step", "step": epoch, "epoch": epoch, "loss": 0.1} for epoch in range(1, epochs + 1)]
    entries += [{"kind": "validation", "epoch": epoch, "losses": [[0.1]] * PICTURES} for epoch in range(7, epochs + 1)]
    append(folder, b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
    few = thinned(read_view(folder))
    assert MOST_EPOCHS / 3 < len(few.validation.epoch) < MOST_EPOCHS + 10
    assert MOST_EPOCHS / 3 < len(few.train.epoch) < MOST_EPOCHS + 10


def test_a_curve_measured_now_and_then_is_thinned_no_further_than_it_must_be(tmp_path: Path) -> None:
    few = thinned(read_view(write_run(tmp_path / "run", 700)))
    assert few.probe
    assert few.probe.epoch[:4] == [0, 5, 10, 15]  # every fifth was wanted, which is what there is


def test_a_short_run_is_shown_whole(tmp_path: Path) -> None:
    view = read_view(write_run(tmp_path / "run", 20))
    assert thinned(view) is view


def test_a_name_that_is_no_text_does_not_keep_an_event_from_being_written(tmp_path: Path) -> None:
    """Why a training failed may name a picture whose name is none."""
    HistoryFile(tmp_path / "history.jsonl").append(Event("failed", "bad\udcff name.png", ""))
    (event,) = History.read(tmp_path / "history.jsonl").events
    assert event.text == "bad? name.png"
