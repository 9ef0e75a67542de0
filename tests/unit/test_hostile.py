"""Hostile files, real and on the disk: used correctly, or skipped and listed with a reason. None stops a run.

`python -m pytest -s` prints the table as it was found; docs/hostile-inputs.md has it to read.
"""

from __future__ import annotations

import contextlib
import copy
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.ma
import pytest
import torch
from hostile_inputs import (
    CAPTIONS,
    FOLDERS,
    FORBIDDEN_CAPTION,
    PICTURES,
    UNIX_PICTURES,
    CaptionCase,
    Case,
    blue_and_white,
    caption_outcome,
    document,
    outcome,
    table,
)
from PIL import Image

from lora_core.config import LoraConfig, PreviewConfig, RunConfig, TrainingConfig
from lora_core.dataset.captions import read_caption_with_note
from lora_core.dataset.contact_sheet import contact_sheet
from lora_core.dataset.folder_scan import fingerprint, list_folder
from lora_core.dataset.load import load_style
from lora_core.dataset.pictures import open_picture
from lora_core.dataset.report import report
from lora_core.dataset.style import StyleDataset
from lora_core.errors import DatasetError
from lora_core.model.base import BaseModel
from lora_core.names import shown_name
from lora_core.progress import SilentWatcher
from lora_core.record.run_file import RunFile
from lora_core.training.trainer import Trainer

Image.init()  # this and numpy.ma are loaded later otherwise, by nobody, who may not read the environment
UNIX = hasattr(os, "mkfifo") and sys.platform != "darwin"
CASES = [*PICTURES, *(UNIX_PICTURES if UNIX else ())]
PAGE = Path(__file__).parents[2] / "docs" / "hostile-inputs.md"


