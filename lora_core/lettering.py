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
