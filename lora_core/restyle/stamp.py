"""A picture with its passport below it."""

from __future__ import annotations

from PIL import Image, ImageDraw

from ..lettering import font
from .passport import Passport, lines

_PAPER, _INK = "white", "#1f2328"


def stamped(picture: Image.Image, passport: Passport) -> Image.Image:
    """The RGB picture on white paper with its figures below; those of all pictures of one size have one size."""
    letter = max(10, picture.width // 32)
    pitch = round(1.4 * letter)
    margin = letter
    most_lines = 5
    sheet = Image.new("RGB", (picture.width, picture.height + most_lines * pitch + 2 * margin), _PAPER)
    sheet.paste(picture, (0, 0))
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines(passport)):
        draw.text((margin, picture.height + margin + number * pitch), line, _INK, font(letter))
    return sheet
