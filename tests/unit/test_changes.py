"""What tells that files have changed: sizes, times and, where the clock may not have moved on, contents."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from lora_core import changes
from lora_core.changes import file_state, folder_state
from lora_core.dataset.folder_scan import fingerprint
from lora_core.record.run_state import run_state

LONG_AGO = 1_600_000_000_000_000_000


def rewrite(path: Path, text: str) -> None:
    """Another text of the same length, with the time of the one before."""
    before = path.stat()
    assert before.st_size == len(text.encode("utf-8"))
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_file_that_stays_has_one_state(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a house", encoding="utf-8")
    assert file_state(path) == file_state(path)


def test_a_file_of_the_same_size_and_time_is_another(tmp_path: Path) -> None:
    path = tmp_path / "підпис.txt"
    path.write_text("a house", encoding="utf-8")
    before = file_state(path)
    rewrite(path, "a tower")
    assert file_state(path) != before


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no time of the last change beside the one that can be set")
def test_an_old_file_that_is_replaced_with_its_time_kept_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_text("a house", encoding="utf-8")
    monkeypatch.setattr(changes, "CLOCK_TICK", 0)  # as if it had been there for long
    before = file_state(path)
    time.sleep(0.05)
    rewrite(path, "a tower")
    assert file_state(path) != before


def test_a_clock_of_whole_seconds_is_enough(tmp_path: Path) -> None:
    """The very same stamp, as a network drive may give two changes within a second."""
    path = tmp_path / "a.txt"
    path.write_text("a house", encoding="utf-8")
    now = int(time.time()) * 1_000_000_000
    stamp = os.stat_result([0o100644, 0, 0, 1, 0, 0, 7, *[now // 10**9] * 3, *[now / 10**9] * 3, now, now, now])
    before = changes.state_of(str(path), stamp)
    path.write_text("a tower", encoding="utf-8")
    assert changes.state_of(str(path), stamp) != before


def test_contents_are_read_once_more_when_the_clock_has_moved_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a house", encoding="utf-8")
    before = file_state(path)
    monkeypatch.setattr(changes, "CLOCK_TICK", 0)
    assert file_state(path) == before
    monkeypatch.setattr(changes, "_content", None)  # it is not called
    assert file_state(path) == before


def test_a_missing_file_and_a_folder_have_states_too(tmp_path: Path) -> None:
    states = {file_state(tmp_path / "nothing"), file_state(tmp_path)}
    (tmp_path / "nothing").write_text("", encoding="utf-8")
    states.add(file_state(tmp_path / "nothing"))
    assert len(states) == 3
    assert folder_state(tmp_path / "no folder") != folder_state(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on this system")
def test_a_link_that_leads_elsewhere_is_another(tmp_path: Path) -> None:
    """As models are kept that Hugging Face's own tools have downloaded."""
    link = tmp_path / "model.safetensors"
    states = set()
    for target in ("one", "another"):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        states.add(folder_state(tmp_path))
    assert len(states) == 2


@pytest.fixture
def style(tmp_path: Path) -> Path:
    folder = tmp_path / "стиль"
    (folder / "val").mkdir(parents=True)
    for path in (folder / "a.png", folder / "val" / "b.png"):
        path.write_bytes(b"a picture")
        path.with_suffix(".txt").write_text("a house", encoding="utf-8")
        for each in (path, path.with_suffix(".txt")):
            os.utime(each, ns=(LONG_AGO, LONG_AGO))
    return folder


def rename_style(folder: Path) -> None:
    folder.rename(folder.with_name("інший"))
    (folder.with_name("інший")).joinpath("a.png").rename(folder.with_name("інший") / "c.png")
    folder.with_name("інший").rename(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: rewrite(folder / "a.txt", "a tower"),
        lambda folder: rewrite(folder / "val" / "b.txt", "a tower"),
        lambda folder: rewrite(folder / "a.png", "a drawing"),
        lambda folder: (folder / "a.txt").unlink(),
        lambda folder: (folder / "new.png").write_bytes(b"another"),
        rename_style,
    ],
)
def test_a_style_changes_with_each_of_its_files(style: Path, change: object) -> None:
    before = fingerprint(style)
    assert fingerprint(style) == before
    change(style)
    assert fingerprint(style) != before


def test_what_is_in_other_folders_does_not_change_a_style(style: Path) -> None:
    (style / "drafts").mkdir()
    before = fingerprint(style)
    for name in ("drafts", "captions_before_1"):
        (style / name).mkdir(exist_ok=True)
        (style / name / "a.txt").write_text("a hut", encoding="utf-8")
    assert fingerprint(style) == before


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "запуск"
    for name in ("run.json", "history.jsonl", "checkpoints/epoch_0001.safetensors", "previews/epoch_0001.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "name", ["run.json", "history.jsonl", "checkpoints/epoch_0001.safetensors", "previews/epoch_0001.png"]
)
@pytest.mark.parametrize("how", ["edited", "deleted"])
def test_a_run_changes_with_what_is_shown_of_it(run: Path, name: str, how: str) -> None:
    before = run_state(run)
    assert run_state(run) == before
    if how == "edited":
        rewrite(run / name, "[]")
    else:
        (run / name).unlink()
    assert run_state(run) != before


def test_a_run_does_not_change_with_its_lock_and_its_states(run: Path) -> None:
    before = run_state(run)
    (run / ".lock").touch()
    (run / "state").mkdir()
    (run / "checkpoints" / ".epoch_0002.safetensors.7.tmp").touch()
    assert run_state(run) == before
