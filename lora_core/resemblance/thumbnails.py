"""Small copies of many pictures, kept out of memory: ten thousand take no more of it than a thousand."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator

from PIL import Image

from ..errors import DatasetError

THUMBNAIL_SIDE = 160
IN_MEMORY = 16_000_000
"""Bytes. With more than that, about 1,500 pictures, all go to a temporary file, which is deleted automatically."""


class Thumbnails:
    """A list of RGB thumbnails, with sides of at most `THUMBNAIL_SIDE` pixels, that only grows."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (closed by `close` or with this object)
        self._places = [0]
        self.aspects: list[float] = []
        """Width by height of each original picture."""

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
        small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
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
