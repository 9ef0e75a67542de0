"""Pixels of every kind as 8-bit sRGB, and remarks on what of a picture could not be kept."""

from __future__ import annotations

import io
from contextlib import suppress

import numpy as np
from PIL import Image, ImageCms

ON_WHITE = "Partly transparent, so laid on white"
NO_PROFILE = (
    "Has a colour profile that cannot be applied (damaged, or for another kind of picture), so colours may differ"
)
BARE_CMYK = "For print (CMYK) and without a colour profile, so colours may differ"
BARE_ADOBE_RGB = "Taken in Adobe RGB, but the profile is lost, so colours are a little dull"

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
"""Pillow's mode of the pixels that a profile of each colour space is for."""
_ROWS = 256


def to_srgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """A loaded picture of any mode as 8-bit RGB: its profile applied whatever the mode, and transparency on white.

    Returns:
        The picture, and remarks for the user: some of this module's constants.
    """
    alpha = _alpha(image)
    rgb, remark = _opaque(image)
    remarks = [remark] if remark else []
    if alpha is not None and alpha.histogram()[255] < alpha.width * alpha.height:
        remarks.append(ON_WHITE)
        rgb.putalpha(alpha)
        white = Image.new("RGBA", rgb.size, "white")
        white.alpha_composite(rgb)
        rgb = white.convert("RGB")
    return rgb, tuple(remarks)


def _alpha(image: Image.Image) -> Image.Image | None:
    if image.has_transparency_data or image.mode in ("La", "RGBa"):
        return image.convert("RGBA").getchannel("A")
    return None


def _opaque(image: Image.Image) -> tuple[Image.Image, str | None]:
    """The colours alone, and a remark if they are uncertain."""
    colours, profile = _colours(image), image.info.get("icc_profile")
    if colours.mode == "LAB":
        return _converted(colours, ImageCms.createProfile("LAB")), None  # type: ignore[arg-type]
    if not profile:
        adobe = BARE_ADOBE_RGB if _is_adobe_rgb(image) else None
        return colours.convert("RGB"), BARE_CMYK if colours.mode == "CMYK" else adobe
    try:
        return _applied(colours, profile), None
    except Exception:  # a damaged profile raises almost anything; the picture itself is fine
        return colours.convert("RGB"), NO_PROFILE


def _colours(image: Image.Image) -> Image.Image:
    """A picture as L, RGB, CMYK or LAB, whatever the layout in its file."""
    if image.mode.startswith("I") or image.mode == "F":
        return _deep_to_8_bit(image)
    if image.mode in ("La", "RGBa"):
        image = image.convert(f"{image.mode[:-1]}A")
    if image.mode in ("CMYK", "LAB"):
        return image
    return image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")


def _is_adobe_rgb(image: Image.Image) -> bool:
    """Whether a camera says so in EXIF."""
    with suppress(Exception):  # damaged EXIF raises almost anything
        exif = image.getexif()
        return bool(exif.get_ifd(0x8769).get(0xA001) == 2 or exif.get_ifd(0xA005).get(1) == "R03")
    return False


def _applied(image: Image.Image, profile: bytes) -> Image.Image:
    """Raises ValueError if the profile is for other pixels, and others if it is damaged."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = _MODES.get(source.profile.xcolor_space.strip())
    if mode == "RGB" and image.mode == "L":
        image = image.convert("RGB")
    if mode != image.mode:
        raise ValueError(f"a profile for {mode} pixels")
    if mode == "RGB" and "sRGB" in ImageCms.getProfileDescription(source):
        return image
    return _converted(image, source)


def _converted(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    if converted is None:
        raise ValueError("no conversion")
    return converted


def _deep_to_8_bit(image: Image.Image) -> Image.Image:
    """Grey pictures of more than 8 bits: 16-bit ones by their full range, others by the range they use."""
    values = np.asarray(image)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if image.mode.startswith("I;16") or (image.mode == "I" and low >= 0 and 255 < high <= 65535):
        low, high = 0.0, 65535.0
    elif image.mode == "F" and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    result = np.empty(values.shape, dtype=np.uint8)
    for top in range(0, len(values), _ROWS):  # in strips: a large scan would need gigabytes as floats
        strip = np.nan_to_num(values[top : top + _ROWS].astype(np.float64), nan=low, posinf=high, neginf=low)
        result[top : top + _ROWS] = np.clip(np.rint((strip - low) * (255.0 / max(high - low, 1e-12))), 0, 255)
    return Image.fromarray(result)
