"""Matrix products on the positions of pictures, whichever way their memory is laid out, without copying it.

x_BPI are P positions of I values in each of B pictures. In memory a picture is either P rows of values, as transformers
have it, or I planes of positions, as convolutions have it, and then x_BPI is a transposed view. A matrix product reads
and writes both at the same speed. In rows, all pictures are one matrix of M = B P rows.
"""

from __future__ import annotations

import torch
from torch import Tensor


def positions(x_BCHW: Tensor) -> Tensor:
    """A picture in planes as x_BPI."""
    return x_BCHW.flatten(2).transpose(1, 2)


def affine(x_BPI: Tensor, weight_OI: Tensor, bias_O: Tensor | None, planes: bool = False) -> Tensor:
    """x W^T + bias, shape (B, P, O); in memory rows, or planes if so wanted."""
    pictures, width = x_BPI.shape[0], weight_OI.shape[0]
    if planes:
        weight_BOI, x_BIP = weight_OI.expand(pictures, -1, -1), x_BPI.transpose(1, 2)
        if bias_O is None:
            return torch.bmm(weight_BOI, x_BIP).transpose(1, 2)
        return torch.baddbmm(bias_O[:, None], weight_BOI, x_BIP).transpose(1, 2)
    x_MI = _rows(x_BPI)
    if x_MI is None:
        weight_BIO = weight_OI.t().expand(pictures, -1, -1)
        return torch.bmm(x_BPI, weight_BIO) if bias_O is None else torch.baddbmm(bias_O, x_BPI, weight_BIO)
    y_MO = torch.mm(x_MI, weight_OI.t()) if bias_O is None else torch.addmm(bias_O, x_MI, weight_OI.t())
    return y_MO.view(pictures, -1, width)


def add_product(into_BPO: Tensor, x_BPI: Tensor, weight_OI: Tensor, scale: float = 1.0, beta: float = 1.0) -> None:
    """into = beta into + scale x W^T."""
    into_MO, x_MI = _rows(into_BPO), _rows(x_BPI)
    pictures = x_BPI.shape[0]
    if into_MO is None:
        # As it lies in memory: on a CPU, torch adds to a transposed view in 16 bits a thousand times more slowly.
        weight_BOI, x_BIP = weight_OI.expand(pictures, -1, -1), x_BPI.transpose(1, 2)
        into_BPO.transpose(1, 2).baddbmm_(weight_BOI, x_BIP, alpha=scale, beta=beta)
    elif x_MI is None:
        into_BPO.baddbmm_(x_BPI, weight_OI.t().expand(pictures, -1, -1), alpha=scale, beta=beta)
    else:
        into_MO.addmm_(x_MI, weight_OI.t(), alpha=scale, beta=beta)


def add_outer(into_OI: Tensor, y_BPO: Tensor, x_BPI: Tensor, scale: float) -> None:
    """into += scale times the sum of y^T x over pictures and positions."""
    y_MO, x_MI = _rows(y_BPO), _rows(x_BPI)
    if y_MO is None or x_MI is None:
        into_OI.add_(torch.bmm(y_BPO.transpose(1, 2), x_BPI).sum(dim=0), alpha=scale)
    else:
        into_OI.addmm_(y_MO.t(), x_MI, alpha=scale)


def _rows(x_BPI: Tensor) -> Tensor | None:
    """The matrix of M rows, as a view; None if the memory is in planes."""
    pictures, positions, width = x_BPI.shape
    strides = x_BPI.stride()
    if strides[2] != 1 or (pictures > 1 and strides[0] != positions * strides[1]):
        return None
    return x_BPI.view(pictures * positions, width)
