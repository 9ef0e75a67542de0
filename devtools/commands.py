"""Running a part of devtools inside the environment. Standard library only."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .comfyui import Checkout, chosen_checkout, default_checkout
from .environment import prepare, prepare_base
from .places import ROOT


def ready() -> tuple[Checkout, Path]:
    """The ComfyUI to use and the Python of its environment; both are made if they are not there yet."""
    chosen = chosen_checkout()
    if chosen is not None:
        return chosen, prepare(chosen)
    python = prepare_base()
    return default_checkout(python), python


def run_python(python: Path, arguments: Sequence[str | Path]) -> int:
    """Run a Python of ours in the repository; its exit code. Ctrl+C is the child's to answer first."""
    environment = dict(os.environ, PYTHONUTF8="1")
    child = subprocess.Popen([str(python), *map(str, arguments)], cwd=ROOT, env=environment)
    try:
        return child.wait()
    except KeyboardInterrupt:
        try:
            return child.wait(60)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            child.kill()
            raise KeyboardInterrupt from None


def in_environment(module: str, arguments: Sequence[str | Path]) -> int:
    """Run `python -m module` in the environment of the chosen ComfyUI; its exit code."""
    _, python = ready()
    return run_python(python, ["-m", module, *arguments])
