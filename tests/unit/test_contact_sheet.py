"""The sheet of a dataset: each picture in its place, validation pictures framed, captions under them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor

from lora_core.dataset.contact_sheet import _LINES, CELL, contact_sheet
from lora_core.dataset.load import load_style
from lora_core.dataset.style import StyleDataset
from lora_core.lettering import font, wrapped

FRAME = ImageColor.getrgb("#f0a030")


@pytest.fixture
def style(tmp_path: Path) -> StyleDataset:
    """Twelve pictures, each of coloured blocks, three for validation."""
    folder = tmp_path / "Ренесанс"
    folder.mkdir()
    for seed in range(12):
        blocks = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
        size = (150, 100) if seed % 2 else (100, 100)
        Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC).save(folder / f"{seed}.png")
    return load_style(folder, resolution=64, validation_count=3)


def frames(sheet: Image.Image) -> int:
    """How many cells have the frame of validation pictures: counted by their upper left corners."""
    framed = (np.asarray(sheet) == FRAME).all(axis=2)
    corner = framed[:-8, :-8] & framed[8:, :-8] & framed[:-8, 8:]
    corner[1:] &= ~framed[:-9, :-8]
    corner[:, 1:] &= ~framed[:-8, :-9]
    return int(corner.sum())


def test_validation_pictures_are_framed(style: StyleDataset) -> None:
    assert frames(contact_sheet(style)) == 3


def test_every_picture_is_shown_as_it_is_cut(style: StyleDataset) -> None:
    sheet = np.asarray(contact_sheet(style), dtype=np.int16)
    for picture in style.pictures:
        with Image.open(picture.path) as image:
            middle = np.asarray(image.getpixel((image.width // 2, image.height // 2)))
        assert (np.abs(sheet - middle).max(axis=2) < 14).any(), picture.path.name


def test_captions_are_written(style: StyleDataset) -> None:
    bare = np.asarray(contact_sheet(style), dtype=int)
    first = style.validation[0].path
    captioned = np.asarray(contact_sheet(style.with_captions({first: "білий будинок із колонами"})), dtype=int)
    rows, columns = np.nonzero(np.abs(captioned - bare).sum(axis=2))
    assert len(rows) > 100
    assert columns.max() < 2 * CELL  # below the first picture only
    assert rows.min() > CELL


def test_large_sets_are_sampled(style: StyleDataset) -> None:
    sheet = contact_sheet(style, 6)
    assert frames(sheet) == 3
    assert sheet.width < contact_sheet(style).width
    assert frames(contact_sheet(style, 2)) == 1


def test_a_picture_that_is_gone_leaves_its_place_empty(style: StyleDataset) -> None:
    before = contact_sheet(style)
    style.training[0].path.unlink()
    assert contact_sheet(style).size == before.size


@pytest.mark.parametrize(
    "text", ["", "a house", "x" * 500, "a white house " * 40, "дуже довге речення про будівлю " * 9, "one " + "y" * 90]
)
def test_text_stays_within_its_cell(text: str) -> None:
    lines = wrapped(text, font(11), CELL, _LINES)
    assert len(lines) <= _LINES
    assert all(font(11).getlength(line) <= CELL for line in lines[-1:])
    assert lines[-1].endswith("…") == (len(text) > 60)
