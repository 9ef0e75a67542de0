"""dev.py bench"""

from __future__ import annotations

import argparse

from .commands import in_environment
from .console import Failure, say
from .places import ROOT

FOLDER = ROOT / "tests" / "benchmarks"


def configure(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(benchmarks())
    parser.add_argument("name", nargs="?", help=f"one of {names}; all of them by default")
    parser.add_argument(
        "options", nargs=argparse.REMAINDER, metavar="...", help="passed to it, such as --full or --help"
    )


def run(arguments: argparse.Namespace) -> int:
    known = benchmarks()
    if arguments.name and arguments.name not in known:
        raise Failure(f"There is no benchmark {arguments.name!r}. There are: {', '.join(known)}.")
    failed = 0
    for name in [arguments.name] if arguments.name else known:
        say(f"\n== {name}")
        failed |= in_environment(f"tests.benchmarks.{name}", arguments.options)
    return failed


def benchmarks() -> list[str]:
    """The scripts in tests/benchmarks by name."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem[0] != "_")
