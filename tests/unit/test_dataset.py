"""Folders on disk become datasets; the split leaks nothing, whatever the pictures' kinship."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lora_core.dataset.folder_scan import find_styles
from lora_core.dataset.load import load_style
from lora_core.dataset.manifest import Manifest
from lora_core.dataset.report import report
from lora_core.dataset.style import StyleDataset
from lora_core.errors import ConfigError, DatasetError
from lora_core.training.all_pictures import all_pictures


def picture(seed: int, size: tuple[int, int] = (96, 96)) -> Image.Image:
    """A picture unlike that of any other seed."""
    blocks = np.random.default_rng(seed).integers(0, 256, (7, 7, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC)


def fill(folder: Path, count: int, start: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(start, start + count):
        picture(seed).save(folder / f"picture {seed:02}.png")
    return folder


def load(folder: Path, count: int = 2, **options: object) -> StyleDataset:
    return load_style(folder, resolution=64, validation_count=count, **options)  # type: ignore[arg-type]


def names(items: Sequence[object]) -> list[str]:
    return [item.path.name for item in items]  # type: ignore[attr-defined]


def test_the_papers_split(tmp_path: Path) -> None:
    dataset = load_style(fill(tmp_path / "Bauhaus", 64), resolution=64)
    assert (len(dataset.training), len(dataset.validation)) == (56, 8)
    assert dataset.name == "Bauhaus"
    assert dataset.skipped == dataset.notes == ()
    assert not set(dataset.training) & set(dataset.validation)
    assert dataset.pictures == dataset.training + dataset.validation
    assert names(dataset.training) == sorted(names(dataset.training))


def test_seed_and_renaming(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", 20)
    first = load(folder, 5)
    assert {p.content_hash for p in load(folder, 5, seed=1).validation} != {p.content_hash for p in first.validation}
    other = tmp_path / "інша папка"
    other.mkdir()
    for index, path in enumerate(sorted(folder.iterdir(), reverse=True)):
        shutil.copy(path, other / f"z{index}.png")
    second = load(other, 5)
    assert {p.content_hash for p in second.validation} == {p.content_hash for p in first.validation}
    assert second.fingerprint() == first.fingerprint()


def test_fingerprint_sees_what_matters(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", 6)
    prints = {
        load(folder).fingerprint(),
        load(folder, seed=5).fingerprint(),
        load_style(folder, resolution=128, validation_count=2).fingerprint(),
    }
    captioned = load(folder).with_captions({folder / "picture 00.png": "a house"})
    prints.add(captioned.fingerprint())
    assert len(prints) == 4


def test_fingerprint_stays_what_it_was(tmp_path: Path) -> None:
    """Frozen: run folders refer to it, so it may not change with a release."""
    folder = tmp_path / "a"
    folder.mkdir()
    for index in range(3):
        Image.new("RGB", (64, 64), (index, 0, 0)).save(folder / f"{index}.bmp")
    (folder / "0.txt").write_text("будинок", encoding="utf-8")
    assert load(folder, 1).fingerprint() == "0a2b089badd34197b1599dd8aeec228d"


def test_relatives_stay_on_one_side(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", 8)
    base = picture(100, (400, 300))
    base.save(folder / "base.png")
    base.crop((40, 30, 360, 280)).save(folder / "crop.jpg", quality=90)
    base.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "mirror.png")
    shutil.copy(folder / "base.png", folder / "twin.png")
    for seed in range(6):
        dataset = load(folder, 3, seed=seed)
        assert len(dataset.validation) == 3
        assert {"base.png", "crop.jpg", "mirror.png", "twin.png"} <= set(names(dataset.training))
    notes = "\n".join(dataset.notes)
    assert "twin.png is the same file as base.png" in notes
    assert "mirror.png is a mirrored copy of base.png" in notes
    assert "crop.jpg is a crop of base.png (67% of it)" in notes
    assert "kept together" in notes


def test_a_folder_of_copies_is_refused(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", 1)
    for index in range(4):
        shutil.copy(folder / "picture 00.png", folder / f"copy {index}.png")
    with pytest.raises(DatasetError, match="copies or crops of one another"):
        load(folder)


def test_fewer_validation_pictures_where_groups_permit_no_more(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", 2)
    for seed in range(2):
        for index in range(2):
            shutil.copy(folder / f"picture {seed:02}.png", folder / f"copy {seed} {index}.png")
    dataset = load(folder, 4)
    assert (len(dataset.training), len(dataset.validation)) == (3, 3)
    assert any(note.startswith("3 validation pictures instead of 4") for note in dataset.notes)


@pytest.mark.parametrize("name", ["val", "validation", "VAL"])
def test_validation_folder(tmp_path: Path, name: str) -> None:
    folder = fill(tmp_path / "a", 5)
    inner = fill(folder / name, 2, start=50)
    dataset = load(folder, 8)
    assert len(dataset.training) == 5
    assert [picture.path for picture in dataset.validation] == sorted(inner.iterdir())
    assert Manifest.of(dataset).pictures[-1].path == f"{name}/picture 51.png"


def test_validation_folder_wins_over_copies_and_crops_in_training(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", 4)
    base = picture(100, (400, 300))
    (folder / "val").mkdir()
    base.save(folder / "val" / "held out.png")
    base.crop((40, 30, 360, 280)).save(folder / "crop.png")
    shutil.copy(folder / "val" / "held out.png", folder / "twin.png")
    dataset = load(folder)
    assert names(dataset.validation) == ["held out.png"]
    assert names(dataset.training) == [f"picture {seed:02}.png" for seed in range(4)]
    dropped = [note.split(" ")[0] for note in dataset.notes if "is not trained on" in note]
    assert dropped == ["crop.png", "twin.png"]


def test_empty_validation_folder(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", 5)
    (folder / "val").mkdir()
    (folder / "val" / "broken.png").write_bytes(b"")
    dataset = load(folder)
    assert len(dataset.validation) == 2
    assert names(dataset.skipped) == ["broken.png"]
    assert "val/ has no usable picture, so the validation pictures were chosen by the seed" in dataset.notes


def test_all_in_the_validation_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    fill(folder / "val", 3)
    with pytest.raises(DatasetError, match="no usable picture to train on, only 3"):
        load(folder)


def test_hostile_folder(tmp_path: Path) -> None:
    folder = fill(tmp_path / "стиль з пробілом", 5)
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "._picture 00.png").write_bytes(b"\0\5\x16\7" + b"\0" * 100)
    (folder / "desktop.ini").write_bytes(b"x")
    (folder / "__MACOSX").mkdir()
    (folder / ".cache").mkdir()
    (folder / "old").mkdir()
    (folder / "notes.docx").write_bytes(b"x")
    (folder / "text.png").write_text("hello", encoding="utf-8")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "phone.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    (folder / "raw.CR2").write_bytes(b"x")
    (folder / "lonely.txt").write_text("no picture", encoding="utf-8")
    (folder / "picture 01.txt").write_bytes("будинок".encode("cp1251"))
    Image.new("RGB", (1, 1)).save(folder / "one.png")
    dataset = load(folder)
    assert len(dataset.pictures) == 5
    assert {item.path.name: item.reason for item in dataset.skipped} == {
        "raw.CR2": "CR2 files are not read, export it as JPEG or PNG",
        "empty.jpg": "the file is empty (0 bytes)",
        "one.png": "it has only 1 x 1 pixels, at least 64 a side are needed",
        "phone.HEIC": "HEIC pictures cannot be decoded here, save it as JPEG or PNG",
        "text.png": "it is a text file called .png, not a picture",
    }
    assert set(dataset.notes) == {
        "Sub-folder not read (only the folder itself and val/ are): old",
        "Not a picture, left alone: notes.docx",
        "Caption without a picture: lonely.txt",
        "picture 01.txt is not UTF-8 and was read as cp1251; check its caption",
    }


def test_two_pictures_of_one_name_share_a_caption(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", 4)
    picture(9).save(folder / "picture 00.webp", lossless=True)
    (folder / "picture 00.txt").write_text("both", encoding="utf-8")
    dataset = load(folder)
    assert "picture 00.png, picture 00.webp share one caption file, picture 00.txt" in dataset.notes
    assert [p.caption for p in dataset.pictures].count("both") == 2


def test_captions_in_other_files_are_read_or_named(tmp_path: Path) -> None:
    folder = fill(tmp_path / "10_bauhaus house", 5)
    (folder / "picture 00.caption").write_text("a house", encoding="utf-8")
    (folder / "picture 01.caption").write_text("not this", encoding="utf-8")
    (folder / "picture 01.TXT").write_text("a tower", encoding="utf-8")
    (folder / "lonely.caption").write_text("no picture", encoding="utf-8")
    for name in ("meta_cap.json", "metadata.jsonl", "picture 02.json"):
        (folder / name).write_text('{"caption": "a wall"}', encoding="utf-8")
    (folder / "tour.MP4").write_bytes(b"x")
    dataset = load(folder)
    assert {p.path.name: p.caption for p in dataset.pictures if p.caption} == {
        "picture 00.png": "a house",
        "picture 01.png": "a tower",
    }
    assert set(dataset.notes) == {
        "Not read, even if captions are in it (a caption is a .txt or .caption file beside its picture): "
        "meta_cap.json, metadata.jsonl, picture 02.json",
        "Caption without a picture: lonely.caption",
        "Not read, since the picture has another caption file: picture 01.caption",
        "The number that 10_bauhaus house begins with repeats nothing here: each picture counts once an epoch",
    }
    assert [(item.path.name, item.reason) for item in dataset.skipped] == [
        ("tour.MP4", "MP4 files are not read, save single pictures of it as JPEG or PNG")
    ]


def test_what_of_pictures_could_not_be_kept_is_said_once_a_kind(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", 4)
    for seed in (20, 21):
        image = picture(seed).convert("RGBA")
        image.putalpha(90)
        image.save(folder / f"clear {seed}.png")
    assert "Partly transparent, so laid on white: clear 20.png, clear 21.png" in load(folder).notes


def test_report(tmp_path: Path) -> None:
    folder = fill(tmp_path / "Renaissance", 9)
    picture(50, (60, 300)).resize((66, 700)).save(folder / "tower.png")
    (folder / "empty.jpg").write_bytes(b"")
    for seed in range(9):
        (folder / f"picture {seed:02}.txt").write_text("a house " * (60 if seed == 3 else 1), encoding="utf-8")
    dataset = load_style(folder, resolution=128, validation_count=3)
    assert report(dataset).splitlines() == [
        "Renaissance: 10 pictures, 7 for training and 3 for validation",
        "",
        "- Sizes: 128 x 128: 9, 128 x 256: 1",
        "- Validation (never trained on): " + ", ".join(names(dataset.validation)),
        "- Captions: 9 of 10 pictures have one, missing for tower.png",
        "- Captions longer than the 75 tokens CLIP reads, the rest is cut off: picture 03.png "
        "(the longest has about 120)",
        f"- Smaller than their training size, so enlarged (up to 1.9 times): {_enlarged(dataset)}",
        "- Much is cut off at the sides (down to 19% of the picture is kept): tower.png",
        "",
        "Skipped (1):",
        "",
        "- empty.jpg: the file is empty (0 bytes)",
    ]


def test_a_report_without_held_out_pictures_lists_none(tmp_path: Path) -> None:
    dataset = load(fill(tmp_path / "a", 4))
    assert "never trained on" in report(dataset)
    assert "never trained on" not in report(all_pictures(dataset))


def _enlarged(dataset: StyleDataset) -> str:
    return "tower.png, " + ", ".join(sorted(names(dataset.pictures))[:4]) + " and 5 more"


def test_report_of_captions(tmp_path: Path) -> None:
    dataset = load(fill(tmp_path / "a", 4))
    assert "Captions: none yet. Add a .txt file beside each picture, or a BLIP Captioner" in report(dataset)
    dataset = dataset.with_captions({p.path: "a house" for p in dataset.pictures})
    assert "Captions: all 4 pictures have one" in report(dataset)


def test_with_captions(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", 4)
    (folder / "picture 00.txt").write_text("old", encoding="utf-8")
    dataset = load(folder)
    changed = dataset.with_captions({folder / "picture 00.png": "new", folder / "picture 01.png": ""})
    captions = {p.path.name: p.caption for p in changed.pictures}
    assert captions == {"picture 00.png": "new", **{f"picture {i:02}.png": None for i in (1, 2, 3)}}
    assert (folder / "picture 00.txt").read_text(encoding="utf-8") == "old"
    assert {p.path.name: p.caption for p in dataset.pictures}["picture 00.png"] == "old"
    with pytest.raises(DatasetError, match=r"x\.png is not a picture of the style a"):
        dataset.with_captions({folder / "x.png": "text"})


def test_manifest_is_json(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", 4)
    dataset = load(folder)
    manifest = json.loads(json.dumps(Manifest.of(dataset).to_json()))
    assert manifest["fingerprint"] == dataset.fingerprint()
    assert [item["side"] for item in manifest["pictures"]] == ["training"] * 2 + ["validation"] * 2
    first = manifest["pictures"][0]
    assert first == {
        "path": dataset.training[0].path.name,
        "content_hash": dataset.training[0].content_hash,
        "side": "training",
        "caption": None,
        "width": 96,
        "height": 96,
        "bucket": [64, 64],
    }


def test_nothing_in_the_folder_is_changed(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", 5)
    (folder / "picture 00.txt").write_text("  caption  ", encoding="utf-8")
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    load(folder)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before


def test_progress_counts_up_to_its_total(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    load(fill(tmp_path / "a", 4), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 8) for done in range(1, 9)]


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        load(tmp_path / "missing")
    (tmp_path / "file.png").write_bytes(b"")
    with pytest.raises(DatasetError, match="is a file"):
        load(tmp_path / "file.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="has 0 usable pictures"):
        load(tmp_path / "empty")
    with pytest.raises(DatasetError, match="has 1 usable picture; "):
        load(fill(tmp_path / "one", 1))
    folder = fill(tmp_path / "few", 2)
    (folder / "bad.png").write_bytes(b"")
    with pytest.raises(DatasetError) as caught:
        load(folder)
    assert str(caught.value) == (
        f"{folder} has 2 usable pictures; 2 for validation and at least one for training make 3. "
        "1 file was skipped:\n  bad.png: the file is empty (0 bytes)\n"
        "Repair these, add pictures or lower validation_count."
    )
    with pytest.raises(ConfigError, match="validation_count must be at least 1, got 0"):
        load(folder, 0)
    with pytest.raises(ConfigError, match="resolution"):
        load_style(folder, resolution=100)


def test_find_styles(tmp_path: Path) -> None:
    one = fill(tmp_path / "all" / "Bauhaus", 1)
    two = fill(tmp_path / "all" / "neoclassical", 1)
    fill(tmp_path / "all" / ".hidden", 1)
    fill(tmp_path / "all" / "val", 1)
    (tmp_path / "all" / "notes").mkdir()
    assert find_styles(tmp_path / "all") == [one, two]
    assert find_styles(one) == [one]
    with pytest.raises(DatasetError, match="No pictures in"):
        find_styles(tmp_path / "all" / "notes")
