"""Training sizes: literal ones, and what must hold for any picture."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from lora_core.dataset.buckets import bucket_for, crop_box, fit_to_bucket, kept_part, upscaling
from lora_core.errors import ConfigError

SIDES = st.integers(64, 12_000)


@pytest.mark.parametrize(
    ("size", "resolution", "bucket"),
    [
        ((512, 512), 512, (512, 512)),
        ((768, 512), 512, (768, 512)),
        ((512, 768), 512, (512, 768)),
        ((6000, 4000), 512, (768, 512)),
        ((4032, 3024), 512, (704, 512)),  # 4:3, between 640 (1.25) and 704 (1.375)
        ((1920, 1080), 512, (896, 512)),
        ((1000, 970), 512, (512, 512)),
        ((20_000, 500), 512, (1024, 512)),
        ((64, 64), 256, (256, 256)),
        ((300, 200), 256, (384, 256)),
        ((100, 100), 64, (64, 64)),
    ],
)
def test_literal(size: tuple[int, int], resolution: int, bucket: tuple[int, int]) -> None:
    assert bucket_for(*size, resolution) == bucket
    assert bucket_for(*size, resolution, aspect_buckets=False) == (resolution, resolution)


@given(SIDES, SIDES, st.integers(1, 16))
def test_properties(width: int, height: int, steps: int) -> None:
    resolution = 64 * steps
    bucket = bucket_for(width, height, resolution)
    assert min(bucket) == resolution
    assert max(bucket) <= 2 * resolution
    assert max(bucket) % 64 == 0
    assert bucket_for(height, width, resolution) == (bucket if width == height else bucket[::-1])
    wanted = math.log(max(width, height) / min(width, height))
    distance = abs(math.log(max(bucket) / resolution) - wanted)
    assert all(
        distance <= abs(math.log(side / resolution) - wanted) + 1e-9
        for side in range(resolution, 2 * resolution + 1, 64)
    )


@example(133, 215)  # 512 * (133 / 512) is above 133 or its other side above 215 in floating point
@given(SIDES, SIDES)
def test_crop_is_centred_and_as_large_as_can_be(width: int, height: int) -> None:
    bucket = bucket_for(width, height, 512)
    left, top, right, bottom = crop_box(width, height, bucket)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert left + right == pytest.approx(width)
    assert top + bottom == pytest.approx(height)
    assert (right - left) / (bottom - top) == pytest.approx(bucket[0] / bucket[1])
    assert left == pytest.approx(0, abs=1e-6) or top == pytest.approx(0, abs=1e-6)
    assert 0 < kept_part(width, height, bucket) <= 1


@settings(max_examples=25)
@given(st.integers(64, 700), st.integers(64, 700))
def test_fitted_size(width: int, height: int) -> None:
    bucket = bucket_for(width, height, 128)
    fitted = fit_to_bucket(Image.new("RGB", (width, height), (9, 8, 7)), bucket)
    assert fitted.size == bucket
    assert fitted.getpixel((0, 0)) == (9, 8, 7)


def test_fit_keeps_the_middle_and_the_proportions() -> None:
    values = np.zeros((200, 600, 3), dtype=np.uint8)
    values[:, 200:400] = 255  # the middle third is white
    fitted = np.asarray(fit_to_bucket(Image.fromarray(values), (256, 128)))
    white = fitted[64, :, 0] > 127
    assert white.sum() == 128  # 200 of 400 kept pixels at 0.64
    assert white[64:192].all()


def test_fit_of_the_right_size_changes_no_pixel() -> None:
    values = np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(fit_to_bucket(Image.fromarray(values), (128, 64))), values)


def test_upscaling() -> None:
    assert upscaling(256, 512, (512, 512)) == 2.0
    assert upscaling(1536, 1024, (768, 512)) == 0.5


@pytest.mark.parametrize("resolution", [0, -64, 500, 63, 65, 8256, 64 * 10**12])
def test_bad_resolution(resolution: int) -> None:
    with pytest.raises(ConfigError, match=f"multiple of 64.*got {resolution}"):
        bucket_for(100, 100, resolution)


def test_bad_size() -> None:
    with pytest.raises(ConfigError, match="got 0 x 5"):
        bucket_for(0, 5, 512)
