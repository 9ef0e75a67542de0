"""Trainings that are to stop where they are and be used: asked for by the browser, obeyed by the run's watcher."""

from __future__ import annotations

import threading

from ...lora_core.errors import RunError
from ...lora_core.names import quoted

_lock = threading.Lock()
_asked: dict[str, bool] = {}
"""The runs that train at this moment, by name, and whether they were asked to stop."""


def begin(run: str) -> None:
    """A run trains from now on."""
    with _lock:
        _asked[run] = False


def end(run: str) -> None:
    """It trains no more."""
    with _lock:
        _asked.pop(run, None)


def ask(run: str) -> None:
    """Asks a run to stop. Raises RunError if it does not train."""
    with _lock:
        if run not in _asked:
            raise RunError(f"The run {quoted(run)} does not train at this moment, so there is nothing to stop.")
        _asked[run] = True


def is_asked(run: str) -> bool:
    """Whether it was asked to stop."""
    return _asked.get(run, False)
