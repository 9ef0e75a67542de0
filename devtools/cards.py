"""Pictures of results for the examples' cards in the template browser, cut from those in the documents.

`python -m devtools.cards` writes them, as `dev.py templates` does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PIL import Image

from .demo_sheet import GAP, LINE, SIDE
from .graphs import WORKFLOWS
from .places import ROOT

IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT = 640, 400
"""Pixels. The card's own frame is about as wide for its height."""
WITH_LORA = 2
"""The row of the demo's pictures that were made with the LoRA."""
PHOTO_AT, STYLES_AT, ROW = (126, 34), (388, 320), 309
"""In the sheet of five styles: where the photograph and the first style at the middle strength are, and how far the
next style is below."""
CURVE_TOP = 33
"""Of the figure, once it is as wide as the card: below its heading."""


def draw_pocket_card() -> Image.Image:
    """Houses that the pocket model draws with the LoRA of the demo, and the curve by which it was picked."""
    card = Image.new("RGB", (WIDTH, HEIGHT), "white")
    with Image.open(IMAGES / "pocket_demo.png") as sheet:
        columns = sheet.width // (SIDE + GAP)
        side = WIDTH // columns
        for column in range(columns):
            left, top = GAP + column * (SIDE + GAP), WITH_LORA * (LINE + SIDE + GAP) + LINE
            house = sheet.convert("RGB").crop((left, top, left + SIDE, top + SIDE))
            card.paste(house.resize((side, side), Image.Resampling.LANCZOS), (column * side, 0))
    with Image.open(IMAGES / "pocket_validation_loss.png") as figure:
        height = figure.height * WIDTH // figure.width
        curve = figure.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
    card.paste(curve.crop((0, CURVE_TOP, WIDTH, CURVE_TOP + HEIGHT - side)), (0, side))
    return card


def draw_restyled_card() -> Image.Image:
    """A drawn building, and the same in the five styles at the middle strength."""
    card = Image.new("RGB", (WIDTH, HEIGHT), "white")
    width, height = WIDTH // 3, HEIGHT // 2
    cells = [(PHOTO_AT[0], PHOTO_AT[1]), *((STYLES_AT[0], STYLES_AT[1] + row * ROW) for row in range(5))]
    with Image.open(IMAGES / "pocket_figure3.png") as sheet:
        for number, (left, top) in enumerate(cells):
            margin = (SIDE - SIDE * height * 3 // WIDTH) // 2
            building = sheet.convert("RGB").crop((left, top + margin, left + SIDE, top + SIDE - margin))
            place = (number % 3 * width, number // 3 * height)
            card.paste(building.resize((width + 1, height), Image.Resampling.LANCZOS), place)
    return card


CARDS: dict[str, Callable[[], Image.Image]] = {
    "learn_without_a_gpu": draw_pocket_card,
    "restyle_without_a_gpu": draw_restyled_card,
}
"""By example; the others show their graph."""
AS_JPEG: dict[str, Any] = {"quality": 70, "optimize": True, "progressive": True}


def write_cards() -> None:
    """Writes the pictures of all examples that have results."""
    for name, draw in CARDS.items():
        draw().save(WORKFLOWS / f"{name}.jpg", **AS_JPEG)


if __name__ == "__main__":
    write_cards()
