"""Loading weights into a network: all of them, in the right shapes, or an error that says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from ..errors import BaseModelError

Network = TypeVar("Network", bound=nn.Module)


def load_network(
    make: Callable[[], Network],
    weights: Mapping[str, Tensor],
    dtype: torch.dtype | None,
    whole: str,
    key: Callable[[str], str] = str,
) -> Network:
    """The network that `make` makes, frozen and with these weights; weights that it does not have are ignored.

    Args:
        make: called in a way that allocates no memory for the new module.
        weights: tensors, which the network keeps if they are of this number format already.
        dtype: the network's number format; None for that of the weights, float32 for whole numbers.
        whole: what the weights belong to, for error messages: "The checkpoint", or a folder.
        key: the key in `weights` of each name in the network.

    Raises:
        BaseModelError: weights are missing or have another shape.
    """
    with torch.device("meta"):
        network = make()
    found, missing = {}, []
    for name, expected in network.state_dict().items():
        weight = weights.get(key(name))
        if weight is None:
            missing.append(key(name))
            continue
        if weight.shape == (*expected.shape, 1, 1):  # a convolution of one point is a matrix
            weight = weight.flatten(1)
        if weight.shape != expected.shape:
            raise BaseModelError(
                f"{whole} is damaged or of another layout: {key(name)} has the shape {tuple(weight.shape)}, and "
                f"{tuple(expected.shape)} was expected. Download it again, or use another SD 1.5 model."
            )
        found[name] = weight if dtype is None and weight.is_floating_point() else weight.to(dtype or torch.float32)
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise BaseModelError(
            f"{whole} is incomplete: it lacks {', '.join(missing[:3])}{more}. Download it again, or use another "
            "SD 1.5 model."
        )
    network.load_state_dict(found, assign=True)
    return network.requires_grad_(False).eval()
