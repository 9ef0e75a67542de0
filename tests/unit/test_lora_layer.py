"""The LoRA layer has peft's own numbers, both outputs and gradients, and a new one peft's own first weights."""

from __future__ import annotations

import copy

import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn

from lora_core.model.lora_layer import LoraConv2d, LoraLayer, LoraLinear

RANK, ALPHA = 4, 6
LAYERS = {
    "linear, a row a picture": (lambda: nn.Linear(6, 10), (3, 6)),
    "linear on tokens": (lambda: nn.Linear(6, 10, bias=False), (3, 7, 6)),
    "convolution 1x1": (lambda: nn.Conv2d(6, 10, 1), (3, 6, 5, 4)),
    "convolution 1x1, every second point": (lambda: nn.Conv2d(6, 10, 1, stride=2), (3, 6, 5, 4)),
    "convolution 3x3": (lambda: nn.Conv2d(6, 10, 3, padding=1), (3, 6, 5, 4)),
    "convolution 3x3, every second point": (lambda: nn.Conv2d(6, 10, 3, stride=2, padding=1), (3, 6, 9, 8)),
}


def pefts_layer(base: nn.Module, dropout: float) -> nn.Module:
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=dropout, target_modules=["layer"])
    return inject_adapter_in_model(config, nn.ModuleDict({"layer": base}), adapter_name="x")["layer"]


def our_layer(base: nn.Linear | nn.Conv2d, dropout: float) -> LoraLayer:
    return (LoraConv2d if isinstance(base, nn.Conv2d) else LoraLinear)(base, RANK, ALPHA, dropout)


def pefts_matrices(layer: nn.Module) -> tuple[nn.Parameter, nn.Parameter]:
    return layer.lora_A["x"].weight, layer.lora_B["x"].weight


def outcome(layer: nn.Module, matrices: tuple[nn.Parameter, nn.Parameter], x: Tensor) -> list[Tensor]:
    """The layer's output, and the gradients of its input, A and B."""
    x = x.clone().requires_grad_()
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
    base = make().to(dtype)
    theirs, ours = pefts_layer(copy.deepcopy(base), dropout), our_layer(base, dropout)
    for one, other in zip(pefts_matrices(theirs), ours.matrices, strict=True):
        one.data = other.data = torch.randn(other.shape)
    x = torch.randn(shape).to(dtype)
    if x.dim() == 4:
        x = x.contiguous(memory_format=memory_format)
    tolerance = {torch.float32: 1e-5, torch.bfloat16: 1e-2}[dtype]
    for one, other in zip(outcome(theirs, pefts_matrices(theirs), x), outcome(ours, ours.matrices, x), strict=True):
        assert other.dtype == one.dtype
        assert other.shape == one.shape
        assert (other - one).abs().max() <= tolerance * one.abs().max()


@pytest.mark.parametrize("kind", LAYERS)
def test_a_new_one_is_drawn_as_peft_draws_it(kind: str) -> None:
    base = LAYERS[kind][0]()
    torch.manual_seed(1)
    theirs = pefts_layer(copy.deepcopy(base), 0.0)
    after_theirs = torch.rand(1)
    torch.manual_seed(1)
    ours = our_layer(base, 0.0)
    assert torch.equal(torch.rand(1), after_theirs), "the next layer's draws"
    for one, other in zip(pefts_matrices(theirs), ours.matrices, strict=True):
        assert torch.equal(one, other)


def test_w_a_b_and_the_scale_are_one_object() -> None:
    base = nn.Linear(6, 10)
    layer = our_layer(base, 0.0)
    assert layer.base is base and layer.scale == ALPHA / RANK
    assert [tuple(matrix.shape) for matrix in layer.matrices] == [(RANK, 6), (10, RANK)]


@pytest.mark.parametrize("mode", [True, False])
def test_dropout_is_for_training_alone(mode: bool) -> None:
    layer = our_layer(nn.Linear(6, 10), 0.5).train(mode)
    nn.init.ones_(layer.lora_up.weight)
    x = torch.ones(50, 6)
    assert bool(layer(x).std(dim=0).max() > 1e-3) is mode
