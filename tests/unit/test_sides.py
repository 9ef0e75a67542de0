"""Which side of the split the gallery shows each picture on, and what it says of those that are on none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lora_core.dataset.gallery import gallery
from lora_core.dataset.load import load_style
from lora_core.dataset.sides import Sides


def draw(path: Path, seed: int) -> None:
    """A picture that resembles none of another seed."""
    path.parent.mkdir(exist_ok=True)
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    Image.fromarray(blocks).resize((120, 120), Image.Resampling.BICUBIC).save(path)


@pytest.fixture
def style(tmp_path: Path) -> Path:
    folder = tmp_path / "мій стиль"
    folder.mkdir()
    for seed in range(5):
        draw(folder / f"{seed}.png", seed)
    return folder


def sides_of(folder: Path) -> tuple[Sides, dict[str, str]]:
    """The sides, and the names of pictures by their keys in the gallery."""
    sides = Sides()
    sides.add(load_style(folder, resolution=64, validation_count=2))
    return sides, {entry.key: entry.name for entry in gallery([folder])}


def test_each_picture_is_on_the_side_that_the_dataset_has_it_on(style: Path) -> None:
    sides, names = sides_of(style)
    dataset = load_style(style, resolution=64, validation_count=2)
    assert sorted(names[key] for key in sides.training) == sorted(each.path.name for each in dataset.training)
    assert sorted(names[key] for key in sides.validation) == sorted(each.path.name for each in dataset.validation)
    assert (len(sides.training), len(sides.validation), sides.left_out) == (3, 2, [])


def test_what_is_left_out_has_its_reason(style: Path) -> None:
    (style / "plan.psd").write_bytes(b"8BPS")
    (style / "empty.png").write_bytes(b"")
    draw(style / "val" / "held.png", 0)  # the picture 0.png once more
    draw(style / "val" / "other.png", 9)
    sides, names = sides_of(style)
    assert {(each.name, each.reason) for each in sides.left_out} == {
        ("plan.psd", "PSD files are not read, export it as JPEG or PNG"),
        ("empty.png", "the file is empty (0 bytes)"),
        ("0.png", "it or a relative of it is in the validation folder"),
    }
    assert {each.style for each in sides.left_out} == {"мій стиль"}
    shown = {each.name for each in sides.left_out if each.key in names}
    assert shown == {"empty.png", "0.png"}, "those that the gallery has a picture of"
    assert sorted(names[key] for key in sides.validation) == ["held.png", "other.png"]
