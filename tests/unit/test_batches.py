"""Batches: one shape at a time, every picture once per epoch, and the paper's 14 steps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lora_core.config import TrainingConfig
from lora_core.rng import stream
from lora_core.training.batches import epoch_batches, micro_batches

SQUARE, WIDE, TALL = (512, 512), (768, 512), (512, 768)


def test_the_papers_56_pictures_by_4_give_14_steps() -> None:
    assert TrainingConfig(batch_size=4).steps_per_epoch(56) == 14
    batches = epoch_batches([SQUARE] * 56, 4, stream(0, "order", 0))
    assert [len(batch) for batch in batches] == [4] * 14


def test_mixed_sizes_give_14_steps_too() -> None:
    batches = epoch_batches([SQUARE] * 30 + [WIDE] * 26, 4, stream(0, "order", 0))
    assert [len(batch) for batch in batches] == [4] * 14
    shapes = [{SQUARE if index < 30 else WIDE for index in batch} for batch in batches]
    assert sum(len(shape) == 1 for shape in shapes) == 13


@given(st.lists(st.sampled_from([SQUARE, WIDE, TALL]), min_size=1, max_size=80), st.integers(1, 9), st.integers(0, 99))
def test_every_picture_is_seen_exactly_once(buckets: list, size: int, epoch: int) -> None:
    batches = epoch_batches(buckets, size, stream(1, "order", epoch))
    assert sorted(index for batch in batches for index in batch) == list(range(len(buckets)))
    assert len(batches) == TrainingConfig(batch_size=size).steps_per_epoch(len(buckets))
    assert all(len(batch) <= size for batch in batches)


@given(st.lists(st.sampled_from([SQUARE, WIDE]), min_size=1, max_size=12), st.integers(1, 5))
def test_micro_batches_have_one_shape_and_keep_to_the_limit(buckets: list, limit: int) -> None:
    batch = list(range(len(buckets)))
    groups = micro_batches(batch, buckets, limit)
    assert sorted(position for group in groups for position in group) == batch
    assert all(len({buckets[position] for position in group}) == 1 and len(group) <= limit for group in groups)


def test_the_order_differs_by_epoch_and_repeats_by_seed() -> None:
    def order(seed: int, epoch: int) -> list[list[int]]:
        return epoch_batches([SQUARE] * 56, 4, stream(seed, "order", epoch))

    assert order(0, 1) == order(0, 1)
    assert order(0, 1) != order(0, 2)
    assert order(0, 1) != order(1, 1)
