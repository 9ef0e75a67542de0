"""Colour profiles in pictures of every mode, and what is said of them. The profiles are made here, byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from PIL import Image

from lora_core.dataset.colours import BARE_ADOBE_RGB, BARE_CMYK, NO_PROFILE, ON_WHITE
from lora_core.dataset.pictures import FIRST_OF_SEVERAL, open_picture, open_with_remarks

WHITE = (0.9642, 1.0, 0.8249)
# Display P3's primaries, adapted to D50, as Apple's own profile has them.
P3 = {"rXYZ": (0.51512, 0.24120, -0.00105), "gXYZ": (0.29198, 0.69225, 0.04189), "bXYZ": (0.15710, 0.06657, 0.78407)}


def profile(space: str, gamma: float, points: dict[str, tuple[float, ...]]) -> bytes:
    """An ICC profile (version 2.4): `points` are XYZ values by tag; each channel has this gamma."""
    channels = {"RGB ": "rgb", "GRAY": "k"}[space]
    tags = {"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"made\0" + bytes(78)}
    tags |= {
        name: b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in xyz)) for name, xyz in points.items()
    }
    tags |= {f"{c}TRC": b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(gamma * 256)) for c in channels}
    table, data, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        table += name.encode() + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    d50 = struct.pack(">3i", *(round(v * 65536) for v in WHITE))
    header = struct.pack(">I4sI", start + len(data), bytes(4), 0x02400000) + b"mntr" + space.encode() + b"XYZ "
    header += bytes(12) + b"acsp" + bytes(28) + d50 + bytes(48)
    return header + table + data


DISPLAY_P3 = profile("RGB ", 2.2, {"wtpt": WHITE, **P3})
GREY_18 = profile("GRAY", 1.8, {"wtpt": WHITE})
COLOUR = (200, 80, 40)


def opened(path: Path, image: Image.Image, **options: object) -> tuple[int, int, int]:
    image.save(path, **options)
    return open_picture(path).getpixel((5, 5))


def remarks(path: Path, image: Image.Image, **options: object) -> tuple[str, ...]:
    image.save(path, **options)
    return open_with_remarks(path, None).remarks


def test_one_colour_in_every_mode(tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 64), COLOUR)
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([*COLOUR, 1, 2, 3])
    modes = {"RGB": image, "RGBA": image.convert("RGBA"), "P": palette}
    found = {mode: opened(tmp_path / f"{mode}.png", made, icc_profile=DISPLAY_P3) for mode, made in modes.items()}
    found["tRNS"] = opened(tmp_path / "t.png", image, icc_profile=DISPLAY_P3, transparency=(1, 2, 3))
    found["palette with tRNS"] = opened(tmp_path / "pt.png", palette, icc_profile=DISPLAY_P3, transparency=1)
    found["WebP"] = opened(tmp_path / "a.webp", image.convert("RGBA"), icc_profile=DISPLAY_P3, lossless=True)
    found["TIFF"] = opened(tmp_path / "a.tiff", image, icc_profile=DISPLAY_P3)
    assert len(set(found.values())) == 1, found
    red, green, blue = found["RGB"]
    assert red > 210  # P3's red is outside of sRGB's, so the same colour needs more of it
    assert green < 76
    assert blue < 30


def test_grey_pictures_with_a_profile(tmp_path: Path) -> None:
    grey = Image.new("L", (64, 64), 100)
    neutral = opened(tmp_path / "rgb.png", grey.convert("RGB"), icc_profile=DISPLAY_P3)
    assert opened(tmp_path / "p3.png", grey, icc_profile=DISPLAY_P3) == neutral
    plain = opened(tmp_path / "grey.png", grey, icc_profile=GREY_18)
    # 255 ((1.055 (100 / 255)^(1.8 / 2.4)) - 0.055), the sRGB curve of the light that gamma 1.8 means
    assert plain == (119, 119, 119)
    assert opened(tmp_path / "la.png", grey.convert("LA"), icc_profile=GREY_18) == plain
    deep = Image.new("I;16", (64, 64), 100 * 257)
    assert opened(tmp_path / "deep.png", deep, icc_profile=GREY_18) == plain


def test_half_transparent_colours_are_converted_before_they_are_laid_on_white(tmp_path: Path) -> None:
    converted = opened(tmp_path / "a.png", Image.new("RGB", (64, 64), COLOUR), icc_profile=DISPLAY_P3)
    blended = opened(tmp_path / "b.png", Image.new("RGBA", (64, 64), (*COLOUR, 128)), icc_profile=DISPLAY_P3)
    for half, whole in zip(blended, converted, strict=True):
        assert half == pytest.approx(255 + (whole - 255) * 128 / 255, abs=1)


def test_lab_pictures_are_read(tmp_path: Path) -> None:
    assert opened(tmp_path / "a.tiff", Image.new("LAB", (64, 64), (255, 128, 128)))[1] >= 250


def test_what_cannot_be_kept_is_said(tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 64), COLOUR)
    assert remarks(tmp_path / "good.png", image, icc_profile=DISPLAY_P3) == ()
    assert remarks(tmp_path / "junk.png", image, icc_profile=b"no profile at all") == (NO_PROFILE,)
    assert remarks(tmp_path / "cut.png", image, icc_profile=DISPLAY_P3[:200]) == (NO_PROFILE,)
    assert remarks(tmp_path / "other.png", image, icc_profile=GREY_18) == (NO_PROFILE,)
    assert remarks(tmp_path / "print.jpg", image.convert("CMYK")) == (BARE_CMYK,)
    assert remarks(tmp_path / "mixed.jpg", image.convert("CMYK"), icc_profile=DISPLAY_P3) == (NO_PROFILE,)
    assert remarks(tmp_path / "opaque.png", image.convert("RGBA")) == ()
    assert remarks(tmp_path / "clear.png", Image.new("RGBA", (64, 64), (1, 2, 3, 4))) == (ON_WHITE,)
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 2
    assert remarks(tmp_path / "adobe.jpg", image, exif=exif) == (BARE_ADOBE_RGB,)
    exif.get_ifd(0x8769)[0xA001] = 1
    assert remarks(tmp_path / "srgb.jpg", image, exif=exif) == ()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    for name in ("a.gif", "a.webp", "a.tiff", "a.png"):
        assert remarks(tmp_path / name, frames[0], save_all=True, append_images=frames[1:]) == (FIRST_OF_SEVERAL,)
