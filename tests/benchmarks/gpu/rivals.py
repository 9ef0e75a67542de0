"""A step as other trainers make it: diffusers' UNet with peft's adapters in float32, under autocast."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from lora_core.model.unet import UNet
from lora_core.tensors import DTYPES
from tests.benchmarks.step_counts import RANK, TOKENS

from .material import Scale


def peft_step(scale: Scale, unet: UNet, precision: str) -> Callable[[], None]:
    """The step of an equal UNet, its weights shared with `unet`; needs diffusers and peft."""
    from diffusers import UNet2DConditionModel
    from peft import LoraConfig, inject_adapter_in_model

    layout, dtype = scale.layout, DTYPES[precision]
    attends = ["CrossAttn" if each else "" for each in layout.attention]
    with torch.device("meta"):
        theirs = UNet2DConditionModel(
            block_out_channels=layout.channels,
            layers_per_block=layout.blocks,
            cross_attention_dim=layout.context,
            attention_head_dim=layout.heads[0],
            down_block_types=[f"{kind}DownBlock2D" for kind in attends],
            up_block_types=[f"{kind}UpBlock2D" for kind in reversed(attends)],
        )
    theirs.load_state_dict(unet.state_dict(), assign=True)
    theirs.requires_grad_(False)
    names = [name for name, module in theirs.named_modules() if isinstance(module, (nn.Linear, nn.Conv2d))]
    inject_adapter_in_model(LoraConfig(r=RANK, lora_alpha=1, target_modules=names, bias="none"), theirs)
    trained = [weight for name, weight in theirs.named_parameters() if "lora_" in name]
    for weight in trained:
        weight.data = weight.data.float()
        weight.requires_grad_(True)
    for module in theirs.modules():  # otherwise peft itself casts what autocast should
        if hasattr(module, "cast_input_dtype_enabled"):
            module.cast_input_dtype_enabled = False
    theirs.to(scale.device).train()
    adamw = torch.optim.AdamW(trained, lr=3e-4, fused=scale.device.type == "cuda")
    size = (scale.batch, 4, scale.pixels // 8, scale.pixels // 8)
    noisy, noise = (torch.randn(size, device=scale.device) for _ in range(2))
    context = torch.randn((scale.batch, TOKENS, layout.context), device=scale.device, dtype=dtype)
    timesteps = torch.randint(1000, (scale.batch,), device=scale.device)

    def run() -> None:
        with torch.autocast(scale.device.type, dtype):
            predicted = theirs(noisy, timesteps, context).sample
        (predicted.float() - noise).square().mean().backward()
        adamw.step()
        adamw.zero_grad()

    return run
