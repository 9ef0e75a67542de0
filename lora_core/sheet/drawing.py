"""A sheet of pictures: rows and columns with their names, the photograph first. Pure drawing.

Pictures are arrays of shape (height, width, 3), float32 in 0..1. A cell that needs no scaling is on the sheet value by
value as it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..errors import ConfigError
from ..lettering import font, shortened_to, wrapped
from .grid import Grid

Picture = NDArray[np.float32]

PHOTOGRAPH = "photograph"
_PAPER, _INK, _FAINT = "#fbfaf7", "#22252a", "#6d7178"
_NOTE_LINES = 6
"""At most; below the cells there is as much room as the longest note takes."""
_LEAST_LABEL = 150
"""Pixels that a row's name may take however small the cells are."""


def draw_sheet(
    grid: Grid,
    cells: Sequence[Picture],
    photo: Picture | None = None,
    notes: Sequence[str] = (),
    longest_side: int = 0,
) -> Picture:
    """Draws one sheet.

    Args:
        grid: the names of rows and columns.
        cells: in the order of reading. Those of different sizes are fitted into cells of the largest one's.
        photo: what the cells were made from; a column of its own before a single row, else above the first column.
        notes: a few words below each cell, or nothing.
        longest_side: of a cell, in pixels; 0 leaves the cells as large as they are.

    Raises:
        ConfigError: there are more or fewer cells or notes than the grid has.
    """
    _check_count(grid, len(cells), "pictures arrived")
    if notes:
        _check_count(grid, len(notes), "notes arrived")
    if longest_side:
        cells = [_scaled(cell, longest_side / max(cell.shape[:2])) for cell in cells]
    box = max(cell.shape[1] for cell in cells), max(cell.shape[0] for cell in cells)
    inline = photo is not None and len(grid.rows) == 1
    columns = [PHOTOGRAPH, *grid.columns] if inline else list(grid.columns)
    above = 0 if photo is None or inline else round(photo.shape[0] * _fit(photo, box))
    layout = _Layout.of(grid.title, grid.rows, columns, box, above, notes)
    page = Image.new("RGB", layout.size, _PAPER)
    _letter(ImageDraw.Draw(page), layout, grid, columns, [""] * inline + [*notes])
    sheet = _values(page)
    if photo is not None:
        _place(sheet, photo, layout.photo or layout.cell(0, 0), (box[0], above or box[1]))
    for index, cell in enumerate(cells):
        row, column = divmod(index, len(grid.columns))
        _place(sheet, cell, layout.cell(row, column + inline), box)
    return sheet


@dataclass(frozen=True)
class _Layout:
    """Where everything stands, in pixels. Corners are (left, top)."""

    box: tuple[int, int]
    """Width and height of a cell."""
    text: int
    """Height of the letters of a name."""
    gutter: int
    margin: int
    label: int
    """Width of the rows' names, 0 without any."""
    notes: int
    """Height of the lines below a cell, 0 without any."""
    title: tuple[int, int]
    photo: tuple[int, int] | None
    """Of the photograph above the first column, if there is one."""
    first: tuple[int, int]
    """Of the first cell."""
    size: tuple[int, int]

    @classmethod
    def of(
        cls,
        title: str,
        rows: Sequence[str],
        columns: Sequence[str],
        box: tuple[int, int],
        above: int,
        notes: Sequence[str],
    ) -> _Layout:
        """`above`: height of the photograph above the cells, 0 if there is none."""
        width, height = box
        text = min(max(round(width / 22), 11), 30)
        gutter, margin, line = max(6, round(width / 40)), max(16, round(width / 16)), round(1.5 * text)
        widest = max(font(text).getlength(line) for row in rows for line in row.split("\n"))
        label = round(min(widest, max(_LEAST_LABEL, 0.85 * width)))
        left = margin + (label + 2 * gutter if label else 0)
        beside = above > 0 and len(columns) > 1  # the title has room to the right of the photograph
        heading = 0 if beside or not title else 2 * line
        photo = (left, margin + heading + line) if above else None
        band = line + above + 2 * gutter if above else 0
        first = left, margin + heading + band + line
        longest = max((len(_note_lines(note, text, width)) for note in notes), default=0)
        lines = round(longest * 1.35 * _note_size(text)) + gutter if notes else 0
        return cls(
            box,
            text,
            gutter,
            margin,
            label,
            lines,
            (left + width + 2 * gutter, margin + line) if beside else (left, margin),
            photo,
            first,
            (
                left + len(columns) * (width + gutter) - gutter + margin,
                first[1] + len(rows) * (height + lines + gutter) - gutter + margin,
            ),
        )

    def cell(self, row: int, column: int) -> tuple[int, int]:
        return (
            self.first[0] + column * (self.box[0] + self.gutter),
            self.first[1] + row * (self.box[1] + self.notes + self.gutter),
        )


