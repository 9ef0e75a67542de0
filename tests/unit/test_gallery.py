"""The captions of a folder, read and corrected one by one, and nothing outside it."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from lora_core.dataset.captions import read_caption
from lora_core.dataset.gallery import LONGEST, THUMBNAIL, correct, gallery, thumbnail, thumbnail_of_content
from lora_core.errors import CaptionError, DatasetError


@pytest.fixture
def style(tmp_path: Path) -> Path:
    """Two pictures and one in val/, the first with a caption."""
    folder = tmp_path / "мій стиль"
    for place in ("дім 1.png", "house 2.jpg", "val/house 3.png"):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (900, 600), "grey").save(path)
    (folder / "дім 1.txt").write_text("a white house", encoding="utf-8")
    return folder


def test_all_pictures_are_there_with_their_captions(style: Path) -> None:
    found = gallery([style])
    assert [(each.style, each.name, each.caption) for each in found] == [
        ("мій стиль", "house 2.jpg", ""),
        ("мій стиль", "дім 1.png", "a white house"),
        ("мій стиль", "house 3.png", ""),
    ]
    assert len({each.key for each in found}) == 3


def test_a_thumbnail_is_small(style: Path) -> None:
    for each in gallery([style]):
        with Image.open(io.BytesIO(thumbnail([style], each.key))) as image:
            assert image.format == "JPEG"
            assert max(image.size) == THUMBNAIL


def test_a_gallery_shows_what_is_there_now(style: Path) -> None:
    """Listings are remembered, but only as long as their folders stay as they are."""
    for folder in (style, style / "val"):
        os.utime(folder, (1_000_000_000, 1_000_000_000))
    before = gallery([style])
    assert gallery([style]) == before
    (style / "val" / "house 3.png").rename(style / "val" / "house 4.png")
    assert [each.name for each in gallery([style])] == ["house 2.jpg", "дім 1.png", "house 4.png"]
    (style / "house 2.jpg").unlink()
    assert [each.name for each in gallery([style])] == ["дім 1.png", "house 4.png"]


def test_a_thumbnail_follows_its_file(style: Path) -> None:
    (bare, *_) = gallery([style])
    before = thumbnail([style], bare.key)
    Image.new("RGB", (600, 900), "red").save(style / "house 2.jpg")
    os.utime(style / "house 2.jpg", (2_000_000_000, 2_000_000_000))
    with Image.open(io.BytesIO(thumbnail([style], bare.key))) as image:
        assert image.height > image.width
    assert thumbnail([style], bare.key) != before
    assert gallery([style])[0].version == 2_000_000_000_000


def test_a_correction_is_written(style: Path) -> None:
    bare, spoken, _ = gallery([style])
    assert correct([style], spoken.key, "a white house", " a  grey house ") == "a grey house"
    assert read_caption(style / "дім 1.png") == "a grey house"
    assert correct([style], bare.key, "", "new") == "new"
    assert (style / "house 2.txt").read_text(encoding="utf-8").strip() == "new"


def test_a_caption_changed_elsewhere_is_not_lost(style: Path) -> None:
    spoken = gallery([style])[1]
    (style / "дім 1.txt").write_text("by hand", encoding="utf-8")
    with pytest.raises(CaptionError, match="changed elsewhere"):
        correct([style], spoken.key, "a white house", "mine")
    assert read_caption(style / "дім 1.png") == "by hand"


@pytest.mark.parametrize(("caption", "words"), [("  ", "is empty"), ("x" * (LONGEST + 1), "at most 10000")])
def test_what_is_no_caption_is_refused(style: Path, caption: str, words: str) -> None:
    spoken = gallery([style])[1]
    with pytest.raises(CaptionError, match=words):
        correct([style], spoken.key, "a white house", caption)
    assert read_caption(style / "дім 1.png") == "a white house"


def test_nothing_outside_the_folders_is_found(style: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    Image.new("RGB", (8, 8)).save(outside)
    key = hashlib.blake2b(str(outside).encode(), digest_size=16).hexdigest()
    for asked in (key, "../outside.png", str(outside), "", gallery([style])[0].key.upper()):
        with pytest.raises(DatasetError, match="no longer there"):
            correct([style], asked, "", "mine")
        with pytest.raises(DatasetError, match="no longer there"):
            thumbnail([style], asked)
    assert not outside.with_suffix(".txt").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_caption_that_is_a_link_is_not_written_through(style: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    (style / "house 2.txt").symlink_to(secret)
    bare = gallery([style])[0]
    assert bare.caption == ""
    with pytest.raises(CaptionError, match="is a link"):
        correct([style], bare.key, "", "mine")
    assert secret.read_text(encoding="utf-8") == "secret"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes on this system")
def test_a_pipe_called_like_a_held_out_picture_is_not_waited_for(style: Path) -> None:
    os.mkfifo(style / "house 9.png")
    with pytest.raises(DatasetError, match=r"Cannot use house 9\.png: it is not a file\."):
        thumbnail_of_content([style], "house 9.png", "0" * 32)


def test_of_many_who_correct_a_caption_at_once_all_but_one_learn_of_it(style: Path) -> None:
    key = next(each.key for each in gallery([style]) if each.caption)
    ready = threading.Barrier(8)

    def write(number: int) -> str:
        ready.wait()
        try:
            return correct([style], key, "a white house", f"caption {number}")
        except CaptionError:
            return ""

    with ThreadPoolExecutor(8) as pool:
        (written,) = filter(None, pool.map(write, range(8)))
    assert read_caption(style / "дім 1.png") == written
