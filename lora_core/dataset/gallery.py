"""The pictures of a folder, to be looked at, and their captions, to be corrected one by one.

A picture is asked for by a hash of its place and found by listing the folders, so nothing outside them can be read or
written whatever is asked for.
"""

from __future__ import annotations

import functools
import hashlib
import io
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..changes import CLOCK_TICK
from ..errors import CaptionError, DatasetError
from ..names import shown_name
from .captions import read_caption, write_caption
from .folder_scan import list_folder
from .pictures import content_hash, open_reduced

LONGEST = 10_000
"""Characters of a caption. CLIP reads some three hundred."""
_writing = threading.Lock()
"""Of two who correct the same caption at once, one must learn that the other did."""
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
    version: int
    """When its file was changed, in milliseconds since 1970, so that a browser may keep its small version for ever."""


def gallery(styles: Sequence[Path]) -> list[GalleryEntry]:
    """All pictures in the folders of styles, those that validate last.

    Raises:
        DatasetError: a folder is missing or cannot be read.
    """
    return [
        GalleryEntry(
            key, shown_name(style), shown_name(picture), read_caption(picture) or "", _changed(picture) // 10**6
        )
        for key, style, picture in _pictures(styles)
    ]


def thumbnail(styles: Sequence[Path], key: str) -> bytes:
    """A small version of a picture, JPEG.

    Raises:
        DatasetError: there is no such picture, or it cannot be read.
    """
    picture = _find(styles, key)
    return _reduced(picture, _changed(picture))


def thumbnail_of_content(styles: Sequence[Path], name: str, content: str) -> bytes | None:
    """A small version of the picture of this name and content hash, JPEG; None if it is not in the folders of styles.

    Raises:
        DatasetError: a folder or the picture cannot be read.
    """
    for _, _, picture in _pictures(styles):
        if shown_name(picture) == name and content_hash(picture) == content:
            return _reduced(picture, _changed(picture))
    return None


def key_of(picture: Path) -> str:
    """32 hex digits that stand for a picture's place."""
    return hashlib.blake2b(str(picture).encode("utf-8", errors="surrogatepass"), digest_size=16).hexdigest()


def list_pictures(style: Path) -> tuple[Path, ...]:
    """The pictures in the folder of a style, those of its val/ last.

    What was listed is remembered until one of the two folders changes: a gallery asks once for each picture.

    Raises:
        DatasetError: a folder is missing or cannot be read.
    """
    known = _listed.get(style)
    if known is not None and known.stamps == _stamps(known.folders):
        return known.pictures
    begun = time.time_ns()
    listing = list_folder(style)
    inner = list_folder(listing.validation, style=style).pictures if listing.validation is not None else ()
    folders = (style, listing.validation) if listing.validation is not None else (style,)
    found = _Listed((*listing.pictures, *inner), folders, _stamps(folders))
    if begun - max(found.stamps) > CLOCK_TICK:  # any change since is sure to get another time
        while len(_listed) >= _MOST_LISTED:
            _listed.pop(next(iter(_listed)), None)
        _listed[style] = found
    return found.pictures


class _Listed(NamedTuple):
    """The pictures of a style, and when the folders that they are in were changed last."""

    pictures: tuple[Path, ...]
    folders: tuple[Path, ...]
    stamps: tuple[int, ...]


_MOST_LISTED = 200
_listed: dict[Path, _Listed] = {}


def _stamps(folders: Sequence[Path]) -> tuple[int, ...]:
    return tuple(map(_changed, folders))


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # gone meanwhile
        return 0


@functools.lru_cache(maxsize=2000)  # of about 10 kB each
def _reduced(picture: Path, _changed: int) -> bytes:
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
    with _writing:
        if (read_caption(picture) or "") != before:
            raise CaptionError(
                f"The caption of {shown_name(picture)} has been changed elsewhere since it was shown. Open the "
                "captions again."
            )
        write_caption(picture, caption)
        return read_caption(picture) or ""


def _pictures(styles: Sequence[Path]) -> Iterator[tuple[str, Path, Path]]:
    """Key, style and path of each picture."""
    for style in styles:
        for picture in list_pictures(style):
            yield key_of(picture), style, picture


def _find(styles: Sequence[Path], key: str) -> Path:
    for found, _, picture in _pictures(styles):
        if found == key:
            return picture
    raise DatasetError("This picture is no longer there. Open the captions again.")
