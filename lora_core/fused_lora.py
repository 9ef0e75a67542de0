"""The forward pass of peft's LoRA layers in fewer operations, for GPUs that wait for the next one and for CPUs.

peft computes B(A x), times the scale, plus W x: three passes over activations that the scaled matrix product with
addition does in one. It is hooked in where peft has its own variants, DoRA for instance (peft.tuners.lora.variants).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class FusedLora:
    """A peft LoraVariant, recognised by what it can do: to derive from it would load peft when ComfyUI starts."""

    @staticmethod
    def forward(module: Any, active_adapter: str, x: Tensor, result: Tensor, **_: Any) -> Tensor:
        """W x + scale B A x.

        Args:
            module: peft's layer, with a Linear or an ungrouped Conv2d inside.
            active_adapter: the adapter's name in it.
            x: the layer's input in the LoRA's number format, shape (..., C) or (B, C, H, W).
            result: W x, shape (..., D) or (B, D, H', W'), in the base model's number format.
        """
        down, up = module.lora_A[active_adapter], module.lora_B[active_adapter].weight
        x = module.lora_dropout[active_adapter](x)
        scale, wide = module.scaling[active_adapter], result.to(x.dtype)
        if isinstance(down, torch.nn.Conv2d):
            up_BDR = up.flatten(1).expand(len(x), -1, -1)
            fused = torch.baddbmm(wide.flatten(2), up_BDR, _convolved(down, x), alpha=scale)
        else:
            fused = torch.addmm(wide.flatten(0, -2), down(x).flatten(0, -2), up.t(), alpha=scale)
        return fused.view(result.shape)


def _convolved(down: torch.nn.Conv2d, x: Tensor) -> Tensor:
    """A x, shape (B, R, H' W'). A kernel of one point is a matrix product, which a CPU does faster as one."""
    if down.kernel_size == down.stride == (1, 1):
        return torch.bmm(down.weight.flatten(1).expand(len(x), -1, -1), x.flatten(2))
    convolved: Tensor = down(x)
    return convolved.flatten(2)
