"""StyledControlNetApply samples what the chain of stock nodes does, bit for bit, whichever of its parts are there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.comfyui import Checkout


@pytest.fixture(scope="module")
def compared(checkout: Checkout) -> list[dict]:
    """In a process of its own, since ComfyUI's module `nodes` and our folder `nodes` cannot share one."""
    script = Path(__file__).with_name("compare_restyling.py")
    done = subprocess.run(
        [sys.executable, script, checkout.folder], capture_output=True, text=True, encoding="utf-8", timeout=600
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert done.returncode == 0 and lines, done.stderr[-4000:]
    assert "control could not be applied" not in done.stderr
    return json.loads(lines[0].removeprefix("RESULT "))


def test_every_combination_of_parts_samples_the_same(compared: list[dict]) -> None:
    assert len(compared) == 48
    assert [parts for parts in compared if parts["difference"] != 0.0] == []


def test_every_part_makes_a_difference(compared: list[dict]) -> None:
    assert len({parts["size"] for parts in compared}) == len(compared)
