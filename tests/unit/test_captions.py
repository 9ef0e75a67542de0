"""Caption files as editors on three systems save them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lora_core.dataset.captions import (
    TOKEN_LIMIT,
    about_tokens,
    caption_path,
    compose_caption,
    read_caption,
    read_caption_with_note,
    write_caption,
)
from lora_core.errors import CaptionError, RunError

UKRAINIAN = "будівля міського театру, літня атмосфера"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a white house", "a white house"),
        (b"  a\twhite\r\n\r\n house \n", "a white house"),
        (b"\xef\xbb\xbfa house", "a house"),
        (UKRAINIAN.encode("utf-8"), UKRAINIAN),
        (UKRAINIAN.encode("utf-16"), UKRAINIAN),
        (b"\xff\xfe" + UKRAINIAN.encode("utf-16-le"), UKRAINIAN),
        (b"\xfe\xff" + UKRAINIAN.encode("utf-16-be"), UKRAINIAN),
        ("a house".encode("utf-32"), "a house"),
        (b"", None),
        (b" \r\n\t ", None),
        (b"\xef\xbb\xbf", None),
        (b"\xff\xfe", None),
        (b"a\x00\x07b".replace(b"\x00", b"\x01"), "a b"),
        (b"x" * 10_000, "x" * 10_000),
    ],
)
def test_read(tmp_path: Path, data: bytes, expected: str | None) -> None:
    (tmp_path / "p.txt").write_bytes(data)
    assert read_caption_with_note(tmp_path / "p.jpg") == (expected, None)
    assert (tmp_path / "p.txt").read_bytes() == data


@pytest.mark.parametrize(
    ("data", "expected", "encoding"),
    [
        (UKRAINIAN.encode("cp1251"), UKRAINIAN, "cp1251"),
        ("una façade élégante".encode("cp1252"), "una façade élégante", "cp1252"),
        ("a house".encode("utf-16-le"), "a house", "UTF-16-LE"),
        ("a house".encode("utf-16-be"), "a house", "UTF-16-BE"),
    ],
)
def test_read_other_encodings_with_a_note(tmp_path: Path, data: bytes, expected: str, encoding: str) -> None:
    (tmp_path / "p.txt").write_bytes(data)
    caption, note = read_caption_with_note(tmp_path / "p.jpg")
    assert caption == expected
    assert note == f"p.txt is not UTF-8 and was read as {encoding}; check its caption"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_are_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "p.txt").write_bytes(data)
    caption = read_caption(tmp_path / "p.jpg")
    assert caption is None or (caption.strip() == caption != "" and "\n" not in caption)
    (caption or "").encode("utf-8")


def test_missing_and_odd_sidecars(tmp_path: Path) -> None:
    assert read_caption_with_note(tmp_path / "p.jpg") == (None, None)
    (tmp_path / "p.txt").mkdir()
    assert read_caption_with_note(tmp_path / "p.jpg") == (None, "p.txt is not a file")
    (tmp_path / "big.txt").write_bytes(b"x" * 1_000_001)
    caption, note = read_caption_with_note(tmp_path / "big.png")
    assert caption is None
    assert "over 1 MB" in str(note)
    (tmp_path / "OLD.TXT").write_text("dos", encoding="utf-8")
    assert read_caption(tmp_path / "OLD.JPG") == "dos"


@pytest.mark.parametrize("name", ["p.caption", "p.CAPTION", "p.Caption", "p.Txt", "p.jpg.txt", "p.jpg.caption"])
def test_other_names_of_caption_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(UKRAINIAN.encode("cp1251"))
    caption, note = read_caption_with_note(tmp_path / "p.jpg")
    assert caption == UKRAINIAN
    assert note == f"{name} is not UTF-8 and was read as cp1251; check its caption"
    write_caption(tmp_path / "p.jpg", "a new one")
    assert read_caption(tmp_path / "p.jpg") == "a new one"
    if name != "p.Txt":
        assert (tmp_path / name).read_bytes() == UKRAINIAN.encode("cp1251")


def test_txt_comes_before_caption(tmp_path: Path) -> None:
    (tmp_path / "p.caption").write_text("second", encoding="utf-8")
    (tmp_path / "p.txt").write_text("first", encoding="utf-8")
    assert read_caption(tmp_path / "p.jpg") == "first"


def test_write_then_read(tmp_path: Path) -> None:
    picture = tmp_path / "Театр на Подолі 1.jpg"
    path = write_caption(picture, f"  {UKRAINIAN}\n ")
    assert path == caption_path(picture) == tmp_path / "Театр на Подолі 1.txt"
    assert path.read_bytes() == UKRAINIAN.encode() + b"\n"
    assert read_caption(picture) == UKRAINIAN
    write_caption(picture, "new")
    assert read_caption(picture) == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]  # nothing temporary is left


def test_write_failures_leave_everything_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(CaptionError, match="empty"):
        write_caption(tmp_path / "p.jpg", " \n")
    (tmp_path / "p.txt").mkdir()
    with pytest.raises(RunError, match="Cannot write"):
        write_caption(tmp_path / "p.jpg", "text")
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.txt"]


@pytest.mark.parametrize(
    ("text", "trigger", "prefix", "expected"),
    [
        ("a white house", "", "", "a white house"),
        ("a white house", "bauhs", "", "bauhs, a white house"),
        ("white house", "", "photograph of a", "photograph of a white house"),
        ("white house", "bauhs", "photo of a", "bauhs, photo of a white house"),
        ("a Bauhs house", "bauhs", "", "a Bauhs house"),
        ("a bauhsian house", "bauhs", "", "bauhs, a bauhsian house"),
        ("Photo of a house", "", "photo of", "Photo of a house"),
        ("apple", "", "a", "a apple"),
        ("c++ house", "c++", "", "c++ house"),
        (None, "bauhs", "", "bauhs"),
        ("", "bauhs,", "photo", "bauhs, photo"),
        (None, "", "", ""),
    ],
)
def test_compose(text: str | None, trigger: str, prefix: str, expected: str) -> None:
    assert compose_caption(text, trigger, prefix) == expected


@settings(max_examples=50)
@given(st.text(max_size=60), st.text(max_size=12), st.text(max_size=20))
def test_composing_twice_changes_nothing(text: str, trigger: str, prefix: str) -> None:
    once = compose_caption(text, trigger)
    assert compose_caption(once, trigger) == once
    started = compose_caption(text, "", prefix)
    assert compose_caption(started, "", prefix) == started


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        # Counts of CLIP's own tokenizer (openai/clip-vit-large-patch14), without start and end marks.
        ("a white building with large windows and a clock tower", 10),
        ("Bauhaus style, photograph of a cantilevered deconstructivist façade, 1928", 22),
        (UKRAINIAN, 45),
        ("neoclassical colonnade; entablature & pediment (Corinthian order), overcast sky. " * 5, 105),
    ],
)
def test_about_tokens(text: str, tokens: int) -> None:
    assert about_tokens(text) == pytest.approx(tokens, rel=0.2)


def test_token_limit_is_told_apart() -> None:
    assert about_tokens("a white building " * 20) < TOKEN_LIMIT < about_tokens("a white building " * 30)
