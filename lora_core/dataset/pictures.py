"""Opening pictures as people have them: phone photographs, scans, screenshots, and files that are not pictures at all.

`open_picture` returns every usable file as upright 8-bit RGB and refuses every other one with a `DatasetError` whose
text a person understands. It raises nothing else, whatever the file holds.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError, features

from ..errors import DatasetError
from ..names import shown_name
from .colours import to_srgb

IMAGE_SUFFIXES = frozenset(
    {
        *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif"),
        *(".tif", ".tiff", ".avif", ".jp2", ".heic", ".heif", ".hif"),
    }
)
"""File name endings, lower case, that count as pictures."""

SMALLEST_SIDE = 64
LARGEST_AREA = 200_000_000
"""Pixels. Read from the header, before any of them is decoded."""

FIRST_OF_SEVERAL = "An animation or several pages, of which only the first is used"

_HEIC_SUFFIXES = frozenset({".heic", ".heif", ".hif"})
# Pillow knows some sixty formats and picks by content, so that a PostScript file called .png would start
# Ghostscript. Only formats that hold photographs are allowed. HEIF is available if a plug-in registered it.
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "JPEG2000", "HEIF")
_LOCK = threading.RLock()


@dataclass(frozen=True)
class Opened:
    """A decoded picture: upright 8-bit RGB, perhaps reduced; `width` and `height` are those of its full size.

    `remarks` say what of the file could not be kept, such as a profile; see `colours`.
    """

    image: Image.Image
    width: int
    height: int
    remarks: tuple[str, ...]


def open_picture(path: Path) -> Image.Image:
    """Decode a picture file.

    Returns:
        Upright (EXIF) 8-bit RGB image, sRGB where the file has a colour profile, the first frame of an animation,
        16-bit samples scaled to 8, transparency on white.

    Raises:
        DatasetError: the file cannot be used; the message has its name and the reason.
    """
    return open_with_remarks(path, None).image


def open_reduced(path: Path, short_side: int | None) -> tuple[Image.Image, tuple[int, int]]:
    """As `open_picture`, but a JPEG may come reduced by 2, 4 or 8, its short side no smaller than `short_side`.

    Returns:
        The image, and the (width, height) of the upright picture at its full size.
    """
    opened = open_with_remarks(path, short_side)
    return opened.image, (opened.width, opened.height)


def open_with_remarks(path: Path, short_side: int | None) -> Opened:
    """As `open_reduced`, with remarks for the user."""
    try:
        with _pillow_limits_off(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged EXIF and the like: what counts is what can be decoded
            return _decode(path, short_side)
    except DatasetError as error:
        raise DatasetError(f"Cannot use {shown_name(path)}: {error}.") from error.__cause__
    except MemoryError as error:
        raise DatasetError(f"Cannot use {shown_name(path)}: there is not enough memory to open it.") from error
    except OSError as error:
        raise DatasetError(f"Cannot use {shown_name(path)}: {_os_reason(error)}.") from error
    except Exception as error:  # Pillow's plug-ins raise SyntaxError, struct.error, ... on damaged files
        raise DatasetError(f"Cannot use {shown_name(path)}: the file is damaged or cut short.") from error


def reason_of(error: DatasetError, path: Path) -> str:
    """The reason alone, for a list that names the file already: without "Cannot use <name>: " and the full stop."""
    return str(error).removeprefix(f"Cannot use {shown_name(path)}: ").rstrip(".")


def content_hash(path: Path) -> str:
    """BLAKE2b (16 bytes, as 32 hex digits) of a file's bytes.

    Raises:
        DatasetError: the file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    try:
        _check_file(path)
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except DatasetError as error:
        raise DatasetError(f"Cannot use {shown_name(path)}: {error}.") from None
    except OSError as error:
        raise DatasetError(f"Cannot use {shown_name(path)}: {_os_reason(error)}.") from error
    return digest.hexdigest()


def name_key(path: Path) -> tuple[str, str]:
    """Sorts file names the same way on every system: case and the composition of accents do not matter."""
    return unicodedata.normalize("NFC", path.name).casefold(), path.name


@contextmanager
def _pillow_limits_off() -> Iterator[None]:
    """Pillow's process-wide settings as we need them, restored afterwards.

    Its own size limit warns below ours, and other packs are known to switch on LOAD_TRUNCATED_IMAGES, with which
    half a photograph comes back with a grey lower half and no error.
    """
    with _LOCK:
        kept = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = None, False
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = kept


def _decode(path: Path, short_side: int | None) -> Opened:
    _check_file(path)
    Image.init()
    try:
        image = Image.open(path, formats=[name for name in _FORMATS if name in Image.OPEN])
    except UnidentifiedImageError as error:
        raise DatasetError(_unidentified(path)) from error
    with image:
        width, height = image.size
        if width * height > LARGEST_AREA:
            millions = round(width * height / 1e6)
            raise DatasetError(
                f"it has {millions} million pixels ({width} x {height}), the limit is {LARGEST_AREA // 10**6} million"
            )
        if min(width, height) < SMALLEST_SIDE:
            raise DatasetError(f"it has only {width} x {height} pixels, at least {SMALLEST_SIDE} a side are needed")
        if short_side is not None and image.format in ("JPEG", "MPO"):
            scale = short_side / min(width, height)
            image.draft(None, (round(width * scale), round(height * scale)))
        image.load()
        several = getattr(image, "n_frames", 1) > 1 and image.format != "MPO"  # a phone's MPO has a map of brightness
        rgb, remarks = to_srgb(_upright(image))
        if (rgb.width > rgb.height) != (image.width > image.height):
            width, height = height, width
        return Opened(rgb, width, height, (*remarks, *((FIRST_OF_SEVERAL,) if several else ())))


def _check_file(path: Path) -> None:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # opening a named pipe would wait for ever
        raise DatasetError("it is not a file")
    if status.st_size == 0:
        raise DatasetError("the file is empty (0 bytes)")


def _unidentified(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(512)
    if path.suffix.lower() in _HEIC_SUFFIXES or head[4:12] in (
        b"ftypheic",
        b"ftypheix",
        b"ftypmif1",
        b"ftyphevc",
    ):
        return "HEIC pictures cannot be decoded here, save it as JPEG or PNG"
    if head[4:12] in (b"ftypavif", b"ftypavis") and not features.check("avif"):
        return "AVIF pictures cannot be decoded by the Pillow that is installed here, save it as JPEG or PNG"
    if head.lstrip()[:5].lower() in (b"<!doc", b"<html"):
        return "it is a web page, not a picture: the download went wrong"
    if b"\0" not in head:
        return f"it is a text file called {path.suffix}, not a picture"
    return "it is not a picture in a known format, or its beginning is damaged"


def _os_reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "there is no permission to read it"
    if isinstance(error, FileNotFoundError):
        return "the file is gone, or it is a link to a file that is gone"
    if error.errno == errno.ELOOP:
        return "it is a link that leads to itself"
    if "truncated" in str(error) or "not enough image data" in str(error):
        return "the file is cut short (the download or copy was not finished)"
    if error.errno is not None:
        return f"it cannot be read ({os.strerror(error.errno)})"
    return "the file is damaged or cut short"


def _upright(image: Image.Image) -> Image.Image:
    with suppress(Exception):  # damaged EXIF raises almost anything; the picture itself is fine
        return ImageOps.exif_transpose(image)
    return image
