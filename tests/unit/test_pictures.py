"""Every kind of file people have in their folders, real and on disk: used correctly, or refused with a reason."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFile, features

from lora_core.dataset.pictures import content_hash, name_key, open_picture, open_reduced, reason_of
from lora_core.errors import DatasetError
from lora_core.names import shown_name

AVIF = pytest.mark.skipif(not features.check("avif"), reason="this Pillow knows no AVIF")
BLUE = (20, 60, 200)


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def two_coloured(mode: str = "RGB", size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Left half blue, right half white."""
    image = Image.new("RGB", size, "white")
    image.paste(BLUE, (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def noise(size: tuple[int, int], seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values)


def assert_two_coloured(image: Image.Image, tolerance: int = 12) -> None:
    assert image.mode == "RGB"
    assert np.abs(np.array(image.getpixel((10, 30))) - BLUE).max() <= tolerance
    assert min(image.getpixel((90, 30))) >= 255 - tolerance


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.jpg", {"quality": 95}),
        ("a.webp", {"lossless": True}),
        ("a.bmp", {}),
        ("a.tiff", {}),
        ("a.gif", {}),
        pytest.param("a.avif", {"quality": 95}, marks=AVIF),
        ("a.jp2", {}),
        ("вулиця, дім №5.png", {}),
        ("with spaces & (brackets) [1].jpg", {"quality": 95}),
        ("UPPER.PNG", {}),
    ],
)
def test_formats_and_names(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    assert_two_coloured(open_picture(saved(tmp_path / name, two_coloured(), **options)))


def test_wrong_ending_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "really_a_jpeg.png"
    two_coloured().save(path, format="JPEG", quality=95)
    assert_two_coloured(open_picture(path))


def test_cmyk_jpeg(tmp_path: Path) -> None:
    assert_two_coloured(open_picture(saved(tmp_path / "a.jpg", two_coloured("CMYK"), quality=95)))


def test_palette_with_alpha_is_laid_on_white(tmp_path: Path) -> None:
    image = Image.new("P", (80, 80), 0)
    image.putpalette([10, 20, 30, 200, 0, 0])
    image.paste(1, (0, 0, 40, 80))
    opened = open_picture(saved(tmp_path / "a.png", image, transparency=0))
    assert opened.getpixel((10, 10)) == (200, 0, 0)
    assert opened.getpixel((70, 10)) == (255, 255, 255)


def test_alpha_is_blended_with_white(tmp_path: Path) -> None:
    opened = open_picture(saved(tmp_path / "a.png", Image.new("RGBA", (80, 80), (0, 0, 0, 128))))
    assert opened.getpixel((5, 5)) == (127, 127, 127)
    opened = open_picture(saved(tmp_path / "b.png", Image.new("LA", (80, 80), (100, 0))))
    assert opened.getpixel((5, 5)) == (255, 255, 255)


def test_grey_and_bilevel(tmp_path: Path) -> None:
    assert open_picture(saved(tmp_path / "a.png", Image.new("L", (80, 80), 77))).getpixel((0, 0)) == (
        77,
        77,
        77,
    )
    assert open_picture(saved(tmp_path / "b.png", Image.new("1", (80, 80), 1))).getpixel((0, 0)) == (
        255,
        255,
        255,
    )


def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path) -> None:
    values = np.zeros((64, 64), dtype=np.uint16)
    values[:, 16:32], values[:, 32:48], values[:, 48:] = 257, 128 * 257, 65535
    for name in ("a.png", "a.tiff"):
        opened = open_picture(saved(tmp_path / name, Image.fromarray(values)))
        assert [opened.getpixel((x, 0)) for x in (0, 20, 40, 60)] == [(v, v, v) for v in (0, 1, 128, 255)], name


