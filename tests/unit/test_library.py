"""All runs of a folder: listed as they are, noted upon, and deleted with nothing else."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from unit.test_run_view import EPOCHS, grid, validation, whole, write_run

from lora_core.errors import RunError
from lora_core.library import shelf
from lora_core.library.deletion import delete_run
from lora_core.library.details import read_details
from lora_core.library.notes import read_notes, write_notes
from lora_core.library.shelf import Shelf
from lora_core.library.summary import RunSummary, size_of, summarise
from lora_core.picking.weights import Weights
from lora_core.record.lock import RunLock, is_held
from lora_core.run_folder import NOTES_FILE

LINKS = pytest.mark.skipif(os.name == "nt", reason="links need rights on this system")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def run(runs: Path) -> Path:
    """A finished run with previews of epochs 5, 10, 15, ..."""
    folder = write_run(runs / "будинок", [*whole(), *({**_preview(epoch)} for epoch in range(5, EPOCHS + 1, 5))])
    (folder / "previews").mkdir()
    for epoch in range(5, EPOCHS + 1, 5):
        Image.new("RGB", (8, 8)).save(folder / "previews" / f"epoch_{epoch:04d}.png")
    return folder


def _preview(epoch: int) -> dict:
    return {"kind": "preview", "epoch": epoch, "file": f"epoch_{epoch:04d}.png"}


def add(run: Path, *entries: dict) -> None:
    with (run / "history.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)


def event(what: str) -> dict:
    return {"kind": "event", "what": what, "text": ""}


# Summaries


def test_a_run_in_a_few_numbers(run: Path) -> None:
    found = summarise(run)
    assert (found.run, found.state, found.problem) == ("будинок", "finished", "")
    assert (found.epoch, found.epochs) == (EPOCHS, EPOCHS)
    assert found.recipe
    assert (found.recipe.training_pictures, found.recipe.validation_pictures) == (56, 8)
    assert (found.recipe.rank, found.recipe.learning_rate, found.recipe.pictures_per_step) == (16, 3e-4, 4)
    assert found.pick
    assert (found.pick.epoch, found.pick.weights) == (16, Weights.RAW)
    assert found.pick.improvement == pytest.approx(0.02, abs=0.003)
    assert found.preview and found.preview.file == "epoch_0015.png"
    assert found.size == sum(path.stat().st_size for path in run.rglob("*") if path.is_file())


def test_its_small_curve_is_relative_to_no_lora(run: Path) -> None:
    curve = summarise(run).curve
    assert curve
    assert (curve.epoch[0], curve.epoch[-1]) == (0, EPOCHS)
    assert curve.change[0] == 0
    assert min(change for change in curve.change if change is not None) == pytest.approx(-0.02, abs=0.003)


def test_a_long_run_has_a_small_curve_too(runs: Path) -> None:
    entries = [validation(epoch) for epoch in range(1001)]
    curve = summarise(write_run(runs / "long", entries)).curve
    assert curve
    assert len(curve.epoch) <= 50 and (curve.epoch[0], curve.epoch[-1]) == (0, 1000)


@pytest.mark.parametrize("what", ["finished", "cancelled", "failed"])
def test_how_a_run_ended(run: Path, what: str) -> None:
    add(run, event("resumed"), event(what))
    assert summarise(run).state == what


def test_a_run_is_running_as_long_as_its_process_lives(run: Path) -> None:
    add(run, event("resumed"))
    assert summarise(run).state == "interrupted"
    held = RunLock(run)
    assert is_held(run)
    assert summarise(run).state == "running"
    held.release()
    assert not is_held(run)
    assert summarise(run).state == "interrupted"


def test_looking_whether_a_run_is_trained_writes_nothing(run: Path) -> None:
    before = sorted(run.iterdir())
    assert not is_held(run)
    assert sorted(run.iterdir()) == before


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"format": 99}'])
def test_a_damaged_run_has_a_problem_in_words(run: Path, content: bytes) -> None:
    (run / "run.json").write_bytes(content)
    found = summarise(run)
    assert found.state == "damaged"
    assert found.problem.endswith(".") and "будинок" in found.problem
    assert (found.recipe, found.pick, found.curve, found.preview) == (None,) * 4


@LINKS
def test_a_run_that_holds_a_link_is_not_read(run: Path, tmp_path: Path) -> None:
    (run / "history.jsonl").unlink()
    (tmp_path / "secret").write_text(json.dumps(validation(3)), encoding="utf-8")
    (run / "history.jsonl").symlink_to(tmp_path / "secret")
    assert "holds a link" in summarise(run).problem


@LINKS
def test_the_size_does_not_follow_links(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "large").write_bytes(b"x" * 5000)
    (tmp_path / "inside" / "link").symlink_to(tmp_path / "large")
    (tmp_path / "inside" / "own").write_bytes(b"x" * 7)
    assert size_of(tmp_path / "inside") == 7


# The list


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the runs that were read, as they are read."""
    read: list[str] = []

    def counted(folder: Path) -> RunSummary:
        read.append(folder.name)
        return summarise(folder)

    monkeypatch.setattr(shelf, "summarise", counted)
    return read


