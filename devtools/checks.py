"""dev.py test: runs every stage, says how long each took, and exits with a non-zero code if any failed.

What takes long before pytest, and needs little of the machine, runs beside the rest. pytest comes last, so that its own
summary line is the last thing on the screen. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from . import child, frontend
from .commands import ready, run_python
from .console import Failure, say, seconds
from .environment import prepare_base
from .places import ROOT

PROCESSES = 2
"""Of pytest. One of them has ComfyUI and the browser; more would need more memory than a small machine has."""


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
    given = [part for part in arguments.pytest_arguments if part != "--"]
    # Without a browser the browser tests fail, if any of them are run.
    browser = None if arguments.fast else Meanwhile(sys.executable, ["-m", "devtools.browser"])
    _, python = ready()
    shared_out = not _name_tests(given)
    failed = [] if arguments.only_pytest else _check(python, shared_out and not arguments.fast)
    if browser is not None:
        browser.ended_well()
    if failed:
        say(f"\nFAILED so far: {', '.join(failed)}")
    say("\n== pytest")
    variables = _variables(PROCESSES if shared_out else 1)
    code = run_python(python, ["-m", "pytest", *_pytest_arguments(given, arguments.fast)], **variables)
    return code or bool(failed)


def _check(python: Path, everything: bool) -> list[str]:
    """Every stage before pytest; the names of those that failed."""
    tools = prepare_base()
    mypy = Meanwhile(tools, ["-m", "mypy", "--cache-dir", ROOT / ".mypy_cache"])
    stages = _stages(python, tools)
    if everything:  # or both of pytest's processes would build the same ones
        stages.append(("stand-in models", lambda: run_python(python, ["-m", "devtools.standins"]) == 0))
    stages.append(("mypy", mypy.ended_well))
    return [name for name, stage in stages if not _timed(name, stage)]


class Meanwhile:
    """Python that runs beside the stages; what it says is kept until they are over."""

    def __init__(self, python: str | Path, arguments: Sequence[str | Path]):
        self._process = subprocess.Popen(
            child.command(python, arguments),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )

    def ended_well(self) -> bool:
        """Waits for its end and shows what it said; whether its exit code is 0."""
        said, _ = self._process.communicate()
        if said:
            say(said.rstrip())
        return self._process.returncode == 0


def _stages(python: Path, tools: Path) -> list[tuple[str, Callable[[], bool]]]:
    stages: list[tuple[str, Callable[[], bool]]] = [
        ("ruff check", lambda: run_python(tools, ["-m", "ruff", "check", "."]) == 0),
        ("ruff format", lambda: _formatted(tools)),
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


def _variables(processes: int) -> dict[str, str]:
    """For pytest in so many processes: each has its share of the cores.

    torch's threads give theirs up while they wait for others; numpy's do not, and with them small matrices take three
    times as long.
    """
    threads = max(1, (os.cpu_count() or 1) // processes)
    torchs = {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}
    return {"ATELIER_BROWSER": "required", "OPENBLAS_NUM_THREADS": "1", **torchs}


def _name_tests(given: Sequence[str]) -> bool:
    return any((ROOT / part.split("::")[0]).exists() for part in given if not part.startswith("-"))


def _pytest_arguments(given: Sequence[str], fast: bool) -> list[str]:
    """What the user gave. Without a path among it: everything, in two processes (see tests/two_streams.py)."""
    if _name_tests(given):
        return [*given]
    return ["tests/unit" if fast else "tests", "-n", str(PROCESSES), "--no-loadscope-reorder", *given]
