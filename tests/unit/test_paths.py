"""Links: those that a machine's owner made are followed, those that may have been shared are not."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from PIL import Image

from lora_core import paths
from lora_core.dataset.captions import is_copies_folder, read_caption_with_note, unused_copies_folder, write_caption
from lora_core.dataset.folder_scan import find_styles, fingerprint, list_folder
from lora_core.dataset.load import load_style
from lora_core.dataset.report import report
from lora_core.dataset.style_search import named_folder, style_choices
from lora_core.errors import CaptionError, DatasetError, RunError
from lora_core.paths import check_run_folder, is_link, leads_out, run_to_train

LINKS = pytest.mark.skipif(os.name == "nt", reason="links need rights on this system")


def draw(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.effect_noise((96, 96), 60 + seed).convert("RGB")
    image.paste((40 * seed % 256, 90, 200), (0, 0, 48, 32 + seed))
    image.save(path)
    return path


@pytest.fixture
def style(tmp_path: Path) -> Path:
    """Four pictures in datasets/стиль, and a secret beside datasets."""
    for seed in range(4):
        draw(tmp_path / "datasets" / "стиль" / f"{seed}.png", seed)
    draw(tmp_path / "secret" / "picture.png", 9)
    (tmp_path / "secret" / "password.txt").write_text("letmein", encoding="utf-8")
    return tmp_path / "datasets" / "стиль"


# Choices


TO_SOMEWHERE_ELSE = [
    *("..", ".", "", "стиль/..", "../secret", "стиль/../../secret", "/etc", "//server/share", "\\\\server\\share"),
    *("стиль/", "/стиль", "стиль//x", "a\\..\\b", "nul\0", "a\nb", "\ud800", "/".join("a" * 1000)),
    *(None, 5, ["стиль"], {"стиль": 1}),
]


@pytest.mark.parametrize("choice", TO_SOMEWHERE_ELSE, ids=lambda choice: ascii(choice)[:30])
def test_a_choice_that_is_a_path_is_refused_without_a_look_at_the_disk(
    style: Path, monkeypatch: pytest.MonkeyPatch, choice: object
) -> None:
    def touched(*_: object, **__: object) -> None:
        raise AssertionError("the disk was touched")

    with monkeypatch.context() as patch:
        for name in ("stat", "lstat", "scandir", "listdir", "open", "readlink"):
            patch.setattr(os, name, touched)
        with pytest.raises(DatasetError) as caught:
            named_folder([style.parent], choice)
    assert str(caught.value).startswith("The folder ")
    assert str(style.parent) not in str(caught.value)
    assert "is empty or consists" not in str(caught.value)


def test_a_choice_that_is_not_there(style: Path) -> None:
    for choice in ("none", "стиль/none", "x" * 5000, "стиль/0.png"):
        assert named_folder([style.parent], choice) is None
    assert named_folder([style.parent], "стиль") == style


@pytest.mark.parametrize("place", [".hidden", ".hidden/style", "стиль/.hidden", ".trash/.x/y"])
def test_a_folder_that_file_managers_hide_is_neither_offered_nor_loaded(style: Path, place: str) -> None:
    draw(style.parent / place / "0.png")
    assert style_choices([style.parent]) == ["стиль"]
    hidden = next(part for part in place.split("/") if part.startswith("."))
    with pytest.raises(DatasetError, match=rf"The folder '\{hidden}' begins with a dot.*Rename it and press R"):
        named_folder([style.parent], place)


PORTABLE = ["~", "~mine", "~$mine", "a.b", "$RECYCLE.BIN", "мій стиль"]


@pytest.mark.parametrize(
    "name", PORTABLE if os.name == "nt" else [*PORTABLE, "con", "NUL.png", "dot.", "space ", "a: b"]
)
def test_what_is_offered_is_loaded_by_the_same_name(style: Path, name: str) -> None:
    """Names with a meaning elsewhere, to a shell or to Windows, are names and nothing else."""
    draw(style.parent / name / "0.png")
    assert style_choices([style.parent]) == sorted([name, "стиль"], key=str.casefold)
    folder = named_folder([style.parent], name)
    assert folder == style.parent / name and find_styles(folder) == [folder]


@LINKS
def test_a_link_that_the_owner_put_into_a_root_loads_and_goes_by_its_own_name(style: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "disk two" / "S"
    shutil.copytree(style, elsewhere)
    (style.parent / "linked").symlink_to(elsewhere, target_is_directory=True)
    assert style_choices([style.parent]) == ["linked", "стиль"]
    folder = named_folder([style.parent], "linked")
    assert folder is not None and find_styles(folder) == [folder]
    (folder / "again.png").symlink_to(elsewhere / "0.png")  # by its real place, within the style
    dataset = load_style(folder, resolution=64, validation_count=1)
    assert (dataset.name, len(dataset.pictures), dataset.skipped) == ("linked", 5, ())


@LINKS
def test_a_link_further_in_is_neither_offered_nor_followed(style: Path, tmp_path: Path) -> None:
    (style / "inner").symlink_to(tmp_path / "secret", target_is_directory=True)
    (style.parent / "group").mkdir()
    (style.parent / "group" / "linked").symlink_to(tmp_path / "secret", target_is_directory=True)
    assert style_choices([style.parent]) == ["стиль"]
    for choice in ("стиль/inner", "group/linked"):
        with pytest.raises(DatasetError, match="goes through a link"):
            named_folder([style.parent], choice)
    with pytest.raises(DatasetError, match="No pictures"):
        find_styles(style.parent / "group")


def test_choices_follow_what_changes_on_the_disk(style: Path) -> None:
    root = style.parent
    past = time.time() - 3600  # long enough ago to be remembered
    for folder in (root, style):
        os.utime(folder, (past, past))
    assert style_choices([root]) == style_choices([root]) == ["стиль"]
    draw(root / "new" / "deep" / "0.png")
    assert style_choices([root]) == ["new", "new/deep", "стиль"]
    for picture in style.glob("*.png"):
        picture.unlink()
    assert style_choices([root]) == ["new", "new/deep"]
    assert style_choices([root / "missing", root]) == ["new", "new/deep"]


def test_another_folder_that_is_moved_there_is_read(tmp_path: Path) -> None:
    """With the times of the one before, as two folders out of one archive have."""
    past = time.time() - 3600
    draw(tmp_path / "root" / "стиль" / "0.png")
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "root" / "стиль", tmp_path / "empty"):
        os.utime(folder, (past, past))
    assert style_choices([tmp_path / "root"]) == ["стиль"]
    (tmp_path / "root" / "стиль").rename(tmp_path / "away")
    (tmp_path / "empty").rename(tmp_path / "root" / "стиль")
    assert style_choices([tmp_path / "root"]) == []


def test_a_listing_that_is_remembered_is_not_read_again(style: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    past = time.time() - 3600
    for folder in (style.parent, style):
        os.utime(folder, (past, past))
    asked: list[object] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: asked.append(path) or scandir(path))
    first = style_choices([style.parent])
    assert len(asked) == 2
    assert style_choices([style.parent]) == first
    assert len(asked) == 2


# In a style's folder


@LINKS
def test_a_picture_that_is_a_link_out_of_the_folder_is_skipped_and_named(style: Path, tmp_path: Path) -> None:
    (style / "stolen.png").symlink_to(tmp_path / "secret" / "picture.png")
    (style / "relative.png").symlink_to(Path("..", "..", "secret", "picture.png"))
    (style / "chain.png").symlink_to("relative.png")
    (style / "inside.png").symlink_to("0.png")
    dataset = load_style(style, resolution=64, validation_count=1)
    reason = "it is a link out of the style's folder, put the picture itself there"
    assert {(item.path.name, item.reason) for item in dataset.skipped} == {
        ("stolen.png", reason),
        ("relative.png", reason),
        ("chain.png", reason),
    }
    assert "inside.png" in {picture.path.name for picture in dataset.pictures}
    assert f"stolen.png: {reason}" in report(dataset)


@LINKS
def test_a_picture_through_a_linked_sub_folder_leads_out(style: Path, tmp_path: Path) -> None:
    (style / "sub").symlink_to(tmp_path / "secret", target_is_directory=True)
    (style / "a.png").symlink_to(Path("sub", "picture.png"))
    assert leads_out(style / "a.png", style)
    assert list_folder(style).elsewhere == (style / "a.png",)
    assert "A link that leads out of the folder, not followed: sub" in list_folder(style).notes


@LINKS
def test_a_validation_folder_that_is_a_link_is_named_and_not_used(style: Path, tmp_path: Path) -> None:
    (style / "val").symlink_to(tmp_path / "secret", target_is_directory=True)
    dataset = load_style(style, resolution=64, validation_count=1)
    assert "A link, so not used for validation" in report(dataset)
    assert {picture.path.parent for picture in dataset.pictures} == {style}


@LINKS
def test_a_link_in_val_may_lead_to_the_style_and_no_further(style: Path, tmp_path: Path) -> None:
    draw(style / "val" / "own.png", 7)
    (style / "val" / "up.png").symlink_to(Path("..", "0.png"))
    (style / "val" / "out.png").symlink_to(tmp_path / "secret" / "picture.png")
    dataset = load_style(style, resolution=64)
    assert [item.path.name for item in dataset.skipped] == ["out.png"]
    assert {picture.path.name for picture in dataset.validation} == {"own.png", "up.png"}


@LINKS
def test_a_caption_that_is_a_link_is_not_read_and_named(style: Path, tmp_path: Path) -> None:
    (style / "0.txt").symlink_to(tmp_path / "secret" / "password.txt")
    (style / "1.txt").symlink_to(tmp_path / "nowhere")
    assert read_caption_with_note(style / "0.png") == (
        None,
        "0.txt is a link, so it was not read; put the caption itself there",
    )
    text = report(load_style(style, resolution=64, validation_count=1))
    assert "letmein" not in text
    assert "0.txt is a link" in text and "1.txt is a link" in text
    for overwrite in (False, True):
        with pytest.raises(CaptionError, match="is a link and was not replaced"):
            write_caption(style / "0.png", "mine", overwrite=overwrite)
    assert is_link(style / "0.txt")
    assert (tmp_path / "secret" / "password.txt").read_text(encoding="utf-8") == "letmein"


@LINKS
def test_the_fingerprint_looks_at_no_target_outside(style: Path, tmp_path: Path) -> None:
    (style / "out.png").symlink_to(tmp_path / "secret" / "picture.png")
    (style / "in.png").symlink_to("0.png")
    before = fingerprint(style)
    draw(tmp_path / "secret" / "picture.png", 3)
    assert fingerprint(style) == before
    draw(style / "0.png", 4)
    assert fingerprint(style) != before


# Captions that are replaced


def test_a_caption_that_is_replaced_is_kept_and_is_no_part_of_the_style(style: Path) -> None:
    caption = style / "0.txt"
    caption.write_bytes("мій підпис\r\n".encode("cp1251"))
    copies = unused_copies_folder(style)
    write_caption(style / "0.png", "a house", copies=copies)
    write_caption(style / "1.png", "a tower", copies=copies)  # nothing was there, so nothing is kept
    assert copies == "captions_before_1"
    assert [entry.name for entry in (style / copies).iterdir()] == ["0.txt"]
    assert (style / copies / "0.txt").read_bytes() == "мій підпис\r\n".encode("cp1251")
    assert caption.read_text(encoding="utf-8") == "a house\n"
    write_caption(style / "0.png", "a house", copies=unused_copies_folder(style))  # the same: no second copy
    assert unused_copies_folder(style) == "captions_before_2"
    assert is_copies_folder(style / copies) and not is_copies_folder(style / "captions_before_me")
    dataset = load_style(style, resolution=64, validation_count=1)
    assert dataset.notes == ()
    assert len(dataset.pictures) == 4


# Runs


@LINKS
@pytest.mark.parametrize(
    "place", ["run.json", "history.jsonl", "checkpoints", "previews", "state", "tensorboard", "previews/epoch_0001.png"]
)
def test_a_run_that_holds_a_link_is_refused(tmp_path: Path, place: str) -> None:
    run = tmp_path / "runs" / "shared"
    (run / place).parent.mkdir(parents=True)
    if place != "run.json":
        (run / "run.json").write_text("{}", encoding="utf-8")
    check_run_folder(run)
    (run / place).symlink_to(tmp_path)
    with pytest.raises(RunError, match=f"holds a link, '{place}'"):
        check_run_folder(run)
    with pytest.raises(RunError, match="holds a link"):
        run_to_train(tmp_path / "runs", "shared")


@LINKS
def test_a_run_that_holds_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "history.jsonl")
    with pytest.raises(RunError, match=r"holds a pipe or a device, 'history\.jsonl'"):
        check_run_folder(tmp_path)


@LINKS
def test_a_run_that_is_a_link_is_not_trained_into(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for name, target in (("linked", tmp_path / "elsewhere"), ("dangling", tmp_path / "nowhere")):
        (tmp_path / name).symlink_to(target, target_is_directory=True)
        with pytest.raises(RunError, match="is a link to another folder"):
            run_to_train(tmp_path, name)


def test_a_folder_whose_run_json_is_lost_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / ".lock").touch()
    assert run_to_train(tmp_path, "lost") == tmp_path / "lost"  # begun and killed: nothing to lose
    (tmp_path / "lost" / "history.jsonl").touch()
    with pytest.raises(RunError, match=r"has history\.jsonl but no run\.json"):
        run_to_train(tmp_path, "lost")


def test_a_run_with_a_name_that_was_possible_before_can_go_on(tmp_path: Path) -> None:
    old = "漢" * 80
    with pytest.raises(RunError, match="too long"):
        run_to_train(tmp_path, old)
    (tmp_path / old).mkdir()
    assert run_to_train(tmp_path, old) == tmp_path / old


@pytest.mark.parametrize(
    ("target", "plain"),
    [
        (r"\\?\C:\pictures\a.png", r"C:\pictures\a.png"),
        (r"\\?\UNC\server\share\a.png", r"\\server\share\a.png"),
        ("../a.png", "../a.png"),
    ],
)
def test_the_prefix_of_windows_is_taken_off_a_links_text(target: str, plain: str) -> None:
    assert paths._plain(target) == plain
