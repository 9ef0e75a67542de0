"""Models and pictures for the parts, without any file but the pocket model's: random weights cost what real ones do."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
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

SMALL = UnetLayout((32, 32), 1, (True, False), 64, (2, 2))
CAPTION = "a photograph of a building"


@dataclass(frozen=True)
class Checkouts:
    """Folders with the source of other trainers; None for those that are not to be timed."""

    kohya: Path | None = None
    onetrainer: Path | None = None


@dataclass(frozen=True)
class Scale:
    """How large everything is that is timed, and what beside our own."""

    device: torch.device
    layout: UnetLayout
    pixels: int
    """Height and width of the pictures."""
    batch: int
    """Pictures in a step."""
    precision: str
    tiny: bool = False
    """Small and brief enough to try it all on a CPU."""
    checkouts: Checkouts = Checkouts()

    @classmethod
    def of(cls, device: torch.device, tiny: bool) -> Scale:
        """The paper's step in bfloat16, or one that a CPU makes in a moment: many are slow at bfloat16."""
        return cls(device, SMALL, 64, 4, "float32", tiny) if tiny else cls(device, SD15, 512, 4, "bfloat16")

    @property
    def dtype(self) -> torch.dtype:
        """The precision, as torch calls it."""
        return DTYPES[self.precision]

    def synchronize(self) -> None:
        """Waits for the device."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def pocket(scale: Scale, precision: str) -> BaseModel:
    """The pocket model, which has learned something; in its place a random one where all is tiny."""
    if scale.tiny:
        return random_base(replace(scale, precision=precision))
    return load_state_dict(load_file(POCKET_MODEL), tokens, DTYPES[precision])


def random_unet(scale: Scale) -> UNet:
    """A frozen UNet on the device; the same at each call, as are those below."""
    torch.manual_seed(0)
    with scale.device:
        return UNet(scale.layout).to(scale.dtype).requires_grad_(False).eval()


def random_text_encoder(scale: Scale) -> Any:
    """CLIP's, frozen, on the device."""
    from transformers import CLIPTextConfig, CLIPTextModel

    width = scale.layout.context
    config = CLIPTextConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=2 if scale.tiny else 12,
        num_attention_heads=max(1, width // 64),
    )
    torch.manual_seed(0)
    with scale.device:
        return CLIPTextModel(config).to(scale.dtype).requires_grad_(False).eval()


def random_base(scale: Scale) -> BaseModel:
    """All of a model, with an autoencoder; made on the device, where that is quick, and then on the CPU as loaded."""
    torch.manual_seed(0)
    with scale.device:
        vae = Autoencoder((32, 32, 32, 32) if scale.tiny else (128, 256, 512, 512), 1 if scale.tiny else 2, 32)
    vae.requires_grad_(False).eval()
    return BaseModel.of(random_unet(scale).cpu(), vae.cpu(), random_text_encoder(scale).cpu(), tokens, scale.dtype)


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


def history_of(run: Path) -> list[dict[str, Any]]:
    """The lines of a run's history.jsonl."""
    return [json.loads(line) for line in (run / "history.jsonl").read_text(encoding="utf-8").splitlines()]
