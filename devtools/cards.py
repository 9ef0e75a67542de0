"""Pictures of results for the examples' cards in the template browser, cut from those in the documents.

`python -m devtools.cards` writes them, as `dev.py templates` does. No card shows what no model made: where there is no
result of Stable Diffusion 1.5, it is that of the pocket model, and the card says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps

from .apps import APPS, app_name
from .console import say
from .demo_sheet import GAP, INK, LINE, PAPER, SIDE
from .graphs import WORKFLOWS
from .places import IMAGES, ROOT

WIDTH, HEIGHT = 640, 400
"""Pixels. The card's own frame is about as wide for its height."""
AS_DRAWN, WITH_LORA = 0, 2
"""The rows of the demo's picture: drawn for training, and made with the LoRA."""
PHOTO_AT, STYLES_AT, STRENGTH, STYLE = (126, 34), (126, 320), 262, 309
"""In the sheet of five styles: where the photograph is and the first style at the lowest strength, and how far the next
strength and the next style are from it."""
STYLES = ("Bauhaus", "Deconstructivist", "Parametric", "Renaissance", "Neoclassical")
CURVE_TOP = 33
"""Of the figure, once it is as wide as the card: below its heading."""
WORDS, FOOT, SPACE = 26, 22, 6
"""Pixels: the line over a row, the last line, and between pictures."""
CAPTION, AS_APP = "on the pocket model", "opens as an app"

Row = tuple[Sequence[str], Sequence[Image.Image]]
"""Words, each from the left edge of its picture on, and pictures. Without words there is no line for them."""


def draw_pocket_card() -> Image.Image:
    """Houses that the pocket model draws with the LoRA of the demo, and the curve by which it was picked."""
    card = Image.new("RGB", (WIDTH, HEIGHT), "white")
    houses = _demo_row(WITH_LORA)
    side = WIDTH // len(houses)
    for column, house in enumerate(houses):
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
    for number, building in enumerate([_photograph(), *(_restyled(style, 1) for style in range(5))]):
        place = (number % 3 * width, number // 3 * height)
        card.paste(ImageOps.fit(building, (width + 1, height), Image.Resampling.LANCZOS), place)
    return card


def draw_training_card() -> Image.Image:
    """Pictures of a style, and pictures made with the LoRA that was trained on them."""
    return _lay_out([(["Pictures of a style"], _demo_row(AS_DRAWN)), (["New ones by its LoRA"], _demo_row(WITH_LORA))])


def draw_building_card() -> Image.Image:
    """A building, and the same in another style."""
    return _lay_out([(["A building", "The same, restyled"], [_photograph(), _restyled(0, 1)])])


def draw_styles_card() -> Image.Image:
    """A building in five styles, the strength rising from one row to the next."""
    rows = [[_restyled(style, strength) for style in range(len(STYLES))] for strength in range(3)]
    return _lay_out([(STYLES, rows[0]), ((), rows[1]), ((), rows[2])])


def draw_app_card(name: str) -> Image.Image:
    """The card of an example that opens in App mode, which says so: not every template browser does."""
    card = CARDS[name]()
    face = ImageFont.load_default(14)
    ImageDraw.Draw(card).text((SPACE, HEIGHT - FOOT / 2), AS_APP, INK, font=face, anchor="lm")
    return card


def _lay_out(rows: Sequence[Row]) -> Image.Image:
    """A card of rows of pictures, which fill it, with the caption below them."""
    card = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(card)
    lines = sum(WORDS if words else SPACE for words, _ in rows)
    height = (HEIGHT - FOOT - lines) // len(rows)
    top = 0
    for words, pictures in rows:
        top += WORDS if words else SPACE
        width = (WIDTH - SPACE * (len(pictures) + 1)) // len(pictures)
        for column, picture in enumerate(pictures):
            left = SPACE + column * (width + SPACE)
            card.paste(ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS), (left, top))
            if column < len(words):
                draw.text((left, top - WORDS / 2), words[column], INK, font=ImageFont.load_default(15), anchor="lm")
        top += height
    face = ImageFont.load_default(14)
    draw.text((WIDTH - SPACE, HEIGHT - FOOT / 2), CAPTION, INK, font=face, anchor="rm")
    return card


def _demo_row(row: int) -> list[Image.Image]:
    """The pictures of a row of the demo's."""
    top = row * (LINE + SIDE + GAP) + LINE
    with Image.open(IMAGES / "pocket_demo.png") as sheet:
        lefts = range(GAP, sheet.width - GAP, SIDE + GAP)
        return [sheet.convert("RGB").crop((left, top, left + SIDE, top + SIDE)) for left in lefts]


def _photograph() -> Image.Image:
    """The drawn building that was restyled."""
    return _five_styles(*PHOTO_AT)


def _restyled(style: int, strength: int) -> Image.Image:
    """The building in a style at a strength, both counted from 0."""
    left, top = STYLES_AT
    return _five_styles(left + strength * STRENGTH, top + style * STYLE)


def _five_styles(left: int, top: int) -> Image.Image:
    with Image.open(IMAGES / "pocket_figure3.png") as sheet:
        return sheet.convert("RGB").crop((left, top, left + SIDE, top + SIDE))


CARDS: dict[str, Callable[[], Image.Image]] = {
    "learn_without_a_gpu": draw_pocket_card,
    "restyle_without_a_gpu": draw_restyled_card,
    "train_a_style": draw_training_card,
    "restyle_a_building": draw_building_card,
    "five_styles": draw_styles_card,
}
"""By example."""
AS_JPEG: dict[str, Any] = {"quality": 70, "optimize": True, "progressive": True}


def write_cards() -> None:
    """Writes the pictures of all examples, and of those that open in App mode too."""
    for name, draw in CARDS.items():
        _write(name, draw())
    for name in APPS:
        _write(app_name(name), draw_app_card(name))


def _write(name: str, card: Image.Image) -> None:
    path = WORKFLOWS / f"{name}.jpg"
    card.save(path, **AS_JPEG)
    say(f"  {path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    write_cards()
