"""What the pack adds to the time that ComfyUI takes to start: python dev.py bench import_time

ComfyUI reports it, to a tenth of a second; the best of three starts counts, since the others waited for the disk.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from devtools.comfyui import find_checkout
from devtools.thin_environment import ThinEnvironment
from devtools.trying import start_comfyui

STARTS = 3


def main() -> int:
    checkout, environment = find_checkout(), ThinEnvironment(Path(sys.prefix))
    with tempfile.TemporaryDirectory() as folder:
        started = [start_comfyui(environment, checkout, Path(folder, "home")) for _ in range(STARTS)]
    for each in started:
        print(f"ComfyUI {checkout.version} {each.verdict}; importing the pack took {each.seconds} s")
    print(f"Best: {min(each.seconds for each in started if each.seconds is not None)} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
