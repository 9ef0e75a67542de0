"""dev.py matrix"""

from __future__ import annotations

import argparse

from .commands import in_environment

ABOUT = """
Runs the unit tests that depend on other people's packages with the oldest, a typical and the newest release of them, on
each Python from 3.10 to 3.13 that is found, and starts ComfyUI with the pack in each. COMFYUI_DIR chooses a ComfyUI
other than 0.3.75. A Python that is not here is reported as not run, which fails if its cell was named. The Python of
the development environment shares its torch; another one downloads its own once, 0.9 GB.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = ABOUT.strip()
    parser.add_argument("cells", nargs="*", metavar="CELL", help="such as 3.11-oldest; all of them by default")
    parser.add_argument("--json", metavar="FILE", help="where to write the table as JSON")


def run(arguments: argparse.Namespace) -> int:
    options = list(arguments.cells) + (["--json", arguments.json] if arguments.json else [])
    return in_environment("devtools.matrix", options)
