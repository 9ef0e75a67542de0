"""Each picture goes through the VAE once; its latents are kept on the disk, keyed by content.

The mean of the VAE's distribution is kept (as OneTrainer does), so the latents of a picture are always the same.
Nothing stays in memory: a step reads the few files it needs, so ten thousand pictures cost no more than ten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from PIL import Image
from safetensors import SafetensorError
from torch import Tensor

from ..dataset.buckets import fit_to_bucket
from ..dataset.pictures import content_hash, open_picture
from ..dataset.style import Picture
from ..errors import DatasetError
from ..files import atomic_write
from ..model.autoencoder import Autoencoder
from ..model.tiny_autoencoder import TinyAutoencoder
from ..names import shown_name


class LatentCache:
    """Latents of pictures under one VAE, float32, shape (C, H, W), scaled as the UNet expects them."""

    def __init__(
        self, folder: Path, vae: Autoencoder | TinyAutoencoder, fingerprint: str, device: torch.device
    ) -> None:
        """`folder` may be shared by any number of runs; `fingerprint` identifies the weights of `vae`."""
        self._folder = folder / fingerprint
        self._vae = vae
        self._device = device

    def fill(self, pictures: Sequence[Picture], flipped: bool, progress: Callable[[int, int], None]) -> None:
        """Encodes every picture that has no readable latents yet; `progress(done, total)` may raise to cancel.

        Raises:
            DatasetError: a picture can no longer be read, or is another one now.
        """
        jobs = [(picture, mirror) for picture in pictures for mirror in ((False, True) if flipped else (False,))]
        waiting = [job for job in jobs if self._read(*job) is None]
        self._vae.to(self._device)
        for done, (picture, mirror) in enumerate(waiting):
            progress(done, len(waiting))
            self._write(picture, mirror)
        self._vae.to("cpu")  # its memory is needed for training

    def load(self, picture: Picture, mirrored: bool = False) -> Tensor:
        """The latents of one picture; encodes it again if its file was lost or damaged."""
        latents = self._read(picture, mirrored)
        return self._write(picture, mirrored) if latents is None else latents

    def _path(self, picture: Picture, mirrored: bool) -> Path:
        width, height = picture.bucket
        mirror = "_mirrored" if mirrored else ""
        return self._folder / f"{picture.content_hash}_{width}x{height}{mirror}.safetensors"

    def _read(self, picture: Picture, mirrored: bool) -> Tensor | None:
        try:
            latents: Tensor = safetensors.torch.load_file(self._path(picture, mirrored))["latents"]
            return latents
        except (OSError, SafetensorError, KeyError):
            return None

    def _write(self, picture: Picture, mirrored: bool) -> Tensor:
        image = fit_to_bucket(open_picture(picture.path), picture.bucket)
        if content_hash(picture.path) != picture.content_hash:  # its latents would be kept under the name of others
            raise DatasetError(
                f"{shown_name(picture.path)} was changed after the pictures had been read. Run again to read it anew."
            )
        if mirrored:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        device = next(self._vae.parameters()).device
        latents = encode(self._vae, pixels_from_image(image).to(device)).cpu()[0]
        atomic_write(self._path(picture, mirrored), safetensors.torch.save({"latents": latents.contiguous()}))
        return latents


def pixels_from_image(image: Image.Image) -> Tensor:
    """A PIL picture as the VAE's input: float32, shape (1, 3, height, width), -1 to 1."""
    array = np.asarray(image.convert("RGB"), dtype=np.float32) / 127.5 - 1.0
    return torch.from_numpy(array).permute(2, 0, 1)[None]


def encode(vae: Autoencoder | TinyAutoencoder, pixels_BCHW: Tensor) -> Tensor:
    """The mean latents of pictures, scaled as the UNet expects them (by 0.18215 for SD 1.5)."""
    with torch.no_grad():
        return vae.encode(pixels_BCHW).float()
