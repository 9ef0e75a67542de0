"""How long the gallery of a folder takes to open: python dev.py bench gallery

Invented JPEG pictures of 1,024 x 768 pixels, each with a caption. Times are those of the processor, so that a busy
machine does not count. A browser asks for the list, then for the small pictures that are in sight, and for the sides of
the split, which take reading and comparing all pictures unless the node has done so before.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from lora_core.dataset.gallery import gallery, thumbnail
from lora_core.dataset.load import load_style
from lora_core.dataset.sides import Sides

SIZES = (64, 1000)
LONG_AGO = 1_000_000_000
"""Seconds since 1970 at which a folder was changed: listings of folders that change now are not remembered."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    print("pictures   the list   a small picture   once more   the sides of a folder that was not loaded before")
    for count in parser.parse_args().sizes:
        with tempfile.TemporaryDirectory() as temporary:
            measure(Path(temporary), count)


def measure(folder: Path, count: int) -> None:
    """Prints a line."""
    invent(folder, count)
    listing = timed(lambda: gallery([folder]))
    keys = [entry.key for entry in gallery([folder])][:: max(1, count // 50)]
    first, again = (timed(lambda: [thumbnail([folder], key) for key in keys]) / len(keys) for _ in range(2))
    sides = timed(lambda: Sides().add(load_style(folder)))
    print(
        f"{count:8} {1000 * listing:7.0f} ms {1000 * first:14.1f} ms {1000 * again:8.2f} ms {sides:14.2f} s", flush=True
    )


def timed(act: Callable[[], object]) -> float:
    """Seconds of the processor."""
    begun = time.process_time()
    act()
    return time.process_time() - begun


def invent(folder: Path, count: int) -> None:
    """So many pictures, none of which resembles another."""
    numbers = np.random.default_rng(0)
    for number in range(count):
        coarse = numbers.integers(0, 256, (24, 32, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((1024, 768), Image.Resampling.BICUBIC).save(folder / f"{number}.jpg")
        (folder / f"{number}.txt").write_text("a building", encoding="utf-8")
    os.utime(folder, (LONG_AGO, LONG_AGO))


if __name__ == "__main__":
    main()
