"""The one place where picture layouts change: ComfyUI's IMAGE (B, H, W, C in 0..1) and PIL pictures."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image


def opaque(images_BHWC: torch.Tensor) -> torch.Tensor:
    """An IMAGE of three channels: transparent parts of one with four are laid on white."""
    if images_BHWC.shape[-1] < 4:
        return images_BHWC
    alpha_BHW1 = images_BHWC[..., 3:4]
    return images_BHWC[..., :3] * alpha_BHW1 + (1 - alpha_BHW1)


def to_pil(images_BHWC: torch.Tensor) -> list[Image.Image]:
    """Each picture of an IMAGE as 8-bit RGB."""
    array = (opaque(images_BHWC).float().clamp(0, 1) * 255).round().byte().cpu().numpy()
    return [Image.fromarray(picture) for picture in array]


def to_arrays(images_BHWC: torch.Tensor) -> list[np.ndarray]:
    """Each picture of an IMAGE as an array of shape (H, W, 3), float32."""
    return list(opaque(images_BHWC).float().cpu().numpy())


def from_pil(picture: Image.Image) -> torch.Tensor:
    """One picture as an IMAGE of shape (1, H, W, 3)."""
    return from_arrays([np.asarray(picture.convert("RGB"))])


def from_arrays(pictures: list[np.ndarray]) -> torch.Tensor:
    """Arrays of shape (H, W) or (H, W, 3), uint8 or float in 0..1, as one IMAGE in float32."""
    stacked = []
    for picture in pictures:
        values = picture.astype(np.float32) / (255.0 if picture.dtype == np.uint8 else 1.0)
        stacked.append(np.repeat(values[..., None], 3, axis=2) if values.ndim == 2 else values)
    return torch.from_numpy(np.stack(stacked))
