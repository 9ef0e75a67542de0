"""Folders that arrive file by file: what is taken, what is refused, and that nothing is ever written over."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lora_core.dataset import incoming as module
from lora_core.dataset.incoming import MOST_IDLE, Incoming, discard_idle
from lora_core.errors import ConfigError, DatasetError, RunError


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Where files are kept meanwhile, and where the folder belongs."""
    return tmp_path / "temp", tmp_path / "input"


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_arrives_whole(places: tuple[Path, Path]) -> None:
    temp, input_folder = places
    sent = {"дім 1.png": b"1", "дім 1.txt": b"a house", "val/b.JPG": b"2", "gothic/val/c.webp": b"3"}
    incoming = Incoming.begin("Мій стиль", temp)
    for place, data in sent.items():
        incoming.add(place, data)
        assert not input_folder.exists(), "nobody may choose half of it"
    assert incoming.settle(input_folder) == input_folder / "Мій стиль"
    assert files_in(input_folder / "Мій стиль") == sent
    assert list(temp.iterdir()) == []


def test_a_name_that_is_taken_gets_a_number(places: tuple[Path, Path]) -> None:
    temp, input_folder = places
    (input_folder / "style").mkdir(parents=True)
    (input_folder / "style" / "mine.png").write_bytes(b"mine")
    (input_folder / "style 2").write_bytes(b"a file")
    for expected in ("style 3", "style 4"):
        incoming = Incoming.begin("style", temp)
        incoming.add("a.png", b"new")
        assert incoming.settle(input_folder).name == expected
    assert files_in(input_folder / "style") == {"mine.png": b"mine"}
    assert (input_folder / "style 2").read_bytes() == b"a file"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("../a.png", "contains|dots"),
        ("a/../../b.png", "dots"),
        ("/etc/a.png", "slashes is empty[.]"),
        ("val//a.png", "slashes is empty[.]"),
        ("val/./a.png", "consists of dots[.]"),
        ("C:\\a.png", "contains"),
        ("a\\b.png", "contains"),
        ("nul.png", "device"),
        ("a\0.png", "contains"),
        ("one/two/three/a.png", "3 folders deep"),
        ("run.exe", "neither a picture nor a caption"),
        ("page.html", "neither"),
        ("a.png/", "is empty"),
        ("", "is empty"),
        (None, "not text"),
        ("x" * 300 + ".png", "too long"),
    ],
)
def test_what_is_no_place_in_a_folder_of_pictures_is_refused(
    places: tuple[Path, Path], place: object, words: str
) -> None:
    incoming = Incoming.begin("style", places[0])
    with pytest.raises(ConfigError, match=words):
        incoming.add(place, b"")
    assert files_in(places[0].parent) == {}


def test_a_file_is_not_written_twice(places: tuple[Path, Path]) -> None:
    incoming = Incoming.begin("style", places[0])
    incoming.add("a.png", b"first")
    with pytest.raises(ConfigError, match="there already"):
        incoming.add("a.png", b"second")
    assert (incoming.folder / "a.png").read_bytes() == b"first"


def test_limits_are_said(places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_FILE", 2_000_000)
    monkeypatch.setattr(module, "MOST_FILES", 1)
    incoming = Incoming.begin("style", places[0])
    with pytest.raises(ConfigError, match="has more than 2 MB"):
        incoming.add("a.png", b"x" * 2_000_001)
    incoming.add("a.png", b"x")
    with pytest.raises(ConfigError, match="more than 1 files"):
        incoming.add("b.png", b"x")


def test_a_folder_without_a_picture_becomes_none(places: tuple[Path, Path]) -> None:
    incoming = Incoming.begin("style", places[0])
    incoming.add("a.txt", b"a house")
    with pytest.raises(DatasetError, match="no picture in 'style'"):
        incoming.settle(places[1])
    assert not places[1].exists()
    incoming.discard()
    assert list(places[0].iterdir()) == []


def test_a_folder_that_cannot_be_moved_is_not_there_in_part(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    incoming = Incoming.begin("style", places[0])
    for name in ("a.png", "b.png"):
        incoming.add(name, b"x")
    move = shutil.move

    def full(source: Path, target: Path) -> None:
        """A disk with room for one file."""
        if target.parent.exists() and any(target.parent.iterdir()):
            raise OSError(28, "No space left on device")
        move(source, target)

    monkeypatch.setattr(shutil, "move", full)
    with pytest.raises(RunError, match="No space left"):
        incoming.settle(places[1])
    assert list(places[1].iterdir()) == []


def test_a_folder_that_file_managers_would_hide_is_refused(places: tuple[Path, Path]) -> None:
    with pytest.raises(
        RunError, match=r"'\.hidden' begins with a dot, so file managers hide it\. Rename it and drop it"
    ):
        Incoming.begin(".hidden", places[0])
    assert not places[0].exists()


@pytest.mark.parametrize("name", ["", "..", "a/b", "con", "a" * 101, "x\n", "dot.", "space ", " space"])
def test_what_can_be_no_folders_name_is_refused(places: tuple[Path, Path], name: str) -> None:
    with pytest.raises(RunError, match="folder name"):
        Incoming.begin(name, places[0])
    assert not places[0].exists()


def test_what_stays_incomplete_is_discarded(places: tuple[Path, Path]) -> None:
    temp, _ = places
    arriving = {name: Incoming.begin(name, temp) for name in ("left", "goes on")}
    for incoming in arriving.values():
        incoming.add("a.png", b"1")
    arriving["goes on"].touched += 1
    gone, kept = arriving["left"], arriving["goes on"]
    discard_idle(arriving, gone.touched + MOST_IDLE - 0.5)
    assert list(arriving) == ["left", "goes on"]
    discard_idle(arriving, gone.touched + MOST_IDLE)
    assert list(arriving) == ["goes on"]
    assert list(temp.iterdir()) == [kept.folder]


def test_each_file_keeps_a_folder_from_being_discarded(places: tuple[Path, Path]) -> None:
    incoming = Incoming.begin("style", places[0])
    incoming.touched = begun = incoming.touched - 2 * MOST_IDLE
    incoming.add("a.png", b"1")
    assert incoming.touched >= begun + 2 * MOST_IDLE
