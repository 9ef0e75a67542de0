"""A child of devtools ends when its parent does, however that ends: real processes, really killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from devtools import child
from devtools.places import ROOT

WITHIN = 30.0
"""Seconds; a child looks twice a second and may take ten to end."""

PARENT = """
import subprocess, sys
from pathlib import Path
from devtools import child
script, *more = sys.argv[1:]
process = subprocess.Popen(child.command(sys.executable, [script, *more]), start_new_session=True)
Path(script).with_suffix(".pid").write_text(str(process.pid))
process.wait()
"""
WAITING = """
import asyncio, sys
from pathlib import Path
here = Path(__file__)
here.with_suffix(".started").touch()
try:
    asyncio.new_event_loop().run_forever()
finally:
    here.with_suffix(".ended").touch()
"""
DEAF = """
import time
from pathlib import Path
Path(__file__).with_suffix(".started").touch()
while True:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""


def until(good: object) -> bool:
    end = time.monotonic() + WITHIN
    while not good():  # type: ignore[operator]
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class Family:
    """A parent and its child, which runs a script."""

    def __init__(self, folder: Path, text: str) -> None:
        self.script = folder / "\u0434\u0438\u0442\u044f 1.py"
        self.script.write_text(text, encoding="utf-8")
        self.parent = subprocess.Popen([sys.executable, "-c", PARENT, str(self.script)], cwd=ROOT)
        assert until(self.script.with_suffix(".started").exists)
        assert until(lambda: self.script.with_suffix(".pid").exists() and self.script.with_suffix(".pid").read_text())
        self.child = psutil.Process(int(self.script.with_suffix(".pid").read_text()))

    def child_has_ended(self) -> bool:
        return not self.child.is_running() or self.child.status() == psutil.STATUS_ZOMBIE

    def end(self) -> None:
        for process in (self.parent, self.child):
            if process.is_running() if isinstance(process, psutil.Process) else process.poll() is None:
                process.kill()
        self.parent.wait()


@pytest.fixture
def family(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Family]:
    made = Family(tmp_path, getattr(request, "param", WAITING))
    yield made
    made.end()


@pytest.mark.parametrize("end", [signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)])
def test_a_child_follows_its_parent_and_may_clean_up(family: Family, end: signal.Signals) -> None:
    assert not family.child_has_ended()
    family.parent.send_signal(end)
    family.parent.wait()
    assert until(family.child_has_ended)
    assert family.script.with_suffix(".ended").exists()


@pytest.mark.parametrize("family", [DEAF], indirect=True)
def test_a_child_that_does_not_listen_is_ended(family: Family) -> None:
    family.parent.kill()
    family.parent.wait()
    assert until(family.child_has_ended)


def test_a_grandchild_follows_too(tmp_path: Path) -> None:
    between = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{PARENT}"
    middle, last = tmp_path / "middle.py", tmp_path / "last.py"
    middle.write_text(between, encoding="utf-8")
    last.write_text(WAITING, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(middle), str(last)], cwd=ROOT)
    assert until(last.with_suffix(".started").exists)
    assert until(lambda: last.with_suffix(".pid").exists() and last.with_suffix(".pid").read_text())
    grandchild = psutil.Process(int(last.with_suffix(".pid").read_text()))
    parent.kill()
    parent.wait()
    ended = until(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)
    if not ended:
        grandchild.kill()
    assert ended


def test_a_child_runs_a_module_as_python_does(tmp_path: Path) -> None:
    (tmp_path / "some_module.py").write_text("import sys; print(__name__, sys.argv[1:], sys.path[0])", encoding="utf-8")
    command = child.command(sys.executable, ["-m", "some_module", "--x"])
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    assert ran.stdout.strip() == f"__main__ ['--x'] {tmp_path}"
