"""Latents: those that diffusers encodes, kept by content, replaced when damaged, and never all in memory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from diffusers.image_processor import VaeImageProcessor
from PIL import Image

from lora_core.dataset.pictures import content_hash
from lora_core.dataset.style import Picture, StyleDataset
from lora_core.errors import DatasetError
from lora_core.model.base import BaseModel
from lora_core.training.latent_cache import LatentCache

ROOT = Path(__file__).parents[2]


def quiet(_done: int, _total: int) -> None:
    """Ignores the progress."""


@pytest.fixture
def cache(base_model: BaseModel, tmp_path: Path) -> LatentCache:
    return LatentCache(tmp_path / "кеш", base_model.vae, "vae", torch.device("cpu"))


def uncut(dataset: StyleDataset) -> list[Picture]:
    """Pictures that have the size of their bucket already."""
    return [picture for picture in dataset.pictures if (picture.width, picture.height) == picture.bucket]


def files(folder: Path) -> list[Path]:
    return sorted((folder / "кеш").rglob("*.safetensors"))


@pytest.fixture(scope="module")
def diffusers_vae(tiny_folder: Path) -> AutoencoderKL:
    return AutoencoderKL.from_pretrained(tiny_folder / "vae")


def test_latents_are_those_of_diffusers(
    cache: LatentCache, diffusers_vae: AutoencoderKL, dataset: StyleDataset
) -> None:
    """VaeImageProcessor and AutoencoderKL as diffusers' own image-to-image pipeline uses them, without its noise."""
    for picture in uncut(dataset)[:3]:
        pixels = VaeImageProcessor().preprocess(Image.open(picture.path).convert("RGB"))
        with torch.no_grad():
            expected = diffusers_vae.encode(pixels).latent_dist.mode()[0] * 0.18215
        torch.testing.assert_close(cache.load(picture), expected, rtol=1e-4, atol=1e-5)


def test_a_mirrored_picture_is_encoded_mirrored(
    cache: LatentCache, diffusers_vae: AutoencoderKL, dataset: StyleDataset
) -> None:
    picture = uncut(dataset)[0]
    pixels = VaeImageProcessor().preprocess(Image.open(picture.path).convert("RGB")).flip(-1)
    with torch.no_grad():
        expected = diffusers_vae.encode(pixels).latent_dist.mode()[0] * 0.18215
    torch.testing.assert_close(cache.load(picture, True), expected, rtol=1e-4, atol=1e-5)


def test_each_content_is_encoded_once_wherever_it_lies(
    cache: LatentCache, dataset: StyleDataset, tmp_path: Path
) -> None:
    pictures = dataset.training[:4]
    cache.fill(pictures, True, quiet)
    written = {path: path.stat().st_mtime_ns for path in files(tmp_path)}
    assert len(written) == 8
    moved = [replace(picture, path=tmp_path / "elsewhere.png") for picture in pictures]
    cache.fill(moved, True, quiet)  # would fail if it opened one
    assert {path: path.stat().st_mtime_ns for path in files(tmp_path)} == written


def test_an_edited_picture_is_encoded_anew(cache: LatentCache, dataset: StyleDataset, tmp_path: Path) -> None:
    path = tmp_path / "house.png"
    shutil.copyfile(dataset.pictures[0].path, path)
    before = replace(dataset.pictures[0], path=path)
    old = cache.load(before)
    Image.new("RGB", (before.width, before.height), "red").save(path)
    new = cache.load(replace(before, content_hash=content_hash(path)))
    assert not torch.equal(old, new)


def test_a_picture_that_changed_since_it_was_read_is_not_taken_for_what_it_was(
    cache: LatentCache, dataset: StyleDataset, tmp_path: Path
) -> None:
    path = tmp_path / "house.png"
    Image.new("RGB", (64, 64), "red").save(path)
    with pytest.raises(DatasetError, match=r"house\.png was changed after the pictures had been read\. Run again"):
        cache.load(replace(dataset.pictures[0], path=path))
    assert files(tmp_path) == []


@pytest.mark.parametrize("damage", [b"", b"garbage" * 20])
def test_a_damaged_file_is_written_again(
    cache: LatentCache, dataset: StyleDataset, tmp_path: Path, damage: bytes
) -> None:
    expected = cache.load(dataset.pictures[0])
    (path,) = files(tmp_path)
    path.write_bytes(damage)
    assert torch.equal(cache.load(dataset.pictures[0]), expected)
    assert path.read_bytes() != damage


# In a process of its own, since a peak never goes down again.
PROGRAM = """
import json, sys
from pathlib import Path
import torch
from lora_core.dataset.style import Picture
from lora_core.training.latent_cache import LatentCache
from lora_core.model.diffusers_folder import load_autoencoder

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1e3

folder, vae, count = Path(sys.argv[1]), load_autoencoder(Path(sys.argv[2])), int(sys.argv[3])
pictures = [Picture(Path("gone.png"), "", 512, 512, (512, 512), f"{index:032x}") for index in range(count)]
cache = LatentCache(folder, vae, "vae", torch.device("cpu"))
cache.load(pictures[0])
before = peak()
cache.fill(pictures, False, print)
total = sum(float(cache.load(picture).mean()) for picture in pictures)
print(json.dumps({"megabytes": peak() - before, "mean": total / count}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of memory as Linux tells it")
def test_ten_thousand_pictures_are_streamed(tmp_path: Path, tiny_folder: Path) -> None:
    """10,000 pictures of 512 x 512 have 655 MB of latents; they are links to one file, but read as many."""
    from safetensors.numpy import save_file

    count = 10_000
    folder = tmp_path / "vae"
    folder.mkdir()
    first = folder / f"{0:032x}_512x512.safetensors"
    save_file({"latents": np.full((4, 64, 64), 0.25, np.float32)}, first)
    for index in range(1, count):
        (folder / f"{index:032x}_512x512.safetensors").hardlink_to(first)
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), str(tiny_folder / "vae"), str(count)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    told = json.loads(ran.stdout)
    print(f"\n  {told}")
    assert told["mean"] == 0.25
    assert told["megabytes"] < 60
