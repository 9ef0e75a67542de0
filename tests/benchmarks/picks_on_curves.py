"""Picks on published validation curves, as a table: python -m tests.benchmarks.picks_on_curves curves.json

The file holds {name: {"validation": [loss, ...]}}, the first loss being that of the base model. The curves are
their authors' and are not part of this repository; docs/experiment.md names the source.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from lora_core.picking.curve import fit_curve
from lora_core.picking.selection import select


def main(path: Path) -> None:
    """Prints a row for each curve: evaluations, lowest single value, p, G, O, candidates."""
    for name, curve in json.loads(path.read_text(encoding="utf-8")).items():
        losses = curve["validation"]
        found = fit_curve(range(len(losses)), [[loss] for loss in losses])
        if found is None:
            continue
        picked = select(found, len(losses) - 1)
        regions = (picked.region_g, picked.region_o)
        cells = [name, len(losses), int(np.argmin(losses)), picked.epoch]
        cells += ["none" if region is None else f"{region[0]} to {region[1]}" for region in regions]
        cells.append(", ".join(map(str, picked.candidates)))
        print("|", " | ".join(map(str, cells)), "|")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
