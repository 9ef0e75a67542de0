"""The LoRA layer has peft's own numbers, both outputs and gradients, and a new one peft's own first weights."""

from __future__ import annotations

import copy

import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from lora_core.model.lora_layer import LoraConv2d, LoraLayer, LoraLinear, project
from lora_core.model.lora_weights import LoraWeights
from lora_core.model.products import add_product
from lora_core.model.tokens import FromTokens, ToTokens

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


def direction(like: Tensor) -> Tensor:
    return torch.linspace(-1, 1, like.numel()).view(like.shape)


def pefts_outcome(layer: nn.Module, x: Tensor) -> list[Tensor]:
    """The layer's output, and the gradients of its input, A and B."""
    x = x.clone().requires_grad_()
    torch.manual_seed(5)  # of the dropout
    out = layer(x)
    return [out, *torch.autograd.grad((out.float() * direction(out)).sum(), (x, *pefts_matrices(layer)))]


def our_outcome(layer: nn.Module, weights: LoraWeights, x: Tensor) -> list[Tensor]:
    x = x.clone().requires_grad_()
    weights.forget_gradients()
    torch.manual_seed(5)
    out = layer(x)
    (out.float() * direction(out)).sum().backward()
    weights.collect()
    return [out, x.grad, *weights.matrices(weights.masters.grad)[0]]


def agree(one: Tensor, other: Tensor, dtype: torch.dtype) -> bool:
    tolerance = {torch.float32: 1e-5, torch.bfloat16: 2e-2}[dtype]
    return one.shape == other.shape and bool((one - other).abs().max() <= tolerance * one.abs().max())


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kind", LAYERS)
def test_the_same_as_pefts(kind: str, dtype: torch.dtype, dropout: float, memory_format: torch.memory_format) -> None:
    make, shape = LAYERS[kind]
    torch.manual_seed(0)
    base = make().to(dtype).requires_grad_(False)
    theirs, ours = pefts_layer(copy.deepcopy(base), dropout), our_layer(base, dropout)
    weights = LoraWeights([ours])
    for one, other in zip(pefts_matrices(theirs), weights.matrices(weights.masters)[0], strict=True):
        one.data = torch.randn(other.shape).to(dtype).float()
        other.data.copy_(one)
    weights.refresh()
    x = torch.randn(shape).to(dtype)
    if x.dim() == 4:
        x = x.contiguous(memory_format=memory_format)
    expected, found = pefts_outcome(theirs, x), our_outcome(ours, weights, x)
    assert [each.dtype for each in found] == [each.dtype for each in expected]
    assert all(agree(one, other, dtype) for one, other in zip(expected, found, strict=True))


def rows(x_BCP: Tensor) -> Tensor:
    return x_BCP.transpose(1, 2).contiguous()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kind", [ToTokens, FromTokens])
