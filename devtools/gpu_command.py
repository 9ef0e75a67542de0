"""dev.py gpu"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from .commands import in_environment, run_python
from .console import Failure

MODULE = "tests.benchmarks.gpu"
TRAINERS = {"kohya": "kohya-ss/sd-scripts", "onetrainer": "Nerogar/OneTrainer"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Checks and measures training on the GPU at hand, within eight minutes and without the internet: number "
        "formats, deterministic twins, a kill and a resume, the end of the memory; a step, an epoch's end, a whole run."
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="some of the parts; an unknown one names them all")
    parser.add_argument("--here", action="store_true", help="in the Python that runs this, which has torch already")
    parser.add_argument("--tiny", action="store_true", help="a tiny model: tries every part, on a CPU too")
    parser.add_argument("--json", metavar="FILE", help="write what was found to this file")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/performance.md")
    for name, trainer in TRAINERS.items():
        parser.add_argument(f"--{name}", metavar="FOLDER", help=f"time {trainer}, checked out there, as well")


def run(arguments: argparse.Namespace) -> int:
    options = [*arguments.parts]
    options += [flag for flag, on in (("--tiny", arguments.tiny), ("--write", arguments.write)) if on]
    for name in ("json", *TRAINERS):
        path = getattr(arguments, name)
        options += [f"--{name}", str(Path(path).resolve())] if path else []
    if not arguments.here:
        return in_environment(MODULE, options)
    missing = [name for name in ("torch", "transformers", "safetensors") if importlib.util.find_spec(name) is None]
    if missing:
        raise Failure(f"{sys.executable} lacks {', '.join(missing)}: use another Python, or leave out --here.")
    return run_python(sys.executable, ["-m", MODULE, *options])
