"""Lines on the terminal: what is being done, and how long it took. Standard library only."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Failure(Exception):
    """A command cannot continue; the message says why and what to do, and is shown without a traceback."""


def say(text: str) -> None:
    """Print a line at once, even into a pipe."""
    print(text, flush=True)


def seconds(span: float) -> str:
    """A length of time for a person: "8.1 s", "2 min 05 s", "1 h 03 min"."""
    if round(span, 1) < 60:
        return f"{span:.1f} s"
    whole = round(span)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Announce a step that may take longer than two seconds, and say afterwards how long it took."""
    say(f"{what} ...")
    begun = time.monotonic()
    yield
    say(f"{what}: done in {seconds(time.monotonic() - begun)}")


def plain_output() -> None:
    """Let a terminal that cannot show a character (a Cyrillic path on an old code page) show `?` instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
