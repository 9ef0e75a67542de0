"""Files that people really have in their folders, each with what must happen to it: the table of test_hostile.py.

    python tests/hostile_inputs.py

writes docs/hostile-inputs.md from these tables.
"""

from __future__ import annotations

import io
import os
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

BLUE = (20, 60, 200)
SIZE = (96, 64)
UKRAINIAN = "будівля міського театру"


def blue_and_white(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """Left half blue, right half white."""
    image = Image.new("RGB", size, "white")
    image.paste(BLUE, (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (160, 200, 3), dtype=np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG from its parts, true or false: bits a sample, colour type, raw rows, other chunks."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    body = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def flipped_byte(data: bytes, place: float) -> bytes:
    changed = bytearray(data)
    changed[int(len(data) * place)] ^= 0xFF
    return bytes(changed)


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    return encoded(blue_and_white().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)


def animated(kind: str) -> bytes:
    return encoded(blue_and_white(), kind, save_all=True, append_images=[Image.new("RGB", SIZE, "red")], lossless=True)


def palette_with_alpha() -> bytes:
    image = Image.new("P", SIZE, 0)
    image.putpalette([10, 20, 30, *BLUE])
    image.paste(1, (0, 0, SIZE[0] // 2, SIZE[1]))
    return encoded(image, "PNG", transparency=0)


def sixteen_bits_grey() -> bytes:
    row = b"\0" + struct.pack(">96H", *([0x8000] * 48 + [0xFFFF] * 48))
    return png(*SIZE, 16, 0, row * SIZE[1])


def sixteen_bits_colour() -> bytes:
    left = b"".join(struct.pack(">H", value * 257) for value in BLUE)
    return png(*SIZE, 16, 2, (b"\0" + left * 48 + b"\xff" * 6 * 48) * SIZE[1])


@dataclass(frozen=True)
class Case:
    """One hostile input.

    `make` gets the path to write to. `skipped` is the exact reason with which the file must be left out; if it is
    empty the file must be used, its left half of the colour `left` (None: not looked at), its right half white.
    """

    what: str
    name: str
    make: Callable[[Path], object]
    skipped: str = ""
    used: str = ""
    left: tuple[int, int, int] | None = BLUE
    size: tuple[int, int] | None = SIZE


def holding(data: Callable[[], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data())


def drawing(kind: str, mode: str = "RGB", **options: object) -> Callable[[Path], object]:
    return holding(lambda: encoded(blue_and_white(mode), kind, **options))


CUT = "the file is cut short (the download or copy was not finished)"
DAMAGED = "the file is damaged or cut short"
NO_HEIC = "HEIC pictures cannot be decoded here, save it as JPEG or PNG"
GREY = (60, 60, 60)

PICTURES = [
    Case("a JPEG cut off in the middle", "cut.jpg", holding(lambda: encoded(noise(), "JPEG")[:9_000]), CUT),
    Case("a PNG cut off in the middle", "cut.png", holding(lambda: encoded(noise(), "PNG")[:50_000]), CUT),
    Case(
        "a WebP cut off in the middle",
        "cut.webp",
        holding(lambda: encoded(noise(), "WEBP")[:5_000]),
        DAMAGED,
    ),
    Case("an empty file", "empty.png", holding(lambda: b""), "the file is empty (0 bytes)"),
    Case(
        "a PNG with one byte changed by a failing disk",
        "bit rot.png",
        holding(lambda: flipped_byte(encoded(noise(), "PNG"), 0.5)),
        DAMAGED,
    ),
    Case("16-bit greyscale PNG", "grey16.png", holding(sixteen_bits_grey), used="scaled to 8 bits", left=(128,) * 3),
    Case("16-bit colour PNG", "colour16.png", holding(sixteen_bits_colour), used="scaled to 8 bits"),
    Case(
        "32-bit floating point TIFF",
        "float.tiff",
        holding(lambda: encoded(_floats(), "TIFF")),
        used="scaled to 8 bits",
        left=GREY,
    ),
    Case("CMYK JPEG, as printers want it", "cmyk.jpg", drawing("JPEG", "CMYK", quality=95), used="converted to RGB"),
    Case("CIELAB TIFF", "lab.tiff", holding(lambda: encoded(_lab(), "TIFF")), used="converted to RGB", left=None),
    Case("palette PNG with a transparent colour", "palette.png", holding(palette_with_alpha), used="placed on white"),
    Case(
        "PNG with an alpha channel",
        "alpha.png",
        holding(lambda: encoded(_half_transparent(), "PNG")),
        used="placed on white",
    ),
    Case("greyscale JPEG", "grey.jpg", drawing("JPEG", "L", quality=95), used="as grey RGB", left=GREY),
    Case("black and white scan of 1 bit", "bilevel.png", drawing("PNG", "1"), used="as RGB", left=None),
    Case("phone photograph stored on its side (EXIF)", "turned.jpg", holding(turned), used="turned upright"),
    Case(
        "JPEG with damaged EXIF",
        "exif.jpg",
        drawing("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\x12" * 50, quality=95),
        used="EXIF ignored",
    ),
    Case(
        "PNG with an invalid colour profile",
        "profile.png",
        drawing("PNG", icc_profile=b"not a profile at all"),
        used="profile ignored",
    ),
    Case("animated GIF", "animated.gif", holding(lambda: animated("GIF")), used="its first frame"),
    Case("animated WebP", "animated.webp", holding(lambda: animated("WEBP")), used="its first frame"),
    Case("TIFF of several pages", "pages.tiff", holding(lambda: animated("TIFF")), used="its first page"),
    Case(
        "1 x 1 pixel",
        "one.png",
        holding(lambda: encoded(Image.new("RGB", (1, 1)), "PNG")),
        "it has only 1 x 1 pixels, at least 64 a side are needed",
    ),
    Case(
        "an icon of 900 x 63 pixels",
        "thin.png",
        holding(lambda: encoded(Image.new("RGB", (900, 63)), "PNG")),
        "it has only 900 x 63 pixels, at least 64 a side are needed",
    ),
    Case(
        "a panorama of 4000 x 64 pixels",
        "strip.png",
        holding(lambda: encoded(blue_and_white(size=(4000, 64)), "PNG")),
        used="cut to 2 : 1, the report says so",
        size=(4000, 64),
    ),
    Case(
        "a decompression bomb: under 100 bytes that claim 3.6 gigapixels",
        "bomb.png",
        holding(lambda: png(60_000, 60_000, 8, 2, bytes(100))),
        "it has 3600 million pixels (60000 x 60000), the limit is 200 million",
    ),
    Case(
        "a decompression bomb in a PNG's text: 200 kB that become 200 MB",
        "text bomb.png",
        holding(lambda: png(*SIZE, 8, 2, (b"\0" + bytes(BLUE) * 96) * 64, (b"zTXt", b"a\0\0" + _zeros()))),
        DAMAGED,
    ),
    Case(
        "a text file called .png",
        "text.png",
        holding(lambda: b"hello there"),
        "it is a text file called .png, not a picture",
    ),
    Case(
        "a web page called .jpg, from a failed download",
        "page.jpg",
        holding(lambda: b"<!DOCTYPE html><html>404"),
        "it is a web page, not a picture: the download went wrong",
    ),
    Case(
        "PostScript called .png, which never reaches Ghostscript",
        "script.png",
        holding(lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nshowpage\n"),
        "it is a text file called .png, not a picture",
    ),
    Case(
        "random bytes called .png",
        "random.png",
        holding(lambda: bytes(range(256)) * 4),
        "it is not a picture in a known format, or its beginning is damaged",
    ),
    Case("a JPEG called .png", "really a jpeg.png", drawing("JPEG", quality=95), used="read as the JPEG it is"),
    Case(
        "a phone's HEIC without a decoder", "phone.heic", holding(lambda: b"\0\0\0\x18ftypheic" + bytes(300)), NO_HEIC
    ),
    Case("a phone's HEIC called .jpg", "phone.jpg", holding(lambda: b"\0\0\0\x18ftypmif1" + bytes(300)), NO_HEIC),
    Case(
        "a camera's raw file", "raw.CR2", holding(lambda: b"II*\0"), "CR2 files are not read, export it as JPEG or PNG"
    ),
    Case(
        "a Photoshop file", "design.psd", holding(lambda: b"8BPS"), "PSD files are not read, export it as JPEG or PNG"
    ),
    Case(
        "a name in Cyrillic, with spaces and signs", "вулиця Хрещатик, дім №5 (1).png", drawing("PNG"), used="unchanged"
    ),
    Case("a name with an emoji and brackets", "🏛 [old] {x} & 100 %.png", drawing("PNG"), used="unchanged"),
    Case("a name of 255 bytes", "я" * 125 + "x.png", drawing("PNG"), used="unchanged"),
]


def _floats() -> Image.Image:
    return Image.fromarray(np.asarray(blue_and_white("L"), dtype=np.float32) / 255)


def _lab() -> Image.Image:
    return Image.new("LAB", SIZE, (150, 100, 90))


def _half_transparent() -> Image.Image:
    image = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    image.paste((*BLUE, 255), (0, 0, SIZE[0] // 2, SIZE[1]))
    return image


def _zeros() -> bytes:
    return zlib.compress(bytes(200_000_000))


def _ring(path: Path) -> None:
    path.symlink_to(path)


def _outward(path: Path) -> None:
    path.symlink_to(Path("..", "elsewhere.png"))


def _dead(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere.png"))


def _not_utf8(path: Path) -> None:
    picture = encoded(blue_and_white(), "PNG")
    with open(os.fsencode(path.parent) + b"/bad\xff name.png", "wb") as file:  # noqa: PTH123 (bytes, not text)
        file.write(picture)


def _forbidden(path: Path) -> None:
    drawing("PNG")(path)
    path.chmod(0)


UNIX_PICTURES = [
    Case("a link that leads to itself", "ring.png", _ring, "it is a link that leads to itself"),
    Case(
        "a link to a file that is gone", "dead.png", _dead, "the file is gone, or it is a link to a file that is gone"
    ),
    Case(
        "a link out of the folder",
        "out.png",
        _outward,
        "it is a link out of the style's folder, put the picture itself there",
    ),
    Case("a named pipe", "pipe.png", lambda path: os.mkfifo(path), "it is not a file"),
    Case("a file that may not be read", "secret.png", _forbidden, "there is no permission to read it"),
    Case("a name that is not valid text", "bad\udcff name.png", _not_utf8, used='shown as "bad? name.png"'),
]
"""What only exists, or can only be made without special rights, on Linux and macOS."""


@dataclass(frozen=True)
class CaptionCase:
    """A hostile caption: the file's bytes (None: no file), the caption it must give, the note that must be made."""

    what: str
    data: bytes | None
    caption: str | None
    note: str = ""
    short: str = ""


LONG = "a white building with large windows and a clock tower, "

CAPTIONS = [
    CaptionCase("no caption file", None, None),
    CaptionCase("an empty file", b"", None),
    CaptionCase("white space only", b" \r\n\t ", None),
    CaptionCase("UTF-8 with a byte order mark (Windows Notepad)", b"\xef\xbb\xbfa house", "a house"),
    CaptionCase("UTF-16 with a byte order mark", UKRAINIAN.encode("utf-16"), UKRAINIAN),
    CaptionCase(
        "UTF-16 without one",
        "a house".encode("utf-16-le"),
        "a house",
        "p.txt is not UTF-8 and was read as UTF-16-LE; check its caption",
    ),
    CaptionCase("UTF-32", UKRAINIAN.encode("utf-32"), UKRAINIAN),
    CaptionCase(
        "Windows-1251 (old Cyrillic editors)",
        UKRAINIAN.encode("cp1251"),
        UKRAINIAN,
        "p.txt is not UTF-8 and was read as cp1251; check its caption",
    ),
    CaptionCase(
        "Windows-1252 (accents)",
        "une façade élégante".encode("cp1252"),
        "une façade élégante",
        "p.txt is not UTF-8 and was read as cp1252; check its caption",
    ),
    CaptionCase("several lines, tabs, Windows line ends", b"a white\r\n\r\n\thouse\n", "a white house"),
    CaptionCase("stray control characters", b"a \x07house\x1a", "a house"),
    CaptionCase("10,000 characters", b"x" * 10_000, "x" * 10_000, short="all of them are kept, CLIP reads 77 tokens"),
    CaptionCase(
        "more than 77 tokens",
        (LONG * 10).encode(),
        (LONG * 10).strip(),
        short="all of it is kept, CLIP reads 77 tokens, the report says so",
    ),
    CaptionCase(
        "a picture called .txt",
        encoded(noise(), "JPEG"),
        None,
        "p.txt is not text, so its picture counts as having no caption",
    ),
    CaptionCase(
        "random bytes",
        np.random.default_rng(1).bytes(2_000),
        None,
        "p.txt is not text, so its picture counts as having no caption",
    ),
    CaptionCase("a file of over 1 MB", b"x" * 1_000_001, None, "p.txt is over 1 MB, so it cannot be a caption"),
]

FORBIDDEN_CAPTION = ("a file that may not be read", 'no caption, noted: "p.txt cannot be read (Permission denied)"')

FOLDERS = [
    ("a folder that is missing", "refused: The folder … does not exist."),
    ("a file in place of the folder", "refused: … is a file; give the folder that the pictures are in."),
    ("a folder that may not be read", "refused: The folder … cannot be read (Permission denied)."),
    ("an empty folder", "refused: … has 0 usable pictures; 1 for validation and at least one for training make 2."),
    ("only unusable pictures", "refused: the same, with every file and its reason"),
    (
        "only copies and crops of one picture",
        "refused: no validation picture can be kept apart. Add different pictures.",
    ),
    ("a sub-folder that links back to its parent", 'left alone, noted: "Sub-folder not read"'),
    ("a folder called picture.png", 'left alone, noted: "Sub-folder not read"'),
    (".DS_Store, Thumbs.db, desktop.ini, ._ files", "ignored silently"),
    ("other files, such as notes.docx", 'left alone, noted: "Not a picture, left alone"'),
    ("a caption without a picture", 'left alone, noted: "Caption without a picture"'),
    ("one caption for two pictures (a.png, a.webp)", "used for both, noted"),
    ("a path of over 1,000 characters", "used"),
    ("a val/ that is a link", 'left alone, noted: "A link, so not used for validation"'),
    ("a caption that is a link", 'not read, noted: "… is a link, so it was not read; put the caption itself there"'),
    ("captions that were replaced (captions_before_1)", "ignored silently"),
]
"""Checked one by one in test_hostile.py."""


def outcome(case: Case) -> str:
    return f"skipped: {case.skipped}" if case.skipped else f"used: {case.used}"


def caption_outcome(case: CaptionCase) -> str:
    if case.caption is None:
        return "no caption" + (f', noted: "{case.note}"' if case.note else "")
    result = case.short or "read correctly"
    return result + (f', noted: "{case.note}"' if case.note else "")


def table(title: str, rows: list[tuple[str, str]]) -> str:
    return "\n".join(
        [f"| {title} | what happens |", "| --- | --- |", *(f"| {what} | {result} |" for what, result in rows)]
    )


def document() -> str:
    """docs/hostile-inputs.md."""
    pictures = [(case.what, outcome(case)) for case in (*PICTURES, *UNIX_PICTURES)]
    captions = [*((case.what, caption_outcome(case)) for case in CAPTIONS), FORBIDDEN_CAPTION]
    return "\n\n".join(
        [
            "# What happens to unusual files",
            "No picture and no caption stops a run. Each is used, or left out and listed with the reason in the\n"
            "report of Dataset Loader. Nothing in the folder is changed. Every line below is a test with a real file\n"
            "in `tests/unit/test_hostile.py`. This page is generated from that test's tables,\n"
            "`tests/hostile_inputs.py`.",
            "## Pictures",
            table("file", pictures),
            "## Captions",
            table("the .txt beside a picture", captions),
            "## Folders",
            table("folder", FOLDERS) + "\n",
        ]
    )


if __name__ == "__main__":
    page = Path(__file__).parents[1] / "docs" / "hostile-inputs.md"
    page.write_text(document(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{page}\n")
