"""Who may write a run's folder, also on a file system without locks: this machine's is made to refuse them."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lora_core.errors import RunError
from lora_core.record import lock
from lora_core.record.lock import RunLock

posix = pytest.mark.skipif(sys.platform == "win32", reason="flock is POSIX's, as is asking whether a process runs")


@pytest.fixture(params=["ENOSYS", "ENOLCK", "EOPNOTSUPP"])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """flock fails as it does on network shares and FUSE mounts."""
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_arguments: object) -> None:
        raise OSError(getattr(errno, request.param), "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)


def ended_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_one_at_a_time(tmp_path: Path) -> None:
    held = RunLock(tmp_path)
    assert not held.soft
    with pytest.raises(RunError, match="is being trained by another process"):
        RunLock(tmp_path)
    held.release()
    RunLock(tmp_path).release()
    assert not (tmp_path / ".lock_owner").exists()


@posix
def test_without_locks_a_file_stands_for_one(tmp_path: Path, no_locks: None) -> None:
    held = RunLock(tmp_path)
    assert held.soft
    assert (tmp_path / ".lock_owner").read_text(encoding="utf-8") == f"{socket.gethostname()} {os.getpid()}"
    with pytest.raises(RunError, match=r"or was when that one was killed.*delete the file \.lock_owner"):
        RunLock(tmp_path)
    held.release()
    assert not (tmp_path / ".lock_owner").exists()
    RunLock(tmp_path).release()


@posix
def test_the_file_of_a_process_that_was_killed_is_taken_over(tmp_path: Path, no_locks: None) -> None:
    owner = tmp_path / ".lock_owner"
    for process in (ended_process(), os.getpid()):  # the latter after a restart in a container
        owner.write_text(f"{socket.gethostname()} {process}", encoding="utf-8")
        RunLock(tmp_path).release()


@posix
@pytest.mark.parametrize("content", ["{host} {parent}", "elsewhere 1", "", "what is this"])
def test_the_file_of_what_may_still_run_is_left(tmp_path: Path, no_locks: None, content: str) -> None:
    owner = tmp_path / ".lock_owner"
    owner.write_text(content.format(host=socket.gethostname(), parent=os.getppid()), encoding="utf-8")
    before = owner.read_bytes()
    with pytest.raises(RunError, match="is being trained by another process"):
        RunLock(tmp_path)
    assert owner.read_bytes() == before


@posix
def test_other_errors_are_said_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(lock, "_lock", broken)
    with pytest.raises(RunError, match="Input/output error"):
        RunLock(tmp_path)
    with pytest.raises(RunError, match="Cannot write"):
        RunLock(tmp_path / "missing")
