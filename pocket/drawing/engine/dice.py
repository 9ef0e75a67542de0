"""Random choices that are the same on every machine.

Only the raw 64-bit stream of PCG64 is used, through `random()`: numpy promises that stream for ever, while the methods
built on it (`choice`, `normal`, ...) may change between versions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Dice:
    """One named stream of random choices, for instance `Dice("bauhaus", 12)`."""

    def __init__(self, *key: object) -> None:
        text = ":".join(str(part) for part in key)
        digest = hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest()
        self._stream = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))

    def between(self, low: float, high: float) -> float:
        """A number from low to high."""
        return low + (high - low) * float(self._stream.random())

    def whole(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + min(int(self._stream.random() * (high - low + 1)), high - low)

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return bool(self._stream.random() < probability)

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, each as likely as the others."""
        return items[self.whole(0, len(items) - 1)]

    def weighted(self, items: Sequence[T], weights: Sequence[float]) -> T:
        """One of the items, as likely as its weight says."""
        at = self.between(0.0, sum(weights))
        for item, weight in zip(items, weights, strict=True):
            at -= weight
            if at < 0:
                return item
        return items[-1]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """`count` different items in a random order."""
        left = list(items)
        return [left.pop(self.whole(0, len(left) - 1)) for _ in range(min(count, len(left)))]

    def sign(self) -> int:
        """1 or -1."""
        return 1 if self.chance(0.5) else -1

    def floats(self, *shape: int) -> np.ndarray:
        """Numbers from 0 to 1, an array of this shape."""
        return self._stream.random(shape)
