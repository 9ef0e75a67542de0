"""What a step of the paper's recipe costs a GPU, counted: the numbers are exact, and must not grow."""

from __future__ import annotations

import pytest
import torch
from benchmarks.step_counts import Counting, Counts, count_step


def test_a_step_of_the_paper_stays_within_its_counts() -> None:
    counts = count_step("all", batch=4, pixels=512, precision="bfloat16")
    assert counts.moved <= 42.2e9, "bytes moved"
    assert counts.kernels <= 3_180
    assert counts.saved <= 3.43e9, "bytes kept for the backward pass"


def test_checkpointing_keeps_a_tenth() -> None:
    counts = count_step("all", batch=4, pixels=512, precision="bfloat16", checkpointing=True)
    assert counts.saved <= 0.35e9
    assert counts.moved <= 57.7e9


@pytest.mark.parametrize(
    ("operation", "moved", "kernels"),
    [
        (lambda x: x + 1, 2 * 4 * 12, 1),  # reads and writes 12 values of 4 bytes
        (lambda x: x.t().view(-1, 3).expand(2, 4, 3), 0, 0),
        (lambda x: x.expand(5, 4, 3) * 2, 4 * 12 + 4 * 60, 1),  # what is only repeated is read once
        (lambda x: x @ x.t(), 4 * (12 + 12 + 16), 1),
        (lambda x: torch.empty_like(x), 0, 0),
    ],
)
def test_an_operator_counts_what_it_reads_and_writes(operation, moved: int, kernels: int) -> None:
    counts = Counts()
    x = torch.zeros(3, 4).t()
    with Counting(counts):
        operation(x)
    assert (counts.moved, counts.kernels) == (moved, kernels)
