"""The comparison with ComfyUI's own trainer runs in the ComfyUI under test; what it measures is for people to read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from devtools.comfyui import Checkout
from devtools.places import ROOT


def test_ours_and_the_node_in_both_modes_are_timed(checkout: Checkout, tmp_path: Path) -> None:
    file = tmp_path / "times.json"
    shape = ["--rounds", "1", "--steps", "2", "--pixels", "64", "--json", str(file)]
    command = [sys.executable, "-m", "tests.benchmarks.native_trainer", *shape]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["comfyui"] == checkout.version
    _ours, frozen, _theirs, peft, as_it_comes, best = found["seconds"]
    assert ("no LoRA" in frozen, "peft" in peft, "as it comes" in as_it_comes, "checkpointing" in best) == (True,) * 4
    assert all(len(times) == 2 for times in found["seconds"].values())
    assert set(found["median"]) == {"by the clock", "processor time"}
    assert all(median > 0 for clock in found["median"].values() for median in clock.values())
