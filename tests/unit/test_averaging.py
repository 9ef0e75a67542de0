"""The moving average against its written formula, and that it returns the trained weights untouched."""

from __future__ import annotations

import pytest
import torch

from lora_core.config import LoraConfig
from lora_core.model.base import BaseModel
from lora_core.model.lora import LoraAdapter
from lora_core.training.averaging import WeightAverage, decay_at


@pytest.fixture
def adapter(base_model: BaseModel) -> LoraAdapter:
    return LoraAdapter(base_model, LoraConfig(rank=2), seed=3)


def shake(adapter: LoraAdapter, seed: int) -> None:
    """As if a step had been made."""
    generator = torch.Generator().manual_seed(seed)
    masters = adapter.weights.masters.detach()
    adapter.weights.set(masters + torch.randn(masters.shape, generator=generator))


@pytest.mark.parametrize(("step", "decay"), [(1, 2 / 11), (2, 3 / 12), (100, 101 / 110), (889, 890 / 899), (891, 0.99)])
def test_the_decay_rises_to_its_full_value(step: int, decay: float) -> None:
    assert decay_at(step, 0.99) == pytest.approx(decay)


def test_steps_are_those_of_the_formula(adapter: LoraAdapter) -> None:
    average = WeightAverage(adapter, 0.5)
    expected = adapter.weights.masters.detach().double()
    for step in range(1, 30):
        shake(adapter, step)
        average.update(step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * adapter.weights.masters.detach().double()
    with average.applied():
        torch.testing.assert_close(adapter.weights.masters.detach().double(), expected, rtol=1e-5, atol=1e-6)


def test_applying_changes_what_the_model_computes_and_nothing_for_good(adapter: LoraAdapter, base_model) -> None:
    tokens = base_model.tokenize(["a house"])
    average = WeightAverage(adapter, 0.99)
    shake(adapter, 0)
    trained = adapter.state_dict()
    told = base_model.encode_text(tokens)
    with average.applied():
        assert not torch.equal(base_model.encode_text(tokens), told)
    assert torch.equal(base_model.encode_text(tokens), told)
    assert all(torch.equal(value, trained[key]) for key, value in adapter.state_dict().items())


def test_the_trained_weights_come_back_after_an_error_too(adapter: LoraAdapter) -> None:
    average = WeightAverage(adapter, 0.99)
    shake(adapter, 0)
    trained = adapter.state_dict()
    with pytest.raises(KeyboardInterrupt), average.applied():
        raise KeyboardInterrupt
    assert all(torch.equal(value, trained[key]) for key, value in adapter.state_dict().items())


def test_saved_and_put_back_it_goes_on_as_before(adapter: LoraAdapter) -> None:
    average = WeightAverage(adapter, 0.9)
    shake(adapter, 1)
    average.update(1)
    saved = average.copied().tensors()
    other = WeightAverage(adapter, 0.9)
    other.load_state_dict(saved)
    shake(adapter, 2)
    for each in (average, other):
        each.update(2)
    first, second = average.copied().tensors(), other.copied().tensors()
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_restarted_it_is_the_present_weights(adapter: LoraAdapter) -> None:
    average = WeightAverage(adapter, 0.99)
    shake(adapter, 0)
    average.restart()
    present, averaged = adapter.state_dict(), average.copied().tensors()
    assert all(torch.equal(averaged[key], present[key]) for key in present)