def test_those_around_a_transformer_are_convolutions_on_tokens(kind: type, dtype: torch.dtype) -> None:
    """Against a LoRA beside a plain convolution of the same weights."""
    torch.manual_seed(0)
    base = kind(6, 10, 1).to(dtype).requires_grad_(False)
    plain = nn.Conv2d(6, 10, 1).to(dtype).requires_grad_(False)
    plain.load_state_dict(base.state_dict())
    x_BCHW = torch.randn(3, 6, 5, 4, dtype=dtype)
    goal_BCP = torch.randn(3, 10, 20)
    found = []
    for layer, given in ((our_layer(plain, 0.0), x_BCHW), (our_layer(base, 0.0), x_BCHW)):
        weights = LoraWeights([layer])
        weights.set(torch.linspace(-0.5, 0.5, len(weights.masters)))
        x = (rows(given.flatten(2)) if layer.base is base and kind is FromTokens else given).requires_grad_()
        out = layer(x).flatten(2)
        out_BCP = out.transpose(1, 2) if layer.base is base and kind is ToTokens else out
        (x_gradient,) = torch.autograd.grad((out_BCP.float() * goal_BCP).sum(), x)
        weights.collect()
        x_gradient = x_gradient.transpose(1, 2) if x_gradient.dim() == 3 else x_gradient.flatten(2)
        found.append([out_BCP, x_gradient, *weights.matrices(weights.masters.grad)[0]])
    assert all(agree(one, other, dtype) for one, other in zip(*found, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_layers_with_one_input_are_the_same_together(dtype: torch.dtype, dropout: float) -> None:
    torch.manual_seed(0)
    bases = [nn.Linear(64, outputs, bias=False).to(dtype).requires_grad_(False) for outputs in (8, 8, 16)]
    found = []
    for at_once in (True, False):
        layers = [our_layer(base, dropout) for base in bases]
        weights = LoraWeights(layers)
        weights.set(torch.linspace(-0.5, 0.5, len(weights.masters)))
        x = torch.linspace(-2, 2, 3 * 7 * 64).view(3, 7, 64).to(dtype).requires_grad_()
        torch.manual_seed(5)
        outputs = project(layers, x) if at_once else [layer(x) for layer in layers]
        sum((out.float() * direction(out)).sum() for out in outputs).backward()
        weights.collect()
        found.append([*outputs, x.grad, weights.masters.grad])
    assert all(agree(one, other, dtype) for one, other in zip(*found, strict=True))


@pytest.mark.parametrize("kind", LAYERS)
def test_a_new_one_is_drawn_as_peft_draws_it(kind: str) -> None:
    base = LAYERS[kind][0]()
    torch.manual_seed(1)
    theirs = pefts_layer(copy.deepcopy(base), 0.0)
    after_theirs = torch.rand(1)
    torch.manual_seed(1)
    ours = our_layer(base, 0.0)
    assert torch.equal(torch.rand(1), after_theirs), "the next layer's draws"
    for one, other in zip(pefts_matrices(theirs), (ours.down, ours.up), strict=True):
        assert torch.equal(one, other)


def test_w_a_b_and_the_scale_are_one_object() -> None:
    base = nn.Linear(6, 10)
    layer = our_layer(base, 0.0)
    assert layer.base is base and layer.scale == ALPHA / RANK
    assert [tuple(matrix.shape) for matrix in (layer.down, layer.up)] == [(RANK, 6), (10, RANK)]


@pytest.mark.parametrize("mode", [True, False])
def test_dropout_is_for_training_alone(mode: bool) -> None:
    layer = our_layer(nn.Linear(6, 10), 0.5).train(mode)
    layer.up.fill_(1.0)
    x = torch.ones(50, 6)
    assert bool(layer(x).std(dim=0).max() > 1e-3) is mode


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("into_planes", [False, True])
@pytest.mark.parametrize("x_planes", [False, True])
def test_a_product_is_added_to_memory_as_it_lies(dtype: torch.dtype, into_planes: bool, x_planes: bool) -> None:
    """In 16 bits a CPU takes a thousand times longer to add a product of matrices to a transposed view of memory."""

    def positions_of(width: int, planes: bool) -> torch.Tensor:
        values = torch.randn(2, 5, width).to(dtype)
        return values.transpose(1, 2).contiguous().transpose(1, 2) if planes else values

    into, x, weight = positions_of(7, into_planes), positions_of(3, x_planes), torch.randn(7, 3).to(dtype)
    expected = 0.5 * (x.double() @ weight.double().t()) + into.double()
    written = Written()
    with written:
        add_product(into, x, weight, 0.5)
    assert written.contiguous == [True]
    torch.testing.assert_close(into.double(), expected, atol=0.05 if dtype is torch.bfloat16 else 1e-5, rtol=0)


class Written(TorchDispatchMode):
    """Whether the memory that matrix products were added to was contiguous."""

    def __init__(self) -> None:
        super().__init__()
        self.contiguous: list[bool] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func.overloadpacket in (torch.ops.aten.baddbmm_, torch.ops.aten.addmm_):
            self.contiguous.append(args[0].is_contiguous())
        return func(*args, **(kwargs or {}))
