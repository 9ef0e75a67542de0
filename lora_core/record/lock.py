"""One process at a time writes a run's folder: a lock of the system, or a file in its place where there are none.

Network shares and FUSE mounts often have no locks. A file there names the process that holds it; if it was killed, the
file stays, and is taken over once it is certain that no such process runs on this computer any more.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import time
from pathlib import Path

from ..errors import RunError
from ..files import remove, writing_failed
from ..run_folder import LOCK_FILE, OWNER_FILE

WITHOUT_LOCKS = (
    "The disk of this run has no locks (a network share, for instance), so a file, .lock_owner, stands for one. Do not "
    "train the same run from two computers."
)
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
_LOOK = 0.05
"""Seconds within which a check of whether a lock is held is over; the check itself holds it for a moment."""
_HELD: set[Path] = set()
"""Owner files of this process. Its number alone says little: in a container it is 1 after every restart."""


class BeingTrained(RunError):
    """A run's lock is held."""


class RunLock:
    """Held from construction to `release`."""

    def __init__(self, folder: Path) -> None:
        """Raises BeingTrained if it is held already, RunError if the folder cannot be written."""
        self._owner = folder / OWNER_FILE
        self.soft = False
        """Whether a file stands for the lock."""
        try:
            self._descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise writing_failed(folder, 0, error) from error
        try:
            self._acquire()
        except BaseException:
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        """Gives it back; the system does so as well if the process ends."""
        if self.soft:
            remove(self._owner)
            _HELD.discard(self._owner)
        os.close(self._descriptor)

    def _acquire(self) -> None:
        folder = self._owner.parent
        try:
            try:
                _lock(self._descriptor)
            except (BlockingIOError, PermissionError):
                time.sleep(_LOOK)
                _lock(self._descriptor)
        except (BlockingIOError, PermissionError) as error:
            raise BeingTrained(
                f"The run {folder.name!r} is being trained by another process. Wait for it or use another run name."
            ) from error
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise writing_failed(folder, 0, error) from error
            self._write_owner()

    def _write_owner(self) -> None:
        """Makes the owner file. Raises RunError if another process has, or it cannot be written."""
        own = f"{socket.gethostname()} {os.getpid()}"
        if self._owner.resolve() not in _HELD and _is_gone(self._owner):
            remove(self._owner)
        try:
            with self._owner.open("x", encoding="utf-8") as file:
                file.write(own)
        except FileExistsError as error:
            raise RunError(
                f"The run {self._owner.parent.name!r} is being trained by another process, or was when that one was "
                f"killed. Wait for it; if nothing trains it any more, delete the file {self._owner.name} in its folder."
            ) from error
        except OSError as error:
            raise writing_failed(self._owner, len(own), error) from error
        self._owner = self._owner.resolve()
        _HELD.add(self._owner)
        self.soft = True


def is_held(folder: Path) -> bool:
    """Whether a process trains in a run's folder at this moment. Nothing is written there."""
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR)
    except OSError:  # there is none, or nobody may write here
        return False
    try:
        _lock(descriptor)
    except (BlockingIOError, PermissionError):
        return True
    except OSError:  # a disk without locks
        owner = folder / OWNER_FILE
        return owner.exists() and (owner.resolve() in _HELD or not _is_gone(owner))
    finally:
        os.close(descriptor)
    return False


def _lock(descriptor: int) -> None:
    """Locks a file without waiting. Raises BlockingIOError or PermissionError if it is held, OSError if it can't be."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_gone(owner: Path) -> bool:
    """Whether the process that made an owner file has certainly ended."""
    host = process = ""
    with contextlib.suppress(OSError, ValueError):
        host, process = owner.read_text(encoding="utf-8").split()
    if host != socket.gethostname() or not process.isdigit():
        return False
    if int(process) == os.getpid():
        return True
    if sys.platform == "win32":  # there, asking for a process could end it
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
