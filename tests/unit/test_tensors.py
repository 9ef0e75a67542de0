"""The number format that suits a device, by the names and numbers that cards report."""

from __future__ import annotations

import pytest
import torch

from lora_core.tensors import COPIES_AHEAD, COPIES_LEFT, Copies, best_precision


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


def test_memory_of_a_copy_is_used_again_once_nobody_has_any_of_it() -> None:
    copies, vector = Copies(), torch.arange(6.0)
    first = copies.of(vector)
    place, window = first.data_ptr(), first[2:4].view(2, 1)
    copies._getting.join()
    del first
    assert place not in left(copies)
    assert window.flatten().tolist() == [2.0, 3.0]
    del window
    assert place in left(copies)
    again = copies.of(vector + 2)
    assert again.data_ptr() == place
    assert again.tolist() == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


def test_memory_for_copies_is_there_before_it_is_needed() -> None:
    copies, vector = Copies(), torch.arange(6.0)
    first = copies.of(vector)
    copies._getting.join()
    ahead = left(copies)
    assert len(ahead) == COPIES_AHEAD and first.data_ptr() not in ahead
    second = copies.of(vector + 1)
    assert second.data_ptr() in ahead
    assert second.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def test_only_some_memory_is_kept_for_copies() -> None:
    copies = Copies()
    many = [copies.of(torch.full((3,), float(number))) for number in range(3 * COPIES_LEFT)]
    assert [float(each[0]) for each in many] == list(range(3 * COPIES_LEFT))
    copies._getting.join()
    many.clear()
    assert len(copies._left) == COPIES_LEFT


def test_a_copy_does_not_follow_what_it_was_made_of() -> None:
    vector = torch.zeros(3, requires_grad=True)
    copied = Copies().of(vector)
    with torch.no_grad():
        vector += 1
    assert copied.tolist() == [0.0, 0.0, 0.0]
    assert not copied.requires_grad


def left(copies: Copies) -> set[int]:
    """Where memory lies that nobody uses."""
    return {memory.ctypes.data for memory in copies._left}
