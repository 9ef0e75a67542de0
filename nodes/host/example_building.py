"""The photograph that the example workflows begin with: a drawn building, with its soft mask painted on it."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageOps

from ...lora_core.files import atomic_write
from ...pocket.drawing.facades import draw

PHOTO, MASK = "theatre.png", "theatre_mask.png"
SIZE = (768, 512)


def draw_example(folder: Path) -> None:
    """Puts photograph and mask into a folder; a picture of that name that is there already stays as it is.

    As ComfyUI's mask editor does, the photograph is transparent where it may change.
    """
    missing = [name for name in (PHOTO, MASK) if not (folder / name).exists()]
    if not missing:
        return
    facade = draw("neoclassical", 3, SIZE)
    painted = facade.image.convert("RGB")
    painted.putalpha(ImageOps.invert(facade.mask))
    pictures = {PHOTO: painted, MASK: facade.mask}
    for name in missing:
        atomic_write(folder / name, _png(pictures[name]))


def _png(picture: Image.Image) -> bytes:
    encoded = io.BytesIO()
    picture.save(encoded, "PNG")
    return encoded.getvalue()
