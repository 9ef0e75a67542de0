"""Running a part of devtools inside the environment. Standard library only."""

from __future__ import annotations

import argparse
import functools
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import child
from .comfyui import Checkout, chosen_checkout, default_checkout
from .environment import prepare, prepare_base
from .places import ROOT

Run = Callable[[argparse.Namespace], int]


def ready() -> tuple[Checkout, Path]:
    """The ComfyUI to use and the Python of its environment; both are created if they are missing."""
    chosen = chosen_checkout()
    if chosen is not None:
        return chosen, prepare(chosen)
    python = prepare_base()
    return default_checkout(python), python


def run_python(python: Path, arguments: Sequence[str | Path], **variables: str) -> int:
    """Run a script, or -m and a module, in the repository; its exit code. The child handles Ctrl+C first."""
    environment = dict(os.environ, PYTHONUTF8="1", **variables)
    process = subprocess.Popen(child.command(python, arguments), cwd=ROOT, env=environment)
    try:
        return process.wait()
    except KeyboardInterrupt:
        try:
            return process.wait(60)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            process.kill()
            raise KeyboardInterrupt from None


def in_environment(module: str, arguments: Sequence[str | Path]) -> int:
    """Run `python -m module` in the environment of the chosen ComfyUI; its exit code."""
    _, python = ready()
    return run_python(python, ["-m", module, *arguments])


def inside(run: Run) -> Run:
    """A command's `run` that needs the environment: dev.py starts itself there again with the same arguments."""

    @functools.wraps(run)
    def start(arguments: argparse.Namespace) -> int:
        _, python = ready()
        if python.parent.parent.samefile(sys.prefix):
            return run(arguments)
        return run_python(python, [ROOT / "dev.py", *sys.argv[1:]])

    return start
