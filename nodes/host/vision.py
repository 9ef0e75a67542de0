"""What a vision model of ComfyUI sees in pictures."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...lora_core.dataset.pictures import open_picture
from ...lora_core.dataset.style import StyleDataset
from .images import from_pil


def features(clip_vision: Any, picture_HWC: Tensor) -> Tensor:
    """Of one picture, (D,): its embedding, or the mean of the last layer where there is none."""
    seen = clip_vision.encode_image(picture_HWC[None])
    embedding = seen["image_embeds"]
    return (seen["last_hidden_state"].mean(dim=1) if embedding is None else embedding)[0].float().cpu()


def held_out_features(clip_vision: Any, dataset: StyleDataset) -> Tensor:
    """Of the held-out pictures of a style, (N, D)."""
    pictures = [from_pil(open_picture(each.path))[0] for each in dataset.validation]
    return torch.stack([features(clip_vision, each) for each in pictures])
