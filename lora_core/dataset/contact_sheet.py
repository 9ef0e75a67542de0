"""A dataset in one picture: what training will see of each photograph, its caption, and which ones validate."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from ..errors import DatasetError
from ..lettering import font, wrapped
from .buckets import fit_to_bucket
from .pictures import open_reduced
from .style import Picture, StyleDataset

CELL = 208
"""Side of each picture's cell on the sheet, in pixels."""
MARGIN = 12
MOST_SHOWN = 60

_LINES, _LINE_HEIGHT = 3, 16
_PAPER, _INK, _FAINT, _VALIDATION = "#1e1f22", "#e6e6e6", "#8a8d93", "#f0a030"


def contact_sheet(dataset: StyleDataset, most: int = MOST_SHOWN) -> Image.Image:
    """Draw up to `most` pictures, cut as they are for training, validation pictures first and framed.

    A picture that can no longer be read leaves its cell empty.

    Returns:
        RGB image; its width depends on the number of pictures alone.
    """
    shown = _selection(dataset, most)
    columns = max(3, min(8, len(shown)))
    rows = -(-len(shown) // columns)
    pitch = CELL + MARGIN, CELL + _LINES * _LINE_HEIGHT + MARGIN
    sheet = Image.new("RGB", (columns * pitch[0] + MARGIN, rows * pitch[1] + 3 * MARGIN + _LINE_HEIGHT), _PAPER)
    draw = ImageDraw.Draw(sheet)
    _heading(draw, dataset, len(shown))
    held_out = {picture.path for picture in dataset.validation}
    for index, picture in enumerate(shown):
        row, column = divmod(index, columns)
        left, top = column * pitch[0] + MARGIN, row * pitch[1] + 2 * MARGIN + _LINE_HEIGHT
        _place(sheet, draw, picture, (left, top), picture.path in held_out)
    return sheet


def _selection(dataset: StyleDataset, most: int) -> list[Picture]:
    """Validation pictures, at most half of the sheet, then training pictures spread over all of them."""
    validation = _spread(dataset.validation, max(most // 2, most - len(dataset.training)))
    return validation + _spread(dataset.training, most - len(validation))


def _spread(pictures: Sequence[Picture], most: int) -> list[Picture]:
    count = min(most, len(pictures))
    return [pictures[index * len(pictures) // count] for index in range(count)]


def _heading(draw: ImageDraw.ImageDraw, dataset: StyleDataset, shown: int) -> None:
    text = f"{dataset.name}: {len(dataset.training)} pictures to train on"
    if shown < len(dataset.pictures):
        text += f" ({shown} of {len(dataset.pictures)} are shown)"
    draw.text((MARGIN, MARGIN), text, _INK, font(14))
    left = MARGIN + draw.textlength(text + ", ", font(14))
    draw.text((left, MARGIN), f"{len(dataset.validation)} for validation", _VALIDATION, font(14))


def _place(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, picture: Picture, corner: tuple[int, int], held_out: bool
) -> None:
    left, top = corner
    try:
        width, height = (round(side * CELL / max(picture.bucket)) for side in picture.bucket)
        image = fit_to_bucket(open_reduced(picture.path, CELL)[0], (width, height))
        sheet.paste(image, (left + (CELL - image.width) // 2, top + (CELL - image.height) // 2))
    except DatasetError:
        draw.text((left + MARGIN, top + CELL // 2), "can no longer be read", _FAINT, font(11))
    if held_out:
        draw.rectangle((left - 3, top - 3, left + CELL + 2, top + CELL + 2), outline=_VALIDATION, width=3)
    text, ink = (picture.caption, _INK) if picture.caption else ("no caption yet", _FAINT)
    for number, line in enumerate(wrapped(text, font(11), CELL, _LINES)):
        draw.text((left, top + CELL + 4 + number * _LINE_HEIGHT), line, ink, font(11))
