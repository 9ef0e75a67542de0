"""dev.py env"""

from __future__ import annotations

import argparse

from .commands import ready
from .console import say


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "About 9 GB under .dev (ATELIER_DEV_DIR). A second run finds everything there."


def run(arguments: argparse.Namespace) -> int:
    checkout, python = ready()
    say(f"ComfyUI {checkout.version}: {checkout.folder}")
    say(f"Python:         {python}")
    return 0
