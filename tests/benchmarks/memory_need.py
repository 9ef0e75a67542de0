"""GB that training SD 1.5 takes, counted before a run, without a GPU: python dev.py bench memory_need.

The paper's recipe at 512 x 512 with rank 16: weights, LoRA, its gradients, AdamW's moments and the average,
activations, and what the count allows for libraries and gaps. The VAE, which encodes before training, and ComfyUI are
not in it.
"""

from __future__ import annotations

import torch
from transformers import CLIPTextConfig, CLIPTextModel

from lora_core.config import LoraConfig
from lora_core.model.base import BaseModel
from lora_core.model.layout import UnetLayout
from lora_core.model.need import count_need
from lora_core.model.unet import UNet
from lora_core.tensors import DTYPES

LAYOUT = UnetLayout((320, 640, 1280, 1280), 2, (True, True, True, False), 768, (8,) * 4)


def main() -> None:
    print("| format | layers | at once | checkpointing | GB | of which stay | activations |\n" + "| --- " * 7 + "|")
    for name in ("bfloat16", "float32"):
        base = model(DTYPES[name])
        for layers in ("all", "attention"):
            need = count_need(base, LoraConfig(layers=layers), (512, 512), average=True)
            for pictures in (4, 2, 1):
                for checkpointing in (False, True):
                    whole = need.step(pictures, checkpointing)
                    parts = [each / 1e9 for each in (whole, need.resident, whole - need.resident)]
                    row = (name, layers, pictures, "on" if checkpointing else "off", *(f"{each:.2f}" for each in parts))
                    print(f"| {' | '.join(map(str, row))} |")


def model(dtype: torch.dtype) -> BaseModel:
    """SD 1.5's sizes, without memory."""
    with torch.device("meta"):
        unet = UNet(LAYOUT)
        text = CLIPTextModel(
            CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)
        )
    for part in (unet, text):
        part.to(dtype).requires_grad_(False)
    return BaseModel(unet, None, text, None, "")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
