"""How much of a building's volumes is left: the error of depth, whatever scale and zero a depth model gave it.

Source: Ranftl, Lasinger, Hafner, Schindler, Koltun, "Towards robust monocular depth estimation", IEEE PAMI 44, 2022
(MiDaS): a predicted depth is first scaled and shifted to fit the true one by least squares.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import ConfigError


def depth_error(found_HW: Tensor, reference_HW: Tensor, where_HW: Tensor | None = None) -> float:
    """Root of the mean squared difference after alignment, in units of the reference, here 0...1 from far to near.

    A depth map without differences fits nothing: the error is then how much the reference varies.

    Raises:
        ConfigError: the depth maps differ in size.
    """
    if found_HW.shape != reference_HW.shape:
        raise ConfigError(
            f"Only depth maps of one size can be compared, got {tuple(found_HW.shape)} and {tuple(reference_HW.shape)}."
        )
    inside = torch.ones_like(reference_HW, dtype=torch.bool) if where_HW is None else where_HW
    found, reference = found_HW[inside].double(), reference_HW[inside].double()
    around_found, around_reference = found - found.mean(), reference - reference.mean()
    spread = around_found.square().mean()
    scale = (around_found * around_reference).mean() / spread if spread > 1e-12 else torch.zeros(())
    return float((scale * around_found - around_reference).square().mean().sqrt())
