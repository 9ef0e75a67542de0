"""Captions beside the pictures: `facade 01.jpg` has its caption in `facade 01.txt`, or in `facade 01.caption`.

Reading copes with whatever an editor saved; nothing is written unless `write_caption` is called, and that writes
`.txt`. A caption that is a link is neither read nor written: the folder may come from a stranger, and the link may
lead to any file.
"""

from __future__ import annotations

import codecs
import itertools
import math
import os
import re
import unicodedata
from pathlib import Path

from ..errors import CaptionError
from ..files import atomic_write
from ..names import shown_name
from ..paths import is_link

TOKEN_LIMIT = 75
"""CLIP reads 77 tokens; two of them mark the start and the end. What comes after is cut off."""

CAPTION_SUFFIXES = (".txt", ".caption")
"""File name endings, lower case, that count as captions; kohya's scripts use both."""

LARGEST_FILE = 1_000_000
_COPIES = "captions_before_"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, since it begins with UTF-16's mark
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def caption_paths(picture_path: Path) -> list[Path]:
    """Where the caption of a picture may be; the first file that exists is its caption.

    For `a.jpg`: `a.txt`, `a.TXT`, `a.Txt`, the same of `a.caption`, `a.jpg.txt` and `a.jpg.caption`.
    """
    endings = [form(suffix) for suffix in CAPTION_SUFFIXES for form in (str.lower, str.upper, _capitalised)]
    beside = [picture_path.with_suffix(ending) for ending in endings]
    return beside + [picture_path.with_name(picture_path.name + suffix) for suffix in CAPTION_SUFFIXES]


def caption_path(picture_path: Path) -> Path:
    """The caption file that a picture has, or the `.txt` that it would have."""
    paths = caption_paths(picture_path)
    return next(filter(os.path.lexists, paths), paths[0])


def read_caption(picture_path: Path) -> str | None:
    """The caption of a picture, white space collapsed, or None if it has none or only an empty one."""
    return read_caption_with_note(picture_path)[0]


def read_caption_with_note(picture_path: Path) -> tuple[str | None, str | None]:
    """As `read_caption`, with a remark for the user if the file was not plain UTF-8 text.

    Never raises: a caption that cannot be read counts as missing, and the note says so.
    """
    path = caption_path(picture_path)
    name = shown_name(path)
    if is_link(path):
        return None, f"{name} is a link, so it was not read; put the caption itself there"
    try:
        if not path.is_file():
            return None, (f"{name} is not a file" if path.exists() else None)
        if path.stat().st_size > LARGEST_FILE:
            return None, f"{name} is over {LARGEST_FILE // 10**6} MB, so it cannot be a caption"
        data = path.read_bytes()
    except OSError as error:
        return None, f"{name} cannot be read ({error.strerror or error})"
    text, encoding = _decode(data)
    if not _is_text(text):
        return None, f"{name} is not text, so its picture counts as having no caption"
    caption = _clean(text)
    if encoding is not None and caption:
        return caption, f"{name} is not UTF-8 and was read as {encoding}; check its caption"
    return caption or None, None


def write_caption(picture_path: Path, text: str, *, overwrite: bool = True, copies: str | None = None) -> Path:
    """Write a picture's caption file; return its path.

    The file is UTF-8 without a byte order mark and appears whole or not at all (written beside, then renamed).

    Args:
        overwrite: replace a file that is not empty, whatever it holds.
        copies: name of the folder beside the caption in which what is replaced is kept (see `unused_copies_folder`);
            None keeps no copy.

    Raises:
        CaptionError: the text is empty, or such a file exists and may not be replaced, or there is a link in its place.
        RunError: the file cannot be written; what was there before is untouched.
    """
    caption, path = _clean(text), caption_path(picture_path)
    if path.suffix.lower() != ".txt" or path.stem != picture_path.stem:
        path = picture_path.with_suffix(".txt")  # it is read before any other
    if not caption:
        raise CaptionError(
            f"The caption for {shown_name(picture_path)} is empty, so {shown_name(path)} was not written. Type one."
        )
    if is_link(path):
        raise CaptionError(f"{shown_name(path)} is a link and was not replaced. Delete it to have a caption there.")
    before, now = _content(path), caption.encode("utf-8") + b"\n"
    if not overwrite and before:
        raise CaptionError(
            f"{shown_name(path)} is not empty and was not replaced. Delete it or choose to overwrite captions."
        )
    if copies is not None and before and before != now:
        atomic_write(path.parent / copies / path.name, before)
    atomic_write(path, now)
    return path


