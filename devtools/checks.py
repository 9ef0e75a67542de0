"""dev.py test: runs every stage, says how long each took, and exits with a non-zero code if any failed.

pytest comes last, so that its own summary line is the last thing on the screen. Standard library only.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from . import frontend
from .browser import ensure_chromium
from .commands import ready, run_python
from .console import Failure, say, seconds
from .environment import prepare_base
from .places import ROOT

PROCESSES = 2
"""Of pytest. One of them has ComfyUI and the browser; more would need more memory than a small machine has."""
VARIABLES = {"ATELIER_BROWSER": "required", "OMP_WAIT_POLICY": "PASSIVE"}
"""Threads that wait for others give their core up meanwhile: several processes share all cores."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fast", action="store_true", help="the unit tests alone, no ComfyUI and no browser")
    parser.add_argument("--only-pytest", action="store_true", help="leave out ruff, mypy and the front end's checks")
    parser.add_argument(
        "pytest_arguments",
        nargs=argparse.REMAINDER,
        metavar="...",
        help="passed to pytest: paths under tests/ or options, such as tests/unit -k buckets",
    )


def run(arguments: argparse.Namespace) -> int:
    _, python = ready()
    failed: list[str] = []
    if not arguments.only_pytest:
        for name, stage in _stages(python):
            if not _timed(name, stage):
                failed.append(name)
    if not arguments.fast:
        _prepare_browser()
    if failed:
        say(f"\nFAILED so far: {', '.join(failed)}")
    say("\n== pytest")
    code = run_python(python, ["-m", "pytest", *_pytest_arguments(arguments)], **VARIABLES)
    return code or bool(failed)


def _prepare_browser() -> None:
    """Without a browser the browser tests fail, if any of them are run."""
    try:
        ensure_chromium()
    except Failure as failure:
        say(f"\n{failure}")


def _stages(python: Path) -> list[tuple[str, Callable[[], bool]]]:
    tools = prepare_base()
    stages: list[tuple[str, Callable[[], bool]]] = [
        ("ruff check", lambda: run_python(tools, ["-m", "ruff", "check", "."]) == 0),
        ("ruff format", lambda: _formatted(tools)),
        ("mypy", lambda: run_python(tools, ["-m", "mypy", "--cache-dir", ROOT / ".mypy_cache"]) == 0),
    ]
    if frontend.has_types():
        stages.append(("front end types", lambda: frontend.check_types(python)))
    if frontend.has_tests():
        stages.append(("front end tests", lambda: frontend.run_tests(python)))
    return stages


def _formatted(tools: Path) -> bool:
    good = run_python(tools, ["-m", "ruff", "format", "--check", "-q", "."]) == 0
    if not good:
        say("  `python dev.py format` fixes this.")
    return good


def _timed(name: str, stage: Callable[[], bool]) -> bool:
    say(f"\n== {name}")
    begun = time.monotonic()
    try:
        good = stage()
    except Failure as failure:
        say(str(failure))
        good = False
    say(f"== {name}: {'passed' if good else 'FAILED'} in {seconds(time.monotonic() - begun)}")
    return good


def _pytest_arguments(arguments: argparse.Namespace) -> list[str]:
    """What the user gave. Without a path among it: everything, in two processes (see tests/two_streams.py)."""
    given = [part for part in arguments.pytest_arguments if part != "--"]
    if any((ROOT / part.split("::")[0]).exists() for part in given if not part.startswith("-")):
        return given
    return ["tests/unit" if arguments.fast else "tests", "-n", str(PROCESSES), "--no-loadscope-reorder", *given]
