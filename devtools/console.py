"""Lines on the terminal: what is being done, and how long it took. Standard library only."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class Failure(Exception):
    """A command cannot go on; the message says why and what to do, and is shown without a traceback."""


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
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


def follow(
    command: Sequence[str | Path],
    *,
    log: Path,
    note: Callable[[str], str | None],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    every: float = 3.0,
) -> None:
    """Run a long command with its output in `log`; print the lines `note` finds worth it, at most one in `every` s.

    Raises Failure with the end of the output if the command fails.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    begun = last = time.monotonic()
    tail: deque[str] = deque(maxlen=20)
    with log.open("a", encoding="utf-8") as out:
        out.write(f"\n$ {' '.join(map(str, command))}\n")
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                out.write(line)
                tail.append(line.rstrip())
                told = note(line.strip())
                if told and time.monotonic() - last >= every:
                    last = time.monotonic()
                    say(f"  {seconds(last - begun):>12}  {told}")
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
    if code != 0:
        end = "\n".join(f"    {line}" for line in tail if line)
        said = " ".join(map(str, command))
        raise Failure(f"This command failed with exit code {code}:\n    {said}\n{end}\nFull log: {log}")


def plain_output() -> None:
    """Let a terminal that cannot show a character (a Cyrillic path on an old code page) show `?` instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
