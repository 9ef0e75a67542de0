"""The number format that suits a device, by the names and numbers that cards report."""

from __future__ import annotations

import pytest
import torch

from lora_core.tensors import best_precision


@pytest.mark.parametrize(
    ("name", "capability", "precision"),
    [
        ("NVIDIA GeForce RTX 4090", (8, 9), "bfloat16"),
        ("NVIDIA GeForce RTX 3060", (8, 6), "bfloat16"),
        ("NVIDIA GeForce RTX 2070 SUPER", (7, 5), "float16"),
        ("Tesla T4", (7, 5), "float16"),
        ("Tesla V100-SXM2-16GB", (7, 0), "float16"),
        ("NVIDIA GeForce GTX 1660 Ti", (7, 5), "float32"),
        ("NVIDIA GeForce GTX 1650", (7, 5), "float32"),
        ("NVIDIA T1000 8GB", (7, 5), "float32"),
        ("NVIDIA GeForce GTX 1080 Ti", (6, 1), "float32"),
    ],
)
def test_each_card_has_the_format_it_computes_in(
    name: str, capability: tuple[int, int], precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: name)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert best_precision(torch.device("cuda")) == precision


def test_a_cpu_computes_in_float32() -> None:
    assert best_precision(torch.device("cpu")) == "float32"