def test_what_has_not_changed_is_not_read_again(run: Path, runs: Path, reads: list[str]) -> None:
    other = write_run(runs / "other", whole())
    names, shelf_of_runs = ["будинок", "other"], Shelf(runs)
    first = shelf_of_runs.listing(names, 60)
    assert [each.run for each in first.runs] == first.names == names and not first.waiting
    assert shelf_of_runs.listing(names, 60) == first
    assert reads == names
    add(other, event("cancelled"))
    assert [each.state for each in shelf_of_runs.listing(names, 60).runs] == ["finished", "cancelled"]
    assert reads == [*names, "other"]


@pytest.mark.parametrize(
    "change",
    [
        lambda run: write_notes(run, "", "good"),
        lambda run: (run / "checkpoints" / "epoch_0004.safetensors").unlink(),
        lambda run: (run / "previews" / "epoch_0005.png").unlink(),
        lambda run: (run / "strengths.json").write_text("{}", encoding="utf-8"),
    ],
    ids=["notes", "checkpoint", "preview", "strengths"],
)
def test_what_has_changed_is_read_again(
    run: Path, runs: Path, reads: list[str], change: Callable[[Path], object]
) -> None:
    shelf_of_runs = Shelf(runs)
    shelf_of_runs.listing([run.name], 60)
    change(run)
    shelf_of_runs.listing([run.name], 60)
    assert reads == [run.name] * 2


def test_a_process_that_ends_is_seen_though_no_file_changes(run: Path, runs: Path) -> None:
    add(run, event("resumed"))
    held, shelf_of_runs = RunLock(run), Shelf(runs)
    assert shelf_of_runs.listing([run.name], 60).runs[0].state == "running"
    held.release()
    assert shelf_of_runs.listing([run.name], 60).runs[0].state == "interrupted"


def test_a_long_list_is_read_bit_by_bit_in_its_order(runs: Path, reads: list[str]) -> None:
    names = [f"run {number}" for number in range(4)]
    for name in names:
        write_run(runs / name, [validation(epoch) for epoch in range(4)])
    shelf_of_runs = Shelf(runs)
    for read in range(1, 5):
        listing = shelf_of_runs.listing(names, 0)
        assert (listing.names, listing.waiting) == (names, 4 - read)
        assert [each.run for each in listing.runs] == names[:read] == reads


def test_only_what_is_new_is_sent(run: Path, runs: Path) -> None:
    other = write_run(runs / "other", whole())
    names, shelf_of_runs = [run.name, "other"], Shelf(runs)
    mark = shelf_of_runs.listing(names, 60).mark
    nothing = shelf_of_runs.listing(names, 60, mark)
    assert (nothing.names, nothing.runs, nothing.mark) == (names, [], mark)
    add(other, event("resumed"))
    (changed,) = shelf_of_runs.listing(names, 60, mark).runs
    assert (changed.run, changed.state) == ("other", "interrupted")
    mark = shelf_of_runs.listing(names, 60, mark).mark
    held = RunLock(other)
    (begun,) = shelf_of_runs.listing(names, 60, mark).runs
    held.release()
    assert (begun.run, begun.state) == ("other", "running")


def test_a_page_that_a_server_before_told_a_mark_gets_everything(run: Path, runs: Path) -> None:
    mark = Shelf(runs).listing([run.name], 60).mark
    later = Shelf(runs)
    later._mark += 1_000  # a second later
    assert [each.run for each in later.listing([run.name], 60, mark).runs] == [run.name]


def test_a_run_that_is_gone_is_forgotten(run: Path, runs: Path, reads: list[str]) -> None:
    shelf_of_runs = Shelf(runs)
    shelf_of_runs.listing([run.name], 60)
    assert shelf_of_runs.listing([], 60).runs == []
    shelf_of_runs.listing([run.name], 60)
    assert reads == [run.name] * 2


# Details


def test_what_takes_the_space(run: Path) -> None:
    (run / "checkpoints" / "epoch_0004.safetensors").write_bytes(b"x" * 900_000)
    parts = read_details(run).parts
    assert (parts[0].name, parts[0].size, parts[0].files) == ("checkpoints", 900_000, 10)
    assert {part.name for part in parts} == {"", "checkpoints", "previews"}
    assert sum(part.size for part in parts) == size_of(run)


def test_what_differs_from_the_papers_recipe(run: Path) -> None:
    assert [(each.setting, each.one, each.other) for each in read_details(run).changed] == [
        ("training.epochs", 200, EPOCHS)
    ]


# Notes


