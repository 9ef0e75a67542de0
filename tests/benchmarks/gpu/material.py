"""Models and pictures for the parts, without any file but the pocket model's: random weights cost what real ones do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from lora_core.dataset.style import Picture
from lora_core.model.autoencoder import Autoencoder
from lora_core.model.base import BaseModel
from lora_core.model.layout import UnetLayout
from lora_core.model.single_file import load_state_dict
from lora_core.model.unet import UNet
from lora_core.tensors import DTYPES
from pocket.model import POCKET_MODEL
from tests.benchmarks.fixed_run import tokens
from tests.benchmarks.step_counts import SD15

NARROW = UnetLayout((32, 64, 64, 64), 1, (True, True, True, False), 64, (8, 8, 8, 8))
CAPTION = "a photograph of a building"


@dataclass(frozen=True)
class Scale:
    """How large everything is."""

    device: torch.device
    tiny: bool
    """Small enough to try it all on a CPU."""

    @property
    def layout(self) -> UnetLayout:
        """Of the UNet that is timed."""
        return NARROW if self.tiny else SD15

    @property
    def pixels(self) -> int:
        """Height and width of the pictures that are timed."""
        return 64 if self.tiny else 512

    @property
    def batch(self) -> int:
        """Pictures in a step that is timed."""
        return 4

    def synchronize(self) -> None:
        """Waits for the device."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def pocket(precision: str) -> BaseModel:
    """The pocket model, which has learned something."""
    return load_state_dict(load_file(POCKET_MODEL), tokens, DTYPES[precision])


def random_base(scale: Scale, precision: str = "bfloat16", unet: UNet | None = None) -> BaseModel:
    """A model of this scale with random weights on the device; the same at each call."""
    from transformers import CLIPTextConfig, CLIPTextModel

    width = scale.layout.context
    text = CLIPTextConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=2 if scale.tiny else 12,
        num_attention_heads=max(1, width // 64),
    )
    torch.manual_seed(0)
    with scale.device:
        vae = Autoencoder((32, 32, 32, 32) if scale.tiny else (128, 256, 512, 512), 1 if scale.tiny else 2, 32)
        text_encoder: Any = CLIPTextModel(text).to(DTYPES[precision])
    for part in (vae, text_encoder):
        part.requires_grad_(False).eval()
    return BaseModel(unet or random_unet(scale, precision), vae, text_encoder, tokens, "random")


def random_unet(scale: Scale, precision: str = "bfloat16") -> UNet:
    """The UNet alone, frozen; the same at each call."""
    torch.manual_seed(0)
    with scale.device:
        return UNet(scale.layout).to(DTYPES[precision]).requires_grad_(False).eval()


def same_weights(unet: UNet, layout: UnetLayout) -> UNet:
    """Another UNet with the very weights of this one, which has no LoRA; they take no more memory."""
    with torch.device("meta"):
        other = UNet(layout)
    other.load_state_dict(unet.state_dict(), assign=True)
    return other.requires_grad_(False).eval()


def invented_pictures(count: int, pixels: int) -> list[Picture]:
    """Pictures without files, for steps whose latents are invented too."""
    return [
        Picture(Path(f"{number}.png"), f"{CAPTION}, {number}", pixels, pixels, (pixels, pixels), f"{number:032}")
        for number in range(count)
    ]


def invented_latents(picture: Picture, mirrored: bool = False) -> torch.Tensor:
    """Of a picture, on the CPU, shape (4, H, W)."""
    width, height = picture.bucket
    generator = torch.Generator().manual_seed(int(picture.content_hash))
    return torch.randn((4, height // 8, width // 8), generator=generator)
