"""A child of devtools ends when its parent does, however that ends: real processes, really killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from devtools import child
from devtools.places import ROOT

WITHIN = 30.0
"""Seconds; a child looks twice a second and may take ten to end."""

# Starts a script as its child and waits for it; that may be this one again.
PARENT = f"""
import subprocess, sys
sys.path.insert(0, {str(ROOT)!r})
from devtools import child
subprocess.Popen(child.command(sys.executable, sys.argv[1:]), start_new_session=True).wait()
"""
WAITS = """
import asyncio, os, sys
from pathlib import Path
try:
    Path("started").write_text(str(os.getpid()))
    asyncio.new_event_loop().run_forever()
finally:
    Path("ended").touch()
"""
IS_DEAF = """
import os, time
from pathlib import Path
Path("started").write_text(str(os.getpid()))
while True:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""


def until(good: Callable[[], object]) -> None:
    end = time.monotonic() + WITHIN
    while not good():
        assert time.monotonic() < end, f"not within {WITHIN:.0f} s"
        time.sleep(0.05)


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def family(folder: Path, text: str, *between: str) -> tuple[subprocess.Popen[bytes], psutil.Process]:
    """A parent, and the process at the end of the line, which runs `text`."""
    last = folder / "дитя 1.py"
    last.write_text(text, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, *between, str(last)], cwd=folder)
    told = folder / "started"
    until(lambda: told.exists() and told.read_text())
    return parent, psutil.Process(int(told.read_text()))


def end_of(parent: subprocess.Popen[bytes], last: psutil.Process, sent: int) -> None:
    """Ends the parent by a signal, and waits for the other's end; whatever comes of it, nothing is left running."""
    try:
        assert not ended(last)
        parent.send_signal(sent)
        parent.wait()
        until(lambda: ended(last))
    finally:
        if not ended(last):
            last.kill()


@pytest.mark.parametrize("sent", [signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)])
def test_a_child_follows_its_parent_and_may_clean_up(tmp_path: Path, sent: int) -> None:
    end_of(*family(tmp_path, WAITS), sent)
    assert (tmp_path / "ended").exists()


def test_a_child_that_does_not_listen_is_ended(tmp_path: Path) -> None:
    end_of(*family(tmp_path, IS_DEAF), getattr(signal, "SIGKILL", signal.SIGTERM))


def test_a_grandchild_follows_too(tmp_path: Path) -> None:
    between = tmp_path / "between.py"
    between.write_text(PARENT, encoding="utf-8")
    end_of(*family(tmp_path, WAITS, str(between)), getattr(signal, "SIGKILL", signal.SIGTERM))
    assert (tmp_path / "ended").exists()


def test_a_child_runs_a_module_as_python_does(tmp_path: Path) -> None:
    (tmp_path / "some_module.py").write_text("import sys; print(__name__, sys.argv[1:], sys.path[0])", encoding="utf-8")
    command = child.command(sys.executable, ["-m", "some_module", "--x"])
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    assert ran.stdout.strip() == f"__main__ ['--x'] {tmp_path}"
