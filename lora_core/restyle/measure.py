"""From pictures to a passport."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .change import mask_correlation, may_change, outside
from .passport import Passport, as_saved, picture_id
from .relief import depth_error
from .structure import edge_agreement, ssim
from .style import style_distance, style_gain


@dataclass(frozen=True)
class Restyled:
    """A restyled picture and what it is measured against, all of one size."""

    photo_HWC: Tensor
    picture_HWC: Tensor
    photo_lines_HW: Tensor
    picture_lines_HW: Tensor
    mask_HW: Tensor | None = None
    photo_depth_HW: Tensor | None = None
    picture_depth_HW: Tensor | None = None


@dataclass(frozen=True)
class Looks:
    """What a vision model sees: in the picture, in the plain model's, and in the style's held-out pictures."""

    picture_D: Tensor
    style_ND: Tensor
    plain_D: Tensor | None = None


def passport_of(restyled: Restyled, looks: Looks | None = None) -> Passport:
    """Measures a picture; lines and depth are judged where the mask is more white than black.

    Raises:
        ConfigError: pictures differ in size or are too small.
    """
    r = restyled
    where_HW = may_change(r.mask_HW)
    edges = edge_agreement(r.photo_lines_HW, r.picture_lines_HW, where_HW)
    kept = None if r.mask_HW is None else outside(r.photo_HWC, r.picture_HWC, r.mask_HW)
    depth = None
    if r.photo_depth_HW is not None and r.picture_depth_HW is not None:
        depth = depth_error(r.picture_depth_HW, r.photo_depth_HW, where_HW)
    distance = None if looks is None else style_distance(looks.picture_D, looks.style_ND)
    plain = None if looks is None or looks.plain_D is None else style_distance(looks.plain_D, looks.style_ND)
    return Passport(
        picture=picture_id(as_saved(r.picture_HWC)),
        line_ssim=ssim(r.photo_lines_HW, r.picture_lines_HW, where_HW),
        edge_precision=edges.precision,
        edge_recall=edges.recall,
        edge_f1=edges.f1,
        depth_rmse=depth,
        outside_max=None if kept is None else kept.largest,
        outside_mean=None if kept is None else kept.mean,
        mask_correlation=None if r.mask_HW is None else mask_correlation(r.photo_HWC, r.picture_HWC, r.mask_HW),
        style_distance=distance,
        style_gain=None if distance is None or plain is None else style_gain(distance, plain),
    )