def test_notes_are_kept_beside_the_run(run: Path) -> None:
    assert read_notes(run) == ""
    assert write_notes(run, "", "  Добре з епохи 16.\r\nSecond line \n") == "Добре з епохи 16.\nSecond line"
    assert (run / NOTES_FILE).read_bytes().decode("utf-8") == "Добре з епохи 16.\nSecond line\n"
    assert summarise(run).notes.startswith("Добре")
    assert write_notes(run, read_notes(run), "") == ""
    assert not (run / NOTES_FILE).exists()


def test_notes_that_were_changed_elsewhere_are_not_lost(run: Path) -> None:
    write_notes(run, "", "mine")
    with pytest.raises(RunError, match="have been changed elsewhere"):
        write_notes(run, "", "theirs")
    assert read_notes(run) == "mine"


def test_of_many_who_write_notes_at_once_all_but_one_learn_of_it(run: Path) -> None:
    ready = threading.Barrier(8)

    def write(number: int) -> str:
        ready.wait()
        try:
            return write_notes(run, "", f"notes {number}")
        except RunError:
            return ""

    with ThreadPoolExecutor(8) as pool:
        (written,) = filter(None, pool.map(write, range(8)))
    assert read_notes(run) == written


def test_notes_may_not_grow_without_end(run: Path) -> None:
    with pytest.raises(RunError, match="at most 100000"):
        write_notes(run, "", "x" * 100_001)
    (run / NOTES_FILE).write_bytes(b"\xff" * 2_000_000)
    assert len(read_notes(run)) == 100_000


def test_notes_do_not_change_the_run(run: Path) -> None:
    before = summarise(run)
    write_notes(run, "", "words")
    assert replace(summarise(run), notes="", size=before.size) == before


# Deletion


def test_a_run_is_deleted_and_nothing_else(run: Path, runs: Path) -> None:
    other = write_run(runs / "other", [grid([[1.0]])])
    (run / "tensorboard" / "deep").mkdir(parents=True)
    (run / "tensorboard" / "deep" / "events").write_bytes(b"x")
    delete_run(runs, run)
    assert list(runs.iterdir()) == [other]
    assert (other / "run.json").exists()


def test_a_run_that_is_being_trained_is_not_deleted(run: Path, runs: Path) -> None:
    held = RunLock(run)
    with pytest.raises(RunError, match=r"is being trained\. Stop it"):
        delete_run(runs, run)
    assert summarise(run).problem == "" and len(list((run / "checkpoints").iterdir())) == 10
    held.release()
    delete_run(runs, run)
    assert not run.exists()


def test_a_folder_that_is_no_run_is_not_deleted(runs: Path) -> None:
    (runs / "pictures").mkdir(parents=True)
    (runs / "pictures" / "holiday.png").write_bytes(b"x")
    with pytest.raises(RunError, match="no training run"):
        delete_run(runs, runs / "pictures")
    assert (runs / "pictures" / "holiday.png").exists()


@pytest.mark.parametrize("place", ["..", ".", "будинок/checkpoints", "../elsewhere"])
def test_only_what_lies_in_the_folder_of_runs_is_deleted(run: Path, runs: Path, place: str) -> None:
    elsewhere = write_run(runs.parent / "elsewhere", whole())
    for folder in (runs.parent, runs, run / "checkpoints"):
        (folder / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RunError, match="is not in the folder of all runs"):
        delete_run(runs, runs / place)
    assert run.exists() and elsewhere.exists() and (run / "checkpoints").exists()


@LINKS
def test_a_link_is_not_deleted_through(run: Path, runs: Path, tmp_path: Path) -> None:
    real = write_run(tmp_path / "real", whole())
    (runs / "linked").symlink_to(real, target_is_directory=True)
    with pytest.raises(RunError, match="is a link"):
        delete_run(runs, runs / "linked")
    (run / "tensorboard").mkdir()
    (run / "tensorboard" / "deep").mkdir()
    (run / "tensorboard" / "deep" / "link").symlink_to(real, target_is_directory=True)
    delete_run(runs, run)
    assert not run.exists()
    assert (real / "run.json").exists() and len(list((real / "checkpoints").iterdir())) == 10


@LINKS
def test_a_folder_of_runs_that_is_the_owners_link_is_no_hindrance(run: Path, runs: Path, tmp_path: Path) -> None:
    (tmp_path / "shortcut").symlink_to(runs, target_is_directory=True)
    delete_run(tmp_path / "shortcut", tmp_path / "shortcut" / run.name)
    assert not run.exists()


def test_what_a_failed_deletion_leaves_can_be_deleted(run: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as broken:
        broken.setattr("shutil.rmtree", refuse)
        with pytest.raises(RunError, match="Not all of the run 'будинок' could be deleted: Permission denied"):
            delete_run(runs, run)
    assert summarise(run).state == "finished"
    delete_run(runs, run)
    assert not run.exists()
