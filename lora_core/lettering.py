"""Words on pictures: a font for every alphabet, and a picture that says why there is no other."""

from __future__ import annotations

import importlib.util
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_LONGEST = 400
"""Characters of a text that are looked at: measuring how much of it fits takes time."""
_CHARACTERS = 80
"""Characters on a line of a notice, which is 50 times as wide as its letters are high."""


@cache
def font(size: int) -> Font:
    """DejaVu Sans, which knows Cyrillic and Greek: matplotlib's or the system's. Without it Pillow's own, for Latin."""
    for file in _dejavu():
        with suppress(OSError):
            return ImageFont.truetype(file, size)
    return ImageFont.load_default(size)


def _dejavu() -> Iterator[str]:
    """Where the font may be. matplotlib is not imported for this: that takes half a second, and may fail."""
    found = importlib.util.find_spec("matplotlib")
    for folder in (found and found.submodule_search_locations) or ():
        yield str(Path(folder, "mpl-data", "fonts", "ttf", "DejaVuSans.ttf"))
    yield "DejaVuSans.ttf"


def notice(text: str, width: int, height: int) -> Image.Image:
    """A white RGB picture of this size with a text on it, in place of a picture that could not be made."""
    image = Image.new("RGB", (width, height), "white")
    lines = "\n".join(textwrap.wrap(text, _CHARACTERS))
    ImageDraw.Draw(image).multiline_text((width // 20, height // 4), lines, "#1f2328", font(width // 50))
    return image


def shortened_to(text: str, face: Font, width: float) -> str:
    """The text on one line, or its beginning and end with an ellipsis between them if it is wider than `width` pixels.

    Of a very long one no more than some hundred characters are kept, however wide it may be.
    """
    text = " ".join(text.splitlines())
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"
    if face.getlength(text) <= width:
        return text
    for kept in range(len(text) - 1, 0, -1):
        shorter = f"{text[: kept - kept // 2].rstrip()}…{text[len(text) - kept // 2 :].lstrip()}"
        if face.getlength(shorter) <= width:
            return shorter
    return "…" if face.getlength("…") <= width else ""


def wrapped(text: str, face: Font, width: float, lines: int) -> list[str]:
    """The text in at most so many lines of so many pixels, cut off with an ellipsis after the last one.

    A line break in the text stays one.
    """
    found: list[str] = []
    for paragraph in text[:_LONGEST].splitlines() or [""]:
        found.append("")
        for word in paragraph.split():
            longer = f"{found[-1]} {word}".strip()
            if face.getlength(longer) <= width or not found[-1]:
                found[-1] = longer
            else:
                found.append(word)
    cut = len(found) > lines
    found = found[:lines]
    while face.getlength(found[-1] + "…" * cut) > width and found[-1]:
        found[-1], cut = found[-1][:-1], True
    return [*found[:-1], found[-1] + "…" * cut]
