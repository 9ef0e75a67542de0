"""The pictures of the demo: real photographs that come with scikit-learn and scikit-image, cut into pieces.

china.jpg (danielbuechele, CC BY 2.0) provides the roofs and walls of a palace and the building to restyle, brick.png
(CC0) a wall. They are read from the environment and written into ComfyUI's folders; the repository contains neither.
"""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

STYLE = "demo_palace"
PHOTO = "demo_photo.png"


def write_style(datasets: Path) -> Path:
    """Sixteen pictures without captions in `datasets`/demo_palace; those that exist are not changed."""
    folder = datasets / STYLE
    if not folder.exists() or not any(folder.iterdir()):
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in (*_tiles(_palace(), "palace", 4, 3), *_tiles(_wall(), "wall", 2, 2)):
            picture.save(folder / f"{name}.png")
    return folder


def write_photo(inputs: Path) -> None:
    """The photograph to restyle and, painted on it, its soft mask: the building, less at its border, not the rest."""
    photo = _palace()
    mask = Image.new("L", photo.size, 255)
    width, height = photo.size
    box = (0.12 * width, 0.15 * height, 0.88 * width, 0.8 * height)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius=width // 12, fill=0)
    photo.putalpha(mask.filter(ImageFilter.GaussianBlur(width / 25)))
    photo.save(inputs / PHOTO)


def _palace() -> Image.Image:
    return _packaged("sklearn.datasets", "images/china.jpg")


def _wall() -> Image.Image:
    return _packaged("skimage", "data/brick.png")


def _packaged(package: str, path: str) -> Image.Image:
    with (importlib.resources.files(package) / path).open("rb") as file:
        return Image.open(file).convert("RGB")


def _tiles(picture: Image.Image, name: str, columns: int, rows: int) -> list[tuple[str, Image.Image]]:
    """The picture in equal parts that do not overlap."""
    width, height = picture.width // columns, picture.height // rows
    corners = [(column * width, row * height) for row in range(rows) for column in range(columns)]
    return [
        (f"{name}_{number:02d}", picture.crop((left, top, left + width, top + height)))
        for number, (left, top) in enumerate(corners, start=1)
    ]