def unused_copies_folder(folder: Path) -> str:
    """A name for a new folder of replaced captions in the folder of a style: captions_before_1, 2, ..."""
    return next(name for name in (f"{_COPIES}{n}" for n in itertools.count(1)) if not os.path.lexists(folder / name))


def is_copies_folder(folder: Path) -> bool:
    """Whether a folder keeps replaced captions, by its name: nothing in it is part of a style."""
    return re.fullmatch(rf"{_COPIES}\d+", folder.name) is not None


def compose_caption(text: str | None, trigger_word: str = "", prefix: str = "") -> str:
    """The caption the model is trained on: "<trigger word>, <prefix> <text>", empty parts left out.

    Nothing is added twice: the trigger word is left out if the text has it anywhere as whole words, the prefix if the
    text starts with it.

    >>> compose_caption("a white house", "bauhaus style", "photograph of")
    'bauhaus style, photograph of a white house'
    """
    body, trigger, start = _clean(text or ""), _clean(trigger_word).strip(", "), _clean(prefix)
    if start and not re.match(rf"{re.escape(start)}(?!\w)", body, re.IGNORECASE):
        body = f"{start} {body}".strip()
    if trigger and not re.search(rf"(?<!\w){re.escape(trigger)}(?!\w)", body, re.IGNORECASE):
        body = f"{trigger}, {body}" if body else trigger
    return body


def about_tokens(text: str) -> int:
    """About how many CLIP tokens a caption has, without its start and end marks: a guess that needs no tokenizer.

    A Latin word counts as one, plus one for every further eight letters, a digit or sign as one, a letter of another
    alphabet as 1.25 and an ideograph as 2.5: CLIP's vocabulary is English, and it spells everything else out in bytes.
    """
    words = re.findall(r"[A-Za-z']+", text)
    rest = re.sub(r"[A-Za-z'\s]+", "", text)
    foreign = sum(2.5 if c >= "\u2e80" else 1.25 if c > "\x7f" else 1.0 for c in rest)
    return sum(1 + (len(word) - 1) // 8 for word in words) + math.ceil(foreign)


def _capitalised(suffix: str) -> str:
    return f".{suffix[1:].capitalize()}"


def _clean(text: str) -> str:
    """Control characters and any run of white space become one space."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _content(path: Path) -> bytes:
    """What is in a caption file; empty if there is no file, or only white space.

    Raises:
        CaptionError: it cannot be read, so no copy of it can be kept.
    """
    if not path.is_file():
        return b""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CaptionError(
            f"{shown_name(path)} cannot be read ({error.strerror or error}) and was not replaced. Check that "
            "you may open it."
        ) from error
    return data if data.strip() else b""


def _is_text(text: str) -> bool:
    """False for the result of decoding a picture or a program: control characters and unassigned code points."""
    odd = sum(unicodedata.category(c) in ("Cc", "Cn", "Co", "Cs") or c == "\ufffd" for c in text if not c.isspace())
    return odd <= max(2, len(text) // 20)


def _decode(data: bytes) -> tuple[str, str | None]:
    """The text and, if its encoding had to be guessed, the name of that encoding."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), None
    for zeros, encoding in ((data[::2], "utf-16-be"), (data[1::2], "utf-16-le")):
        # UTF-16 without its mark: spaces and Latin letters have a zero in every other byte, and only there.
        if len(data) % 2 == 0 and b"\0" in zeros and data.count(0) == zeros.count(0):
            text = data.decode(encoding, errors="replace")
            if _is_text(text):
                return text, encoding.upper()
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        pass
    # In Cyrillic text the bytes above 127 stand side by side, in Latin text (a cafe's accent) one by one.
    high, runs = re.findall(rb"[\x80-\xff]", data), re.findall(rb"[\x80-\xff]{2,}", data)
    cyrillic = 2 * sum(map(len, runs)) > len(high)
    encoding = "cp1251" if cyrillic else "cp1252"
    return data.decode(encoding, errors="replace"), encoding
