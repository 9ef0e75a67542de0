"""An interrupted overwriting of captions goes on where it stopped, and loses nothing of what was there before."""

from __future__ import annotations

from pathlib import Path

import pytest

from lora_core.dataset.captions import read_caption, write_caption
from lora_core.dataset.overwriting import NOTE, Overwriting

NAMES = ["дім 1.png", "house 2.png", "house 3.png"]


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Pictures with captions of their own; only their names matter."""
    found = [tmp_path / name for name in NAMES]
    for picture in found:
        picture.with_suffix(".txt").write_text("by hand", encoding="utf-8")
    return found


def overwrite(pictures: list[Path], settings: str = "blip") -> tuple[Overwriting, list[Path]]:
    """Captions all that are not yet; which ones those were."""
    begun = Overwriting(pictures[0].parent, settings)
    waiting = [picture for picture in pictures if begun.written(picture) is None]
    for picture in waiting:
        write_caption(picture, f"{settings} sees {picture.stem}", copies=begun.copies)
        begun.add(picture)
    return begun, waiting


def test_it_goes_on_where_it_stopped(pictures: list[Path]) -> None:
    overwrite(pictures[:2])  # and is cut off
    begun, waiting = overwrite(pictures)
    assert waiting == pictures[2:]
    begun.finish()
    kept = pictures[0].parent / "captions_before_1"
    assert {path.read_text(encoding="utf-8") for path in kept.iterdir()} == {"by hand"}
    assert len(list(kept.iterdir())) == 3
    assert not (kept.parent / "captions_before_2").exists()


def test_a_correction_made_in_between_stays(pictures: list[Path]) -> None:
    overwrite(pictures[:2])
    write_caption(pictures[0], "corrected")
    begun, waiting = overwrite(pictures)
    assert waiting == pictures[2:]
    assert begun.written(pictures[0]) == "corrected"


def test_once_finished_the_next_is_a_new_one(pictures: list[Path]) -> None:
    overwrite(pictures)[0].finish()
    begun, waiting = overwrite(pictures)
    assert waiting == pictures
    assert begun.copies == "captions_before_2"


def test_other_settings_begin_anew_and_the_old_note_goes(pictures: list[Path]) -> None:
    overwrite(pictures[:2], "blip")
    begun, waiting = overwrite(pictures, "blip2")
    assert waiting == pictures
    begun.finish()
    assert not list(pictures[0].parent.rglob(NOTE))
    assert read_caption(pictures[0]) == "blip2 sees дім 1"


def test_a_folder_without_replaced_captions_leaves_no_trace(tmp_path: Path) -> None:
    pictures = [tmp_path / name for name in NAMES]
    overwrite(pictures)[0].finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{Path(name).stem}.txt" for name in NAMES)


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"{", b'"blip"\n"', b"[" * 100_000])
def test_a_damaged_note_loses_nothing(pictures: list[Path], damage: bytes) -> None:
    overwrite(pictures[:1])
    note = pictures[0].parent / "captions_before_1" / NOTE
    note.write_bytes(damage)
    begun, waiting = overwrite(pictures)
    assert waiting == pictures
    begun.finish()
    assert (note.parent / f"{pictures[0].stem}.txt").read_text(encoding="utf-8") == "by hand"


def test_a_line_that_was_cut_off_counts_as_not_written(pictures: list[Path]) -> None:
    overwrite(pictures[:2])
    note = pictures[0].parent / "captions_before_1" / NOTE
    note.write_bytes(note.read_bytes()[:-4])
    assert overwrite(pictures)[1] == pictures[1:]
