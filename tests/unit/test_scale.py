"""Ten thousand pictures: memory does not grow with them, time grows no faster than they do, Cancel works."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lora_core.dataset.load import load_style

ROOT = Path(__file__).parents[2]

# In a process of its own, since a peak never goes down again.
PROGRAM = """
import json, sys, time
from pathlib import Path
from lora_core.dataset.load import load_style

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1e3

before, started = peak(), time.process_time()
dataset = load_style(Path(sys.argv[1]), resolution=64)
print(json.dumps({
    "pictures": len(dataset.pictures), "validation": len(dataset.validation), "notes": dataset.notes,
    "seconds": time.process_time() - started, "megabytes": peak() - before,
}))
"""


def fill(folder: Path, count: int) -> Path:
    """Small different pictures, quickly."""
    folder.mkdir()
    random = np.random.default_rng(0)
    blocks = random.integers(0, 256, (count, 6, 6, 3), dtype=np.uint8)
    for index in range(count):
        image = Image.fromarray(blocks[index]).resize((64, 64), Image.Resampling.BILINEAR)
        image.save(folder / f"{index:05}.jpg", quality=85)
    return folder


def measured(folder: Path) -> dict[str, float]:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    return json.loads(ran.stdout)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of memory as Linux tells it")
def test_memory_and_time_at_ten_thousand(tmp_path: Path) -> None:
    many = fill(tmp_path / "many", 10_000)
    few = tmp_path / "few"
    few.mkdir()
    for path in itertools.islice(many.iterdir(), 700):
        path.rename(few / path.name)
    small, large = measured(few), measured(many)
    print(f"\n  700: {small}\n  9,300: {large}")
    assert (large["pictures"], large["validation"]) == (9_300, 8)
    # 2 kB of hashes and 1 kB of names a picture, about 33 MB; thumbnails alone would be 500 MB.
    assert large["megabytes"] - small["megabytes"] < 80
    assert large["seconds"] < 5 * small["seconds"] * large["pictures"] / small["pictures"]


def test_cancel_is_heard_within_a_second_anywhere(tmp_path: Path) -> None:
    folder = fill(tmp_path / "style", 700)
    calls: list[float] = []
    load_style(folder, resolution=64, progress=lambda done, total: calls.append(time.monotonic()))
    assert len(calls) >= 1_400
    assert max(after - before for before, after in itertools.pairwise(calls)) < 5  # 0.1 s on an idle machine

    class Cancelled(BaseException):
        pass

    for when in (1, 700, 701, 1_399):
        count = itertools.count(1)

        def stop(done: int, total: int, when: int = when, count: itertools.count[int] = count) -> None:
            if next(count) == when:
                raise Cancelled

        with pytest.raises(Cancelled):
            load_style(folder, resolution=64, progress=stop)
