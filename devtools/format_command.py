"""dev.py format"""

from __future__ import annotations

import argparse

from .commands import run_python
from .environment import prepare_base


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    python = prepare_base()
    fixed = run_python(python, ["-m", "ruff", "check", "--fix", "."])
    return run_python(python, ["-m", "ruff", "format", "."]) or fixed
