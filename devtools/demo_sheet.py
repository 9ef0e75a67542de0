"""The demo's last picture: what the style looks like, and one prompt with and without the LoRA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIDE = 256  # of a picture on the sheet
GAP = 12
LINE = 40  # for the words over a row
PAPER, INK = "#f7f5f0", "#2b2b2b"


def write_sheet(rows: Mapping[str, Sequence[Path]], target: Path) -> Path:
    """Rows of square pictures, each row under its caption, as a PNG; returns `target`."""
    columns = max(len(paths) for paths in rows.values())
    height = LINE + SIDE
    sheet = Image.new("RGB", (columns * (SIDE + GAP) + GAP, len(rows) * (height + GAP)), PAPER)
    draw = ImageDraw.Draw(sheet)
    for row, (words, paths) in enumerate(rows.items()):
        top = row * (height + GAP)
        draw.text((GAP, top + LINE / 2), words, INK, font=ImageFont.load_default(20), anchor="lm")
        for column, path in enumerate(paths):
            with Image.open(path) as picture:
                shown = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
            sheet.paste(shown, (GAP + column * (SIDE + GAP), top + LINE))
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target)
    return target
