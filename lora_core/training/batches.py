"""Which pictures make up which step: pure functions of the pictures' sizes and a generator."""

from __future__ import annotations

from collections.abc import Sequence

import torch

Bucket = tuple[int, int]


def epoch_batches(buckets: Sequence[Bucket], size: int, generator: torch.Generator) -> list[list[int]]:
    """The steps of one epoch, each a list of indices into `buckets`; every index is in exactly one of them.

    Pictures of one bucket are batched together while they last. What is left over from each bucket is joined into
    batches of mixed buckets, so that the number of steps depends only on the number of pictures; such a batch runs
    as one micro-batch per bucket. The last batch may be smaller than `size`.
    """
    by_bucket: dict[Bucket, list[int]] = {}
    for index in torch.randperm(len(buckets), generator=generator).tolist():
        by_bucket.setdefault(buckets[index], []).append(index)
    whole: list[list[int]] = []
    left: list[int] = []
    for bucket in sorted(by_bucket):
        members = by_bucket[bucket]
        end = len(members) - len(members) % size
        whole += [members[start : start + size] for start in range(0, end, size)]
        left += members[end:]
    batches = whole + [left[start : start + size] for start in range(0, len(left), size)]
    return [batches[position] for position in torch.randperm(len(batches), generator=generator).tolist()]


def micro_batches(batch: Sequence[int], buckets: Sequence[Bucket], limit: int) -> list[list[int]]:
    """Positions within `batch`, grouped so that each group has one bucket and at most `limit` members."""
    by_bucket: dict[Bucket, list[int]] = {}
    for position, index in enumerate(batch):
        by_bucket.setdefault(buckets[index], []).append(position)
    return [group[start : start + limit] for group in by_bucket.values() for start in range(0, len(group), limit)]
