"""How near a picture is to a style, in the features of a vision model such as CLIP's, (D,) or (N, D)."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import normalize


def style_distance(picture_D: Tensor, style_ND: Tensor) -> float:
    """One minus the mean cosine similarity of a picture with the pictures of the style: 0...2, less is nearer."""
    cosines_N = normalize(style_ND.double(), dim=-1) @ normalize(picture_D.double(), dim=-1)
    return float(1 - cosines_N.mean())


def style_gain(distance: float, plain_distance: float) -> float | None:
    """The share of the plain model's distance that the style's LoRA has closed; None if there was none to close."""
    return (plain_distance - distance) / plain_distance if plain_distance > 1e-9 else None
