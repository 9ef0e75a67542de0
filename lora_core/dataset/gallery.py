"""The captions of a folder, to be read and corrected one by one.

A picture is asked for by a hash of its place and found by listing the folders again, so nothing outside them can be
read or written whatever is asked for.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import CaptionError, DatasetError
from ..names import shown_name
from .captions import read_caption, write_caption
from .folder_scan import list_folder
from .pictures import content_hash, open_reduced

LONGEST = 10_000
"""Characters of a caption. CLIP reads some three hundred."""
THUMBNAIL = 256
"""The longest side of a picture to look at, in pixels."""


@dataclass(frozen=True)
class GalleryEntry:
    """A picture and its caption."""

    key: str
    """32 hex digits, by which the picture is asked for."""
    style: str
    name: str
    caption: str
    """Empty if it has none."""


def gallery(styles: Sequence[Path]) -> list[GalleryEntry]:
    """All pictures in the folders of styles, those that validate last.

    Raises:
        DatasetError: a folder is missing or cannot be read.
    """
    return [
        GalleryEntry(key, shown_name(style), shown_name(picture), read_caption(picture) or "")
        for key, style, picture in _pictures(styles)
    ]


def thumbnail(styles: Sequence[Path], key: str) -> bytes:
    """A small version of a picture, JPEG.

    Raises:
        DatasetError: there is no such picture, or it cannot be read.
    """
    return _reduced(_find(styles, key))


def thumbnail_of_content(styles: Sequence[Path], name: str, content: str) -> bytes | None:
    """A small version of the picture of this name and content hash, JPEG; None if it is not in the folders of styles.

    Raises:
        DatasetError: a folder or the picture cannot be read.
    """
    for _, _, picture in _pictures(styles):
        if shown_name(picture) == name and content_hash(picture) == content:
            return _reduced(picture)
    return None


def _reduced(picture: Path) -> bytes:
    image = open_reduced(picture, THUMBNAIL)[0]
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    data = io.BytesIO()
    image.convert("RGB").save(data, "JPEG", quality=85)
    return data.getvalue()


def correct(styles: Sequence[Path], key: str, before: str, caption: str) -> str:
    """Replaces the caption of a picture; returns the new one as it is read from now on.

    Args:
        styles: folders of styles.
        key: of the picture.
        before: the caption that is to be replaced, empty for none.
        caption: the new one.

    Raises:
        DatasetError: there is no such picture.
        CaptionError: the caption is empty or too long, or is no longer what it was `before`.
        RunError: it cannot be written.
    """
    picture = _find(styles, key)
    if len(caption) > LONGEST:
        raise CaptionError(f"The caption has {len(caption)} characters, at most {LONGEST} are possible. Shorten it.")
    if (read_caption(picture) or "") != before:
        raise CaptionError(
            f"The caption of {shown_name(picture)} has been changed elsewhere since it was shown. Open the captions "
            "again."
        )
    write_caption(picture, caption)
    return read_caption(picture) or ""


def _pictures(styles: Sequence[Path]) -> Iterator[tuple[str, Path, Path]]:
    """Key, style and path of each picture."""
    for style in styles:
        listing = list_folder(style)
        inner = list_folder(listing.validation, style=style).pictures if listing.validation is not None else ()
        for picture in (*listing.pictures, *inner):
            place = str(picture).encode("utf-8", errors="surrogatepass")
            yield hashlib.blake2b(place, digest_size=16).hexdigest(), style, picture


def _find(styles: Sequence[Path], key: str) -> Path:
    for found, _, picture in _pictures(styles):
        if found == key:
            return picture
    raise DatasetError("This picture is no longer there. Open the captions again.")
