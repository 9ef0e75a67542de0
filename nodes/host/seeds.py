"""Seeds as ComfyUI has them."""

from __future__ import annotations

from comfy_api.latest import io

LARGEST_SEED = 2**64 - 1
"""What ComfyUI's own seed inputs go up to; a seed may come from one of them."""


def seed_input(tooltip: str) -> io.Input:
    """A seed that stays what it is after each run."""
    return io.Int.Input("seed", default=0, min=0, max=LARGEST_SEED, control_after_generate=False, tooltip=tooltip)


def counted_up(seed: int, count: int) -> list[int]:
    """So many seeds from one on; after the largest comes 0."""
    return [(seed + index) % (LARGEST_SEED + 1) for index in range(count)]