def _letter(
    draw: ImageDraw.ImageDraw, layout: _Layout, grid: Grid, columns: Sequence[str], notes: Sequence[str]
) -> None:
    """Writes title, names and notes. A text that finds no room is shortened in the middle, a note at its end."""
    width, height = layout.box
    face, heading, small = (font(size) for size in (layout.text, round(1.3 * layout.text), _note_size(layout.text)))
    room = layout.size[0] - layout.title[0] - layout.margin
    draw.text(layout.title, shortened_to(grid.title, heading, room), _INK, heading)
    if layout.photo is not None:
        _centred(draw, PHOTOGRAPH, layout.photo, layout)
    for column, name in enumerate(columns):
        _centred(draw, name, layout.cell(0, column), layout)
    for row, name in enumerate(grid.rows):
        left, top = layout.cell(row, 0)
        lines = [shortened_to(line, face, layout.label) for line in name.split("\n")]
        for number, line in enumerate(lines, 1):
            middle = top + height / 2 + (number - (len(lines) + 1) / 2) * 1.35 * layout.text
            draw.text((left - 2 * layout.gutter, middle), line, _INK, face, anchor="rm")
    for index, note in enumerate(notes):
        left, top = layout.cell(*divmod(index, len(columns)))
        for number, line in enumerate(_note_lines(note, layout.text, width)):
            place = left, top + height + layout.gutter / 2 + number * 1.35 * _note_size(layout.text)
            draw.text(place, line, _FAINT, small)


def _centred(draw: ImageDraw.ImageDraw, name: str, corner: tuple[int, int], layout: _Layout) -> None:
    """A name above the middle of the cell at a corner."""
    face = font(layout.text)
    shown = shortened_to(name, face, layout.box[0] - layout.gutter)
    place = corner[0] + layout.box[0] / 2, corner[1] - 0.45 * layout.text
    draw.text(place, shown, _INK, face, anchor="ms")


def _note_size(text: int) -> int:
    return max(10, round(0.8 * text))


def _note_lines(note: str, text: int, width: int) -> list[str]:
    return wrapped(note, font(_note_size(text)), width, _NOTE_LINES)


def _place(sheet: Picture, picture: Picture, corner: tuple[int, int], box: tuple[int, int]) -> None:
    """Puts a picture into the middle of a cell, as large as fits."""
    fitted = _scaled(picture, _fit(picture, box))
    height, width = min(fitted.shape[0], box[1]), min(fitted.shape[1], box[0])
    left, top = corner[0] + (box[0] - width) // 2, corner[1] + (box[1] - height) // 2
    sheet[top : top + height, left : left + width] = fitted[:height, :width]


def _fit(picture: Picture, box: tuple[int, int]) -> float:
    """The factor that makes a picture as large as fits into width and height."""
    return float(min(box[0] / picture.shape[1], box[1] / picture.shape[0]))


def _scaled(picture: Picture, factor: float) -> Picture:
    height, width = (max(1, round(side * factor)) for side in picture.shape[:2])
    if (height, width) == picture.shape[:2]:
        return picture
    image = Image.fromarray((picture.clip(0, 1) * 255).round().astype(np.uint8))
    return _values(image.resize((width, height), Image.Resampling.LANCZOS))


def _values(image: Image.Image) -> Picture:
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def _check_count(grid: Grid, count: int, what: str) -> None:
    if count != grid.cells:
        raise ConfigError(
            f"{count} {what} for {grid.shape}. Connect what was made from the very Sheet Cells that 'cells' comes "
            "from, one picture for each cell: a latent with batch_size 1."
        )
