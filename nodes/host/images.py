"""The one place where picture layouts change: ComfyUI's IMAGE (B, H, W, C in 0..1) and PIL pictures."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image


def to_pil(images_BHWC: torch.Tensor) -> list[Image.Image]:
    """Each picture of an IMAGE as 8-bit RGB."""
    array = (images_BHWC[..., :3].float().clamp(0, 1) * 255).round().byte().cpu().numpy()
    return [Image.fromarray(picture) for picture in array]


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
