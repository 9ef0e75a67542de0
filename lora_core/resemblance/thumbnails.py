"""Small copies of many pictures, kept out of memory: ten thousand take no more of it than a thousand."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageFilter

from ..errors import DatasetError

THUMBNAIL_SIDE = 160
IN_MEMORY = 16_000_000
"""Bytes. With more than that, about 1,500 pictures, all go to a temporary file, which is deleted automatically."""
_NARROW = 128
"""Grey levels. Pictures that use fewer (fog, night, plain walls) are stretched before reducing rounds details away."""
_MOST_STRETCHED = 16.0
_FAINT = 1.5
"""Grey levels, the standard deviation of details: with less, the rounding of a JPEG file hides them."""


class Thumbnails:
    """A list of RGB thumbnails, with sides of at most `THUMBNAIL_SIDE` pixels, that only grows."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (closed by `close` or with this object)
        self._places = [0]
        self.aspects: list[float] = []
        """Width by height of each original picture."""
        self.faint: list[int] = []
        """Pictures with so little detail that there is hardly anything to compare."""

    def __len__(self) -> int:
        return len(self.aspects)

    def __iter__(self) -> Iterator[Image.Image]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Image.Image:
        start, end = self._places[index : index + 2]
        self._file.seek(start)
        image = Image.open(io.BytesIO(self._file.read(end - start)))
        image.load()
        return image

    def add(self, image: Image.Image) -> None:
        """Reduce an RGB picture of any size and append it.

        Raises:
            DatasetError: there is no room for temporary files.
        """
        scale = min(1.0, THUMBNAIL_SIDE / max(image.size))
        size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
        image = image.convert("RGB")
        low, high = _range(image.convert("L"))
        stretch = min(_MOST_STRETCHED, 1.5 * _NARROW / (high - low)) if 0 < high - low < _NARROW else 1.0
        if stretch > 1:
            image = _stretched(image, (low + high) / 2, stretch)
        small = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        if _details(small) < _FAINT * stretch:
            self.faint.append(len(self))
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=95, subsampling=0)
        try:
            self._file.seek(self._places[-1])
            self._file.write(buffer.getbuffer())
        except OSError as error:
            raise DatasetError(
                f"Cannot write to the folder for temporary files, {tempfile.gettempdir()}: {error.strerror or error}. "
                "Make room there; 10,000 pictures need about 120 MB."
            ) from error
        self._places.append(self._places[-1] + len(buffer.getbuffer()))
        self.aspects.append(image.width / image.height)

    def close(self) -> None:
        """Drop the pictures and the file. May be called twice."""
        self._file.close()


def _stretched(image: Image.Image, middle: float, stretch: float) -> Image.Image:
    """A picture of little contrast with more of it. Colours stay as faint as they are: JPEG files hardly keep those."""
    table = [min(255, max(0, round(128 + stretch * (level - middle)))) for level in range(256)]
    brightness, *colours = image.convert("YCbCr").split()
    return Image.merge("YCbCr", (brightness.point(table), *colours)).convert("RGB")


def _details(small: Image.Image) -> float:
    """How far the details of a thumbnail stand out from their surroundings: a standard deviation in grey levels."""
    grey = small.convert("L").resize((48, 48))
    blurred = grey.filter(ImageFilter.GaussianBlur(4))
    return float((np.asarray(grey, dtype=np.float32) - np.asarray(blurred, dtype=np.float32)).std())


def _range(grey: Image.Image) -> tuple[int, int]:
    """The grey levels between which all but 1 % of a picture lies."""
    counts = np.cumsum(grey.histogram())
    low, high = np.searchsorted(counts, [0.005 * counts[-1], 0.995 * counts[-1]])
    return int(low), int(high)
