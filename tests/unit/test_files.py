"""What is on the disk after a power cut: files, and the names of files in their folders."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from lora_core.errors import RunError
from lora_core.files import atomic_write, file_in_the_way, make_folder
from lora_core.picking.weights import Weights
from lora_core.record.entries import CheckpointEntry, Event, ReleasedEntry, StepEntry
from lora_core.record.history import HistoryFile
from lora_core.record.run_file import RunFile

NO_FOLDERS = pytest.mark.skipif(os.name == "nt", reason="Windows cannot open a folder")


def test_a_file_where_a_folder_is_needed_is_named(tmp_path: Path) -> None:
    """`output/lora_atelier` may be a file: nothing in it is damaged."""
    (tmp_path / "дім").write_bytes(b"mine")
    path = tmp_path / "дім" / "runs" / "r" / "run.json"
    with pytest.raises(RunError, match="дім is a file, not a folder"):
        atomic_write(path, b"{}")
    if os.name != "nt":  # there it is not told apart from a folder that is missing
        with pytest.raises(RunError, match="дім is a file, not a folder") as refused:
            RunFile.read(path.parent)
        assert "damaged" not in str(refused.value) and "Error" not in str(refused.value)
    assert (tmp_path / "дім").read_bytes() == b"mine"
    assert file_in_the_way(tmp_path / "none" / "run.json") is None


@dataclass(frozen=True)
class Sync:
    """An fsync: of which file or folder, and its size or the names in it at that moment."""

    inode: int
    content: int | tuple[str, ...]


@pytest.fixture
def syncs(monkeypatch: pytest.MonkeyPatch) -> list[Sync]:
    """Every fsync from now on; each is really done."""
    done = []
    really = os.fsync

    def sync(handle: int) -> None:
        really(handle)
        status = os.fstat(handle)
        is_folder = stat.S_ISDIR(status.st_mode)
        done.append(Sync(status.st_ino, tuple(os.listdir(handle)) if is_folder else status.st_size))

    monkeypatch.setattr(os, "fsync", sync)
    return done


def of(path: Path, syncs: list[Sync]) -> list[int | tuple[str, ...]]:
    return [sync.content for sync in syncs if sync.inode == path.stat().st_ino]


def test_threads_that_write_one_file_do_not_meet(tmp_path: Path) -> None:
    path, contents = tmp_path / "theatre.png", [bytes([number]) * 100_000 for number in range(8)]
    with ThreadPoolExecutor(len(contents)) as threads:
        for _ in range(20):
            list(threads.map(lambda data: atomic_write(path, data), contents))
            assert path.read_bytes() in contents
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


@NO_FOLDERS
def test_a_written_file_and_its_name_are_flushed(tmp_path: Path, syncs: list[Sync]) -> None:
    path = tmp_path / "lora.safetensors"
    for data in (b"before", b"now!"):
        atomic_write(path, data)
        assert of(path, syncs) == [len(data)]
        assert syncs[-1] == Sync(tmp_path.stat().st_ino, ("lora.safetensors",))


@NO_FOLDERS
def test_new_folders_are_flushed_into_those_above(tmp_path: Path, syncs: list[Sync]) -> None:
    make_folder(tmp_path / "runs" / "bauhaus")
    assert of(tmp_path, syncs) == [("runs",)]
    assert of(tmp_path / "runs", syncs) == [("bauhaus",)]
    make_folder(tmp_path / "runs" / "bauhaus")
    assert len(syncs) == 2


@NO_FOLDERS
def test_a_new_history_is_flushed_with_its_name(tmp_path: Path, syncs: list[Sync]) -> None:
    history = HistoryFile(tmp_path / "history.jsonl")
    history.append(Event("resumed", "Resumed.", ""))
    assert of(tmp_path, syncs) == [("history.jsonl",)]
    history.append(Event("finished", "Finished.", ""))
    assert len(of(tmp_path, syncs)) == 1


@NO_FOLDERS
def test_steps_and_checkpoints_are_flushed_before_a_state_counts_on_them(tmp_path: Path, syncs: list[Sync]) -> None:
    """Training waits for each flush, and a checkpoint's file is written together with the next state."""
    history = HistoryFile(tmp_path / "history.jsonl")
    history.append(StepEntry(1, 1, 0.5, 0.001, 0.1))
    history.append(CheckpointEntry(1, Weights.RAW, "checkpoints/epoch_0001.safetensors"))
    history.append(ReleasedEntry(Weights.RAW, [1]))
    assert of(history.path, syncs) == []
    history.flush()
    assert of(history.path, syncs) == [history.path.stat().st_size]
