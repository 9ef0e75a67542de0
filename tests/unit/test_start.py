"""A LoRA from anywhere to start a run from: one that makes no sense is refused in words before anything is trained."""

from __future__ import annotations

import math

import pytest
import torch

from lora_core.errors import CheckpointError
from lora_core.record.start import StartingLora

SHAPES = {"lora_unet_a.lora_down.weight": (2, 8), "lora_unet_a.lora_up.weight": (8, 2)}
GOOD = {key: torch.ones(shape) for key, shape in SHAPES.items()} | {"lora_unet_a.alpha": torch.tensor(1.0)}


@pytest.mark.parametrize(
    ("part", "odd", "told"),
    [
        ("lora_down.weight", torch.tensor(1.0), "has rank 0, this run rank 2"),
        ("lora_up.weight", torch.tensor(1.0), "made for another base model"),
        ("alpha", torch.tensor([1.0, 2.0]), "has alpha 1, 2, this run alpha 1"),
        ("alpha", torch.tensor(math.nan), "has alpha nan, this run alpha 1"),
        ("lora_up.weight", torch.full((8, 2), math.nan), "no numbers"),
        ("lora_down.weight", torch.full((2, 8), -math.inf), "no numbers"),
    ],
)
def test_one_that_makes_no_sense_is_refused(part: str, odd: torch.Tensor, told: str) -> None:
    StartingLora.of(GOOD).check(SHAPES, 1.0)
    with pytest.raises(CheckpointError, match=told):
        StartingLora.of({**GOOD, f"lora_unet_a.{part}": odd}).check(SHAPES, 1.0)
