"""The photograph that the example workflows begin with: a drawn building, with its soft mask painted on it."""

from __future__ import annotations

from PIL import Image, ImageOps

from .facades import draw

PHOTO, MASK = "theatre.png", "theatre_mask.png"
"""What the workflows call them."""


def draw_theatre() -> dict[str, Image.Image]:
    """Photograph and mask by name; the photograph is transparent where it may change, as a mask editor leaves it."""
    facade = draw("neoclassical", 3, (768, 512))
    painted = facade.image.convert("RGB")
    painted.putalpha(ImageOps.invert(facade.mask))
    return {PHOTO: painted, MASK: facade.mask}
