"""How visible the seam is between a photograph and what is new: drawn buildings restyled by the pocket model.

    python dev.py bench seam

For each mask: the mean step in brightness from a black pixel of the mask to its neighbour that is not black, and that
of neighbouring pixels up to 10 pixels away, in the photograph itself and in pictures laid over it in three ways.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np

from devtools.comfyui import find_checkout

REPOSITORY = Path(__file__).resolve().parents[2]
BUILDINGS = (2, 3)
SIZE = (192, 128)
NEAR = 10


def main() -> None:
    comfyui = find_checkout().folder
    sys.argv = [sys.argv[0], "--cpu", "--force-fp32", "--fp32-text-enc"]
    sys.path.insert(0, str(comfyui))
    import comfy.options

    comfy.options.enable_args_parsing()
    import torch

    pack = types.ModuleType("lora_atelier")
    pack.__path__ = [str(REPOSITORY)]
    sys.modules["lora_atelier"] = pack
    with torch.inference_mode():
        for edge in ("soft", "hard"):
            found: dict[str, list[tuple[float, float]]] = {}
            for number in BUILDINGS:
                for way, steps in _measured(number, edge == "hard").items():
                    found.setdefault(way, []).append(steps)
            for way, steps in found.items():
                across, beside = np.mean(steps, axis=0)
                print(f"{edge} mask, {way}: {across:.4f} across the edge, {beside:.4f} beside it")


def _measured(number: int, hard: bool) -> dict[str, tuple[float, float]]:
    import torch
    from comfy_extras.nodes_mask import ImageCompositeMasked

    import nodes
    from lora_atelier.nodes.host import pocket_model
    from lora_atelier.nodes.host.images import from_arrays, from_pil
    from lora_atelier.nodes.styled_controlnet_apply import StyledControlNetApply
    from lora_atelier.pocket.drawing.facades import draw
    from lora_atelier.pocket.model import POCKET_MODEL

    model, clip, vae = pocket_model.load_checkpoint(POCKET_MODEL)
    facade = draw("vernacular", number, SIZE)
    mask = from_arrays([np.asarray(facade.mask)])[..., 0]
    inputs = {"photo": from_pil(facade.image), "soft_mask": (mask > 0.5).float() if hard else mask}
    inputs |= {"prompt": "a brick house", "negative_prompt": "", "lora_strength": 1.0}
    for name in ("lineart", "depth"):
        inputs |= {f"{name}_strength": 1.0, f"{name}_start": 0.0, f"{name}_end": 1.0}
    made = StyledControlNetApply.execute(model=model, clip=clip, vae=vae, **inputs).args
    styled, positive, negative, latent, photo, overlay, soft = made
    settings = (number, 8, 5.0, "euler", "karras", positive, negative, latent)
    new = vae.decode(nodes.KSampler().sample(styled, *settings, denoise=0.8)[0]["samples"])

    def laid_over(by: torch.Tensor) -> torch.Tensor:
        return ImageCompositeMasked().composite(photo, new, 0, 0, False, by)[0]

    ways = {"the photo": photo, "by the node's mask": laid_over(overlay), "by the soft mask": laid_over(soft)}
    ways["cut out"] = laid_over((soft > 0).float())
    return {way: _steps(picture[0], soft[0] <= 0) for way, picture in ways.items()}


def _steps(picture_HWC, black_HW) -> tuple[float, float]:
    """The mean step across the black part's edge, and that near it."""
    import torch
    from torch.nn.functional import max_pool2d

    def near(part_HW, radius: int):
        return max_pool2d(part_HW[None, None].float(), 2 * radius + 1, 1, radius)[0, 0] > 0

    grey = picture_HWC.mean(dim=-1)
    around = near(black_HW, NEAR) & near(~black_HW, NEAR) & ~(near(black_HW, 2) & near(~black_HW, 2))
    across, beside = [], []
    for axis in (0, 1):
        step = grey.diff(dim=axis).abs()
        length = grey.shape[axis] - 1
        first, second = ([part.narrow(axis, start, length) for part in (black_HW, around)] for start in (0, 1))
        across.append(step[first[0] != second[0]])
        beside.append(step[first[1] & second[1]])
    return float(torch.cat(across).mean()), float(torch.cat(beside).mean())


if __name__ == "__main__":
    main()