def test_float_tiff(tmp_path: Path) -> None:
    values = np.full((64, 64), 0.5, dtype=np.float32)
    values[0, 0] = np.nan
    assert open_picture(saved(tmp_path / "a.tiff", Image.fromarray(values))).getpixel((5, 5)) == (
        128,
        128,
        128,
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path: Path, orientation: int) -> None:
    upright = two_coloured(size=(128, 80))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the Transpose that makes the stored pixels
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / "a.jpg", stored, exif=exif, quality=95)
    opened, size = open_reduced(path, 64)
    assert size == opened.size == (128, 80)
    assert_two_coloured(opened)


def test_damaged_exif_is_ignored(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", two_coloured(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\x12" * 50, quality=95)
    assert_two_coloured(open_picture(path))


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_first_frame_of_animations(tmp_path: Path, name: str) -> None:
    second = Image.new("RGB", (96, 64), "red")
    path = saved(tmp_path / name, two_coloured(), save_all=True, append_images=[second], lossless=True)
    with Image.open(path) as image:
        assert image.n_frames == 2
    assert_two_coloured(open_picture(path))


def test_colour_profile_is_applied_and_a_damaged_one_ignored(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for name, profile in (("lab.png", lab), ("junk.png", b"no profile at all")):
        path = saved(tmp_path / name, two_coloured(), icc_profile=profile)
        assert_two_coloured(open_picture(path))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert_two_coloured(open_picture(saved(tmp_path / "srgb.png", two_coloured(), icc_profile=srgb)), 0)


def test_reduced_jpeg_keeps_the_side_asked_for(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", two_coloured(size=(1600, 1200)))
    image, size = open_reduced(path, 256)
    assert size == (1600, 1200)
    assert image.size == (400, 300)
    assert open_picture(path).size == (1600, 1200)


def refused(path: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        open_picture(path)
    assert str(caught.value).startswith(f"Cannot use {path.name}: ")
    assert str(caught.value).endswith(".")
    return reason_of(caught.value, path)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_what_this_pillow_cannot_decode_is_said_to_be_that(tmp_path: Path) -> None:
    """An AVIF picture of which only the beginning is here: Pillow before 11.3, and some builds since, know no AVIF."""
    reason = refused(written(tmp_path / "a.avif", b"\0\0\0\x1cftypavif" + bytes(400)))
    assert ("cannot be decoded by the Pillow" in reason) is not features.check("avif")


@pytest.mark.parametrize(
    "name", ["a.png", "a.jpg", "a.webp", "a.tiff", "a.gif", "a.bmp", pytest.param("a.avif", marks=AVIF)]
)
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_truncated(tmp_path: Path, name: str, part: float) -> None:
    data = saved(tmp_path / name, noise((200, 160))).read_bytes()
    reason = refused(written(tmp_path / f"cut {name}", data[: int(len(data) * part)]))
    assert any(word in reason for word in ("cut short", "damaged"))


def test_truncated_is_refused_even_if_another_pack_allows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = saved(tmp_path / "a.jpg", noise((200, 160))).read_bytes()
    assert "cut short" in refused(written(tmp_path / "cut.jpg", data[: len(data) // 2]))
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True  # and left as it was


@pytest.mark.parametrize("position", [0, 20, 40, 60, 200])
def test_damaged_bytes_raise_nothing_else(tmp_path: Path, position: int) -> None:
    random = np.random.default_rng(position)
    for name in ("a.png", "a.jpg", "a.webp", "a.tiff", "a.gif"):
        data = bytearray(saved(tmp_path / name, noise((100, 80))).read_bytes())
        data[position : position + 40] = random.bytes(40)
        path = written(tmp_path / f"damaged {name}", bytes(data))
        with contextlib.suppress(DatasetError):  # refused or read, anything else fails the test
            assert open_picture(path).mode == "RGB"


def test_small_hostile_files(tmp_path: Path) -> None:
    assert refused(written(tmp_path / "empty.png", b"")) == "the file is empty (0 bytes)"
    assert refused(written(tmp_path / "t.png", b"hello there")) == "it is a text file called .png, not a picture"
    assert "web page" in refused(written(tmp_path / "w.jpg", b"<!DOCTYPE html><html>404</html>"))
    assert "HEIC" in refused(written(tmp_path / "h.heic", b"\0\0\0\x18ftypheic" + bytes(300)))
    assert "HEIC" in refused(written(tmp_path / "h.jpg", b"\0\0\0\x18ftypmif1" + bytes(300)))
    assert "known format" in refused(written(tmp_path / "r.png", bytes(range(256)) * 4))
    assert "1 x 1 pixels" in refused(saved(tmp_path / "one.png", Image.new("RGB", (1, 1))))
    assert "900 x 63 pixels" in refused(saved(tmp_path / "thin.png", Image.new("RGB", (900, 63))))
    assert "gone" in refused(tmp_path / "missing.png")
    (tmp_path / "folder.png").mkdir()
    assert refused(tmp_path / "folder.png") == "it is not a file"


def test_postscript_called_png_never_reaches_ghostscript(tmp_path: Path) -> None:
    text = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n"
    assert "text file" in refused(written(tmp_path / "a.png", text))


def bomb(path: Path, width: int, height: int) -> Path:
    """A PNG whose header claims a size; the pixels are not there."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return written(path, b"\x89PNG\r\n\x1a\n" + body)


@pytest.mark.filterwarnings("error")
def test_decompression_bombs(tmp_path: Path) -> None:
    reason = refused(bomb(tmp_path / "bomb.png", 60_000, 60_000))
    assert reason == "it has 3600 million pixels (60000 x 60000), the limit is 200 million"
    before = Image.MAX_IMAGE_PIXELS
    # Over Pillow's own warning (89 million), under our limit: decoded, without a warning.
    Image.new("1", (10_000, 9_500)).save(tmp_path / "big.png")
    assert open_reduced(tmp_path / "big.png", None)[1] == (10_000, 9_500)
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need rights on Windows")
def test_links(tmp_path: Path) -> None:
    (tmp_path / "ring.png").symlink_to(tmp_path / "ring.png")
    assert "leads to itself" in refused(tmp_path / "ring.png")
    (tmp_path / "dead.png").symlink_to(tmp_path / "nowhere.png")
    assert "gone" in refused(tmp_path / "dead.png")
    saved(tmp_path / "real.png", two_coloured())
    (tmp_path / "link.png").symlink_to(tmp_path / "real.png")
    assert_two_coloured(open_picture(tmp_path / "link.png"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.append(refused(tmp_path / "pipe.png")), daemon=True)
    thread.start()
    thread.join(5)
    assert seen == ["it is not a file"]


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="Windows has other rights")
def test_no_permission(tmp_path: Path) -> None:
    path = saved(tmp_path / "secret.png", two_coloured())
    path.chmod(0)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)  # root may read everything: be nobody for a moment
        reason = refused(path)
        with pytest.raises(DatasetError, match="permission"):
            content_hash(path)
    finally:
        os.seteuid(user)
    assert reason == "there is no permission to read it"


def test_content_hash(tmp_path: Path) -> None:
    """BLAKE2b with 16 bytes of "abc", as `b2sum -l 128` gives it."""
    assert content_hash(written(tmp_path / "a", b"abc")) == "cf4ab791c62b8d2b2109c90275287816"
    with pytest.raises(DatasetError, match="gone"):
        content_hash(tmp_path / "missing")


def test_order_and_names() -> None:
    given = [Path(name) for name in ("b.png", "A.png", "a.png", "C.png", "e\u0301.png", "\u00e9a.png")]
    ordered = [path.name for path in sorted(given, key=name_key)]
    assert ordered == ["A.png", "a.png", "b.png", "C.png", "e\u0301.png", "\u00e9a.png"]
    assert shown_name(Path("bad\udcff\nname.png")) == "bad??name.png"
