"""A run's folder as plots and pickers see it: whole, under way, torn and repeated."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lora_core.config import RunConfig, TrainingConfig
from lora_core.errors import CheckpointError, RunError
from lora_core.run_view import run_view

EPOCHS, STEPS = 40, 14


def validation(epoch: int, pictures: int = 8) -> dict:
    level = 0.13 + 0.13 * 0.02 * (((epoch - 16) / 16) ** 2 - 1)
    rows = [[level * (1 + 0.1 * n) * factor for factor in (1.6, 1.2, 0.8, 0.4)] for n in range(pictures)]
    return {"kind": "validation", "epoch": epoch, "step": epoch * STEPS, "loss": float(np.mean(rows)), "losses": rows}


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


def test_a_finished_run(tmp_path: Path) -> None:
    view = run_view(write_run(tmp_path / "мій дім", whole()))
    assert (view["run"], view["status"]) == ("мій дім", "finished")
    assert (view["epoch"], view["epochs"], view["step"], view["steps"]) == (40, 40, 560, 560)
    assert view["train"]["epoch"] == list(range(1, 41))
    assert view["train"]["loss"][0] == pytest.approx(0.13 + 0.001 * 6.5)
    assert view["train"]["low"][5] < view["train"]["smooth"][5] < view["train"]["high"][5]
    assert view["validation"]["epoch"] == list(range(41))
    assert view["validation"]["loss"][16] == pytest.approx(validation(16)["loss"], rel=1e-6)
    assert view["validation"]["standard_error"][0] == 0
    assert view["validation"]["standard_error"][16] > 0
    assert view["selection"]["epoch"] == 16
    assert view["checkpoints"] == list(range(4, 41, 4))
    assert json.loads(json.dumps(view, allow_nan=False)) == json.loads(json.dumps(view))


def test_a_run_that_has_only_just_begun(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "new", [], [])
    (folder / "history.jsonl").unlink()
    view = run_view(folder)
    assert (view["status"], view["epoch"], view["step"], view["selection"]) == ("training", 0, 0, None)
    assert view["train"]["epoch"] == [] and view["validation"]["epoch"] == []


def test_the_last_of_two_lines_for_one_epoch_counts(tmp_path: Path) -> None:
    entries = whole()
    stale = validation(16) | {"losses": [[9.0] * 4] * 8, "loss": 9.0}
    assert run_view(write_run(tmp_path / "a", [stale, *entries])) == run_view(write_run(tmp_path / "b", entries)) | {
        "run": "a"
    }


def test_torn_and_foreign_lines_are_passed_over(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", whole())
    expected = run_view(folder)
    with (folder / "history.jsonl").open("ab") as file:
        file.write(b'\xff\xfe garbage\n[1, 2]\n"text"\n{"no": "kind"}\n{"kind": "step", "st')
    assert run_view(folder) == expected


def test_an_epoch_that_is_no_number_is_a_hole(tmp_path: Path) -> None:
    entries = [validation(e) for e in range(41)]
    entries[20]["losses"][3][1] = None
    view = run_view(write_run(tmp_path / "a", entries))
    assert view["validation"]["loss"][20] is None and view["validation"]["smooth"][20] is None
    assert view["selection"]["epoch"] == 16


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
    view = run_view(write_run(tmp_path / "a", entries))
    assert view["status"] == status
    assert set(view["notes"]) == set(events) - {"finished", "cancelled"}


def test_given_epoch(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "a", whole())
    assert run_view(folder, "epoch", 28)["selection"]["epoch"] == 28
    with pytest.raises(CheckpointError, match="28, 32"):
        run_view(folder, "epoch", 29)


def test_no_run_and_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="There is no training run"):
        run_view(tmp_path)
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="is damaged"):
        run_view(tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(RunError, match="newer LoRA Atelier"):
        run_view(tmp_path)
