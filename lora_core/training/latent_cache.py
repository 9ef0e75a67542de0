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
from ..errors import DatasetError, TrainingError
from ..files import atomic_write
from ..memory import Lent, silent
from ..model.autoencoder import Autoencoder
from ..model.tiny_autoencoder import TinyAutoencoder
from ..names import shown_name


class LatentCache:
    """Latents of pictures under one VAE, float32, shape (C, H, W), scaled as the UNet expects them."""

    def __init__(
        self,
        folder: Path,
        vae: Autoencoder | TinyAutoencoder,
        fingerprint: str,
        device: torch.device,
        told: Callable[[str], None] = silent,
    ) -> None:
        """`folder` may be shared by any number of runs; `fingerprint` identifies the weights of `vae`.

        `told` hears of it if pictures are encoded on the CPU because the device has no memory for them.
        """
        self._folder = folder / fingerprint
        self._vae = vae
        self._device = device
        self._told = told

    def fill(self, pictures: Sequence[Picture], flipped: bool, progress: Callable[[int, int], None]) -> None:
        """Encodes every picture that has no readable latents yet; `progress(done, total)` may raise to cancel.

        Raises:
            DatasetError: a picture can no longer be read, or is another one now.
            TrainingError: even the CPU has no memory for it.
        """
        jobs = [(picture, mirror) for picture in pictures for mirror in ((False, True) if flipped else (False,))]
        waiting = [job for job in jobs if self._read(*job) is None]
        with Lent(self._vae, self._device, self._told) as lent:
            for done, (picture, mirror) in enumerate(waiting):
                progress(done, len(waiting))
                self._write(picture, mirror, lent)

    def load(self, picture: Picture, mirrored: bool = False) -> Tensor:
        """The latents of one picture; encodes it again if its file was lost or damaged."""
        latents = self._read(picture, mirrored)
        if latents is not None:
            return latents
        with Lent(self._vae, torch.device("cpu")) as lent:
            return self._write(picture, mirrored, lent)

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

    def _write(self, picture: Picture, mirrored: bool, lent: Lent[Autoencoder | TinyAutoencoder]) -> Tensor:
        image = fit_to_bucket(open_picture(picture.path), picture.bucket)
        if content_hash(picture.path) != picture.content_hash:  # its latents would be kept under the name of others
            raise DatasetError(
                f"{shown_name(picture.path)} was changed after the pictures had been read. Run again to read it anew."
            )
        if mirrored:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        pixels_1CHW = pixels_from_image(image)
        failure = TrainingError(
            f"Out of memory while encoding {shown_name(picture.path)}. Choose a smaller resolution, or close other "
            "programs."
        )
        latents = lent.run(
            lambda vae, device: encode(vae, pixels_1CHW.to(device)).cpu()[0], "while encoding pictures", failure
        )
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
