"""Aspect-ratio buckets: the few picture sizes that training batches are made of."""

from __future__ import annotations

import math

from PIL import Image

from ..errors import ConfigError

STEP = 64
"""Pixels. The UNet halves the latents (pixels / 8) three times, so sides are multiples of 8 x 8."""
LARGEST = 8192
"""Pixels of the short side."""


def bucket_for(width: int, height: int, resolution: int, aspect_buckets: bool = True) -> tuple[int, int]:
    """The training size (width, height) for a picture, in pixels.

    The short side is `resolution`, the long side the multiple of 64 from `resolution` to twice that whose aspect
    ratio is nearest in log space; at a tie the squarer one. Resolution 512 thus has 512 x 512, 576 x 512, ...,
    768 x 512, ..., 1024 x 512 and the same upright. Without `aspect_buckets` every picture is square.

    Raises:
        ConfigError: a side is below 1, or the resolution is not a multiple of 64 up to LARGEST.
    """
    check_resolution(resolution)
    if width < 1 or height < 1:
        raise ConfigError(f"A picture must be at least 1 x 1 pixels, got {width} x {height}.")
    if not aspect_buckets:
        return resolution, resolution
    wanted = math.log(max(width, height) / min(width, height))
    sides = range(resolution, 2 * resolution + 1, STEP)
    # Rounded, so that what is a tie in exact arithmetic is one in floating point too.
    long_side = min(sides, key=lambda side: (round(abs(math.log(side / resolution) - wanted), 12), side))
    return (long_side, resolution) if width >= height else (resolution, long_side)


def check_resolution(resolution: int) -> None:
    """Raise ConfigError unless the resolution is a multiple of 64 that pictures can have."""
    if not STEP <= resolution <= LARGEST or resolution % STEP:
        raise ConfigError(
            f"The resolution must be a multiple of {STEP} up to {LARGEST}, such as {8 * STEP}, got {resolution}."
        )


def crop_box(width: int, height: int, bucket: tuple[int, int]) -> tuple[float, float, float, float]:
    """The largest centred window (left, top, right, bottom) of a picture that has a bucket's proportions."""
    scale = min(width / bucket[0], height / bucket[1])
    # Floating point may make a side that is kept whole an ulp longer than it is, which Pillow refuses.
    kept_width, kept_height = min(bucket[0] * scale, width), min(bucket[1] * scale, height)
    left, top = (width - kept_width) / 2, (height - kept_height) / 2
    return left, top, min(left + kept_width, width), min(top + kept_height, height)


def fit_to_bucket(image: Image.Image, bucket: tuple[int, int]) -> Image.Image:
    """Scale a picture until it covers the bucket (Lanczos) and cut off the excess equally at both ends."""
    box = crop_box(image.width, image.height, bucket)
    return image.resize(bucket, Image.Resampling.LANCZOS, box=box)


def upscaling(width: int, height: int, bucket: tuple[int, int]) -> float:
    """The factor by which a picture is enlarged to cover its bucket; below 1 it is reduced."""
    return max(bucket[0] / width, bucket[1] / height)


def kept_part(width: int, height: int, bucket: tuple[int, int]) -> float:
    """The part of a picture's area, 0...1, that the bucket keeps."""
    left, top, right, bottom = crop_box(width, height, bucket)
    return (right - left) * (bottom - top) / (width * height)