@contextlib.contextmanager
def without_root() -> Iterator[None]:
    """Root may read everything: be nobody for a moment."""
    user = os.geteuid() if hasattr(os, "geteuid") else None
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(0)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that anyone may enter, with three good pictures."""
    path = Path(tempfile.mkdtemp(prefix="стиль з пробілом "))
    path.chmod(0o755)
    for seed in range(3):
        blocks = np.random.default_rng(seed).integers(0, 256, (7, 7, 3), dtype=np.uint8)
        Image.fromarray(blocks).resize((96, 96), Image.Resampling.BICUBIC).save(path / f"good {seed}.png")
    yield path
    shutil.rmtree(path)


def load(folder: Path, **options: object) -> StyleDataset:
    return load_style(folder, resolution=64, validation_count=1, **options)  # type: ignore[arg-type]


def assert_outcome(case: Case, dataset: StyleDataset) -> None:
    skipped = {item.path.name: item.reason for item in dataset.skipped}
    used = {picture.path.name: picture for picture in dataset.pictures}
    if case.skipped:
        assert skipped.get(case.name) == case.skipped
        assert case.name not in used
        assert f"{shown_name(Path(case.name))}: {case.skipped}" in report(dataset)
        return
    assert case.name not in skipped
    picture = used[case.name]
    if case.size is not None:
        assert (picture.width, picture.height) == case.size
    image = open_picture(picture.path)
    assert image.mode == "RGB"
    assert image.size == (picture.width, picture.height)
    assert ("Much is cut off" in report(dataset)) == ("report says so" in case.used)
    if case.left is not None:
        middle = image.height // 2
        assert np.abs(np.array(image.getpixel((image.width // 8, middle))) - case.left).max() <= 12
        assert min(image.getpixel((image.width - 8, middle))) >= 243


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_picture(folder: Path, case: Case) -> None:
    case.make(folder / case.name)
    before = sorted(path.name for path in folder.iterdir())
    with without_root():
        dataset = load(folder)
        assert_outcome(case, dataset)
        assert fingerprint(folder) == fingerprint(folder)
    assert len(dataset.pictures) + len(dataset.skipped) == 4
    assert len(dataset.validation) == 1
    assert sorted(path.name for path in folder.iterdir()) == before
    print(f"\n  {case.what}: {outcome(case)}")


@pytest.mark.parametrize("case", CAPTIONS, ids=lambda case: case.what)
def test_caption(folder: Path, case: CaptionCase) -> None:
    blue_and_white().save(folder / "p.png")
    if case.data is not None:
        (folder / "p.txt").write_bytes(case.data)
    dataset = load(folder)
    (picture,) = (picture for picture in dataset.pictures if picture.path.name == "p.png")
    assert picture.caption == case.caption
    assert dataset.notes == ((case.note,) if case.note else ())
    assert case.note in report(dataset)
    if case.caption is None:
        assert "Captions: none yet" in report(dataset)
    assert ("Captions longer than the 75 tokens CLIP reads" in report(dataset)) == ("77 tokens" in case.short)
    assert case.data is None or (folder / "p.txt").read_bytes() == case.data
    print(f"\n  {case.what}: {caption_outcome(case)}")


@pytest.mark.skipif(not UNIX, reason="other rights on this system")
def test_caption_that_may_not_be_read(folder: Path) -> None:
    blue_and_white().save(folder / "p.png")
    (folder / "p.txt").write_text("a house", encoding="utf-8")
    (folder / "p.txt").chmod(0)
    with without_root():
        caption, note = read_caption_with_note(folder / "p.png")
        assert caption is None
        assert f'no caption, noted: "{note}"' == FORBIDDEN_CAPTION[1]
        assert len(load(folder).pictures) == 4


class Folders:
    """One check for each line of FOLDERS, by its place there."""

    @staticmethod
    def refused(folder: Path, *parts: str) -> None:
        with pytest.raises(DatasetError) as caught:
            load(folder)
        for part in (str(folder), *parts):
            assert part in str(caught.value)

    def check_0(self, folder: Path) -> None:
        self.refused(folder / "missing", "The folder", "does not exist.")

    def check_1(self, folder: Path) -> None:
        self.refused(folder / "good 0.png", "is a file; give the folder that the pictures are in.")

    def check_2(self, folder: Path) -> None:
        if not UNIX:
            pytest.skip("other rights on this system")
        for mode in (0, 0o444):  # not to be listed; listed, but not entered
            folder.chmod(mode)
            with without_root(), pytest.raises(DatasetError) as caught:
                load(folder)
            assert "ermission" in str(caught.value)
            assert str(folder) in str(caught.value)
        folder.chmod(0o755)

    def check_3(self, folder: Path) -> None:
        (folder / "empty").mkdir()
        self.refused(
            folder / "empty",
            "has 0 usable pictures; 1 for validation and at least one for training make 2. Add pictures",
        )

    def check_4(self, folder: Path) -> None:
        bad = folder / "bad"
        bad.mkdir()
        (bad / "a.png").write_bytes(b"")
        (bad / "b.jpg").write_bytes(b"hello")
        self.refused(
            bad,
            "has 0 usable",
            "2 files were skipped",
            "a.png: the file is empty",
            "b.jpg: it is a text file",
            "Repair",
        )

    def check_5(self, folder: Path) -> None:
        (folder / "good 1.png").unlink()
        shutil.copy(folder / "good 0.png", folder / "good 2.png")
        self.refused(folder, "copies or crops of one another", "Add different pictures")

    def check_6(self, folder: Path) -> None:
        if not UNIX:
            pytest.skip("links need rights on this system")
        (folder / "loop").symlink_to(folder, target_is_directory=True)
        assert load(folder).notes == ("Sub-folder not read (only the folder itself and val/ are): loop",)

    def check_7(self, folder: Path) -> None:
        (folder / "picture.png").mkdir()
        assert load(folder).notes == ("Sub-folder not read (only the folder itself and val/ are): picture.png",)

    def check_8(self, folder: Path) -> None:
        for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._good 0.png"):
            (folder / name).write_bytes(b"x")
        dataset = load(folder)
        assert dataset.notes == dataset.skipped == ()

    def check_9(self, folder: Path) -> None:
        (folder / "notes.docx").write_bytes(b"x")
        assert load(folder).notes == ("Not a picture, left alone: notes.docx",)

    def check_10(self, folder: Path) -> None:
        (folder / "lonely.txt").write_text("a house", encoding="utf-8")
        assert load(folder).notes == ("Caption without a picture: lonely.txt",)

    def check_11(self, folder: Path) -> None:
        blue_and_white().save(folder / "good 0.webp", lossless=True)
        (folder / "good 0.txt").write_text("a house", encoding="utf-8")
        dataset = load(folder)
        assert dataset.notes == ("good 0.png, good 0.webp share one caption file, good 0.txt",)
        assert [picture.caption for picture in dataset.pictures].count("a house") == 2

    def check_12(self, folder: Path) -> None:
        deep = folder.joinpath(*["довга назва папки " * 5] * 8)
        try:
            deep.mkdir(parents=True)
        except OSError:
            pytest.skip("this system has no such long paths")
        for picture in folder.glob("*.png"):
            shutil.copy(picture, deep)
        assert len(str(deep)) > 700
        assert len(os.fsencode(deep)) > 1000
        assert len(load(deep).pictures) == 3

    def check_13(self, folder: Path) -> None:
        if not UNIX:
            pytest.skip("links need rights on this system")
        (folder / "val").symlink_to(folder, target_is_directory=True)
        assert list_folder(folder).validation is None
        note = "A link, so not used for validation; put the pictures themselves into such a folder: val"
        assert load(folder).notes == (note,)

    def check_14(self, folder: Path) -> None:
        if not UNIX:
            pytest.skip("links need rights on this system")
        (folder / "notes").mkdir()
        (folder / "notes" / "a.txt").write_text("a house", encoding="utf-8")
        (folder / "good 0.txt").symlink_to(Path("notes", "a.txt"))
        dataset = load(folder)
        assert "good 0.txt is a link, so it was not read; put the caption itself there" in dataset.notes
        assert {picture.caption for picture in dataset.pictures} == {None}

    def check_15(self, folder: Path) -> None:
        (folder / "captions_before_1").mkdir()
        (folder / "captions_before_1" / "good 0.txt").write_text("a house", encoding="utf-8")
        assert load(folder).notes == ()


@pytest.mark.parametrize("line", range(len(FOLDERS)), ids=[what for what, _ in FOLDERS])
def test_folder(folder: Path, line: int) -> None:
    getattr(Folders(), f"check_{line}")(folder)


def test_a_run_on_all_of_it_at_once(folder: Path, pristine_model: BaseModel, tmp_path: Path) -> None:
    """Every hostile picture and caption in one folder: loaded, shown, trained on for an epoch, and reported."""
    for case in CASES:
        case.make(folder / case.name)
    usable = [case for case in CASES if not case.skipped]
    for case, caption in zip(usable, CAPTIONS, strict=False):
        if caption.data is not None and not case.name.startswith("bad"):
            (folder / case.name).with_suffix(".txt").write_bytes(caption.data)
    with without_root():
        dataset = load_style(folder, resolution=64, validation_count=4)
        text = report(dataset)
    assert len(dataset.pictures) == 3 + len(usable)
    assert {item.path.name for item in dataset.skipped} == {case.name for case in CASES if case.skipped}
    assert text.splitlines()[0].endswith("4 for validation")
    text.encode("utf-8")
    dataset = dataset.with_captions({p.path: p.caption or "a building" for p in dataset.pictures})
    assert contact_sheet(dataset).width > 800
    config = RunConfig(
        LoraConfig(rank=1), training=TrainingConfig(epochs=1, batch_size=8), preview=PreviewConfig(every_epochs=0)
    )
    run = tmp_path / "run"
    base = copy.deepcopy(pristine_model)
    Trainer(config, dataset, base, run, tmp_path / "cache", torch.device("cpu"), SilentWatcher()).train()
    recorded = RunFile.read(run).dataset
    assert len(recorded.pictures) == len(dataset.pictures)
    assert {item.reason for item in recorded.skipped} == {case.skipped for case in CASES if case.skipped}


def test_the_page_is_up_to_date() -> None:
    """docs/hostile-inputs.md is written from the table: python tests/hostile_inputs.py"""
    assert PAGE.read_text(encoding="utf-8") == document()
    print(f"\n{table('folder', FOLDERS)}")
