"""The fused forward pass gives peft's own numbers, outputs and gradients alike."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn

from lora_core.fused_lora import FusedLora

LAYERS = {
    "linear, a row a picture": (lambda: nn.Linear(6, 10), (3, 6)),
    "linear on tokens": (lambda: nn.Linear(6, 10, bias=False), (3, 7, 6)),
    "convolution 1x1": (lambda: nn.Conv2d(6, 10, 1), (3, 6, 5, 4)),
    "convolution 3x3, every second point": (lambda: nn.Conv2d(6, 10, 3, stride=2, padding=1), (3, 6, 9, 8)),
}


def outcome(layer: Any, x: Tensor, fused: bool) -> list[Tensor]:
    """The layer's output, and the gradients of its input, A and B."""
    layer.lora_variant.clear()
    if fused:
        layer.lora_variant["x"] = FusedLora
    x = x.clone().requires_grad_()
    matrices = layer.lora_A["x"].weight, layer.lora_B["x"].weight
    torch.manual_seed(5)  # of the dropout
    out = layer(x)
    direction = torch.linspace(-1, 1, out.numel()).view(out.shape)
    return [out, *torch.autograd.grad((out.float() * direction).sum(), (x, *matrices))]


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kind", LAYERS)
def test_the_same_as_pefts(kind: str, dtype: torch.dtype, dropout: float, memory_format: torch.memory_format) -> None:
    make, shape = LAYERS[kind]
    torch.manual_seed(0)
    root = nn.ModuleDict({"layer": make().to(dtype)})
    config = LoraConfig(r=4, lora_alpha=6, lora_dropout=dropout, target_modules=["layer"])
    layer: Any = inject_adapter_in_model(config, root, adapter_name="x")["layer"]
    for matrix in layer.lora_A["x"].weight, layer.lora_B["x"].weight:
        matrix.data = torch.randn(matrix.shape)
    x = torch.randn(shape).to(dtype)
    if x.dim() == 4:
        x = x.contiguous(memory_format=memory_format)
    pefts, fused = outcome(layer, x, False), outcome(layer, x, True)
    tolerance = {torch.float32: 1e-5, torch.bfloat16: 1e-2}[dtype]
    for theirs, ours in zip(pefts, fused, strict=True):
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        assert (ours - theirs).abs().max() <= tolerance * theirs.abs().max()


def test_every_layer_of_a_lora_uses_it(base_model: Any) -> None:
    from lora_core import config
    from lora_core.adapters import LoraAdapter

    adapter = LoraAdapter(base_model, config.LoraConfig(rank=2), seed=0)
    layers = [module for module in base_model.unet.modules() if hasattr(module, "lora_variant")]
    layers += [module for module in base_model.text_encoder.modules() if hasattr(module, "lora_variant")]
    assert len(layers) == len(adapter.module_names)
    assert all(layer.lora_variant["style"] is FusedLora for layer in layers)
