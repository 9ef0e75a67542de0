"""A photograph and its soft mask as they are sampled: of one size, and with a remark where the mask says nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ...lora_core.restyle.soft_mask import feathered, seam
from .images import opaque

STEP = 8
"""Pixels that become one latent."""
_SAME_PROPORTIONS = 0.02
"""Largest difference of the logarithms of width by height that rounding to whole pixels explains."""


@dataclass(frozen=True)
class MaskedPhoto:
    """What is sampled: `photo_BHWC` and `mask_BHW` have one size, a multiple of 8; `remarks` are for the user."""

    photo_BHWC: Tensor
    mask_BHW: Tensor | None
    remarks: tuple[str, ...]

    def overlay_BHW(self, *, strength_per_pixel: bool) -> Tensor:
        """How much of the decoded picture to lay over the photograph, for stock Image Composite Masked.

        Args:
            strength_per_pixel: whether the sampler has made grey a strength already, as Differential Diffusion does.
        """
        if self.mask_BHW is None:
            return torch.ones_like(self.photo_BHWC[..., 0])
        return seam(self.mask_BHW) if strength_per_pixel else self.mask_BHW


def masked_photo(photo_BHWC: Tensor, mask_BHW: Tensor | None, *, feather: int = 0, invert: bool = False) -> MaskedPhoto:
    """Cuts a photograph as the VAE would and brings its mask to the same size; transparency becomes white.

    Args:
        feather: pixels of the photograph over which the mask's edges rise, inside what is white.
        invert: whether the mask is the other way round: black where new pixels may come.
    """
    remarks = []
    flat = opaque(photo_BHWC)
    if photo_BHWC.shape[-1] > 3 and not torch.equal(flat, photo_BHWC[..., :3]):
        remarks.append("The photo is partly transparent; those parts were laid on white.")
    if mask_BHW is None:
        return MaskedPhoto(_cut(flat), None, tuple(remarks))
    height, width = flat.shape[1:3]
    mask_B1HW = mask_BHW.reshape((-1, 1, *mask_BHW.shape[-2:])).float()
    if invert:
        mask_B1HW = 1 - mask_B1HW
    remarks += _about(mask_B1HW, width, height)
    if mask_B1HW.shape[-2:] != (height, width):
        mask_B1HW = interpolate(mask_B1HW, size=(height, width), mode="bilinear", antialias=True)
    soft_BHW = feathered(mask_B1HW[:, 0], feather)
    if soft_BHW.max() <= 0 < mask_B1HW.max():
        remarks.append(
            f"A feather of {feather} pixels is wider than what is white in the soft mask, so nothing is left of it. "
            "Lower mask_feather."
        )
    return MaskedPhoto(_cut(flat), _cut(soft_BHW[..., None])[..., 0], tuple(remarks))


def about_control(name: str, image_BHWC: Tensor | None, photo_BHWC: Tensor) -> str:
    """A sentence if a control picture has other proportions than the photo, otherwise ""."""
    if image_BHWC is None or _same_proportions(image_BHWC.shape[1:3], photo_BHWC.shape[1:3]):
        return ""
    (height, width), (photo_height, photo_width) = image_BHWC.shape[1:3], photo_BHWC.shape[1:3]
    return (
        f"{name} has {width} x {height} pixels and the photo {photo_width} x {photo_height}: other proportions, so "
        "what stands out is cut off. Make it from this photo."
    )


def _same_proportions(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether two (height, width) differ no more than by rounding."""
    return abs(math.log(one[1] / one[0]) - math.log(other[1] / other[0])) <= _SAME_PROPORTIONS


def _cut(image_BHWC: Tensor) -> Tensor:
    """The middle of a picture whose sides are multiples of 8, as ComfyUI's VAE cuts it."""
    for dimension in (1, 2):
        excess = image_BHWC.shape[dimension] % STEP
        image_BHWC = image_BHWC.narrow(dimension, excess // 2, image_BHWC.shape[dimension] - excess)
    return image_BHWC


def _about(mask_B1HW: Tensor, width: int, height: int) -> list[str]:
    """What to say of a mask; of one that is black or white all over nothing else matters, not even its proportions."""
    if mask_B1HW.max() <= 0:
        return [
            "The soft mask is black everywhere, so the photo stays as it is. Paint what may change (Load Image, right "
            "click: Open in Mask Editor), or disconnect soft_mask to redraw everything. (Load Image gives such a mask "
            "for a picture without transparency.)"
        ]
    if mask_B1HW.min() >= 1:
        return ["The soft mask is white everywhere, so the whole photo is redrawn, as without a mask."]
    mask_height, mask_width = mask_B1HW.shape[-2:]
    if _same_proportions((mask_height, mask_width), (height, width)):
        return []
    return [
        f"The soft mask has {mask_width} x {mask_height} pixels and the photo {width} x {height}: other "
        "proportions, so the mask was stretched over the photo. Make the mask from this photo."
    ]
