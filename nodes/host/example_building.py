"""Puts the photograph that the example workflows begin with where they read it."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from ...lora_core.files import atomic_write


def draw_example(folder: Path) -> None:
    """Draws photograph and mask into a folder; a picture of that name that is there already stays as it is."""
    from ...pocket.drawing.example import MASK, PHOTO, draw_theatre  # which would make ComfyUI start later

    missing = [name for name in (PHOTO, MASK) if not (folder / name).exists()]
    if missing:
        pictures = draw_theatre()
        for name in missing:
            atomic_write(folder / name, _png(pictures[name]))


def _png(picture: Image.Image) -> bytes:
    encoded = io.BytesIO()
    picture.save(encoded, "PNG")
    return encoded.getvalue()
