"""Writing files so that a crash, a kill or a full disk never leaves half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from pathlib import Path
from threading import get_ident

from .errors import RunError


def atomic_write(path: Path, data: bytes) -> None:
    """Writes `data` to `path` whole or not at all.

    The bytes go to a temporary file beside `path`, are flushed to the disk, and replace `path` in one step, so a
    reader sees the old file or the new one. When it returns, a power cut cannot take the new one back.

    Raises:
        RunError: the disk is full or the folder cannot be written; what was at `path` before is untouched.
    """
    writer = f"{os.getpid()}-{get_ident()}"  # threads of a server may write the same file at once
    temporary = path.with_name(f".{path.name[:40]}.{writer}.tmp")  # names have an upper limit of 255 bytes
    try:
        make_folder(path.parent)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        remove(temporary)
        raise writing_failed(path, len(data), error) from error


def make_folder(folder: Path) -> None:
    """Makes a folder, with those above it, unless it exists; a power cut cannot take it back.

    Raises:
        OSError: it cannot be made.
    """
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in made:
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Flushes to the disk which files are in a folder, under which names: to flush the files does not include that.

    Windows cannot open a folder, and some network file systems cannot flush one: there nothing more can be done.
    """
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def clear_leftovers(folder: Path) -> None:
    """Deletes what a kill in the middle of `atomic_write` left below `folder`. Nobody else may be writing there."""
    for temporary in folder.rglob(".*.tmp"):
        remove(temporary)


def remove(path: Path) -> None:
    """Deletes a file that is no longer wanted. One that is in use, on Windows, stays: that is no reason to stop."""
    with contextlib.suppress(OSError):
        path.unlink()


def writing_failed(path: Path, size: int, error: OSError) -> RunError:
    """The error to show when `size` bytes could not be written to `path`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        free = shutil.disk_usage(next(folder for folder in path.parents if folder.exists())).free
        return RunError(
            f"The disk is full: {path} needs {size / 1e6:.1f} MB and {free / 1e6:.1f} MB are free. Everything saved "
            "before is intact. Make room and run again: training resumes from its last saved state."
        )
    in_the_way = file_in_the_way(path)
    if in_the_way is not None:
        return RunError(f"Cannot write {path}: {in_the_way} is a file, not a folder. Rename or move it, and run again.")
    return RunError(f"Cannot write {path}: {error}. Check that the folder exists and may be written to.")


def file_in_the_way(path: Path) -> Path | None:
    """What is no folder though `path` is to lie in it; None if there is nothing of that kind."""
    there = next((folder for folder in path.parents if os.path.lexists(folder)), None)
    return there if there is not None and not there.is_dir() else None


def _replace(source: Path, target: Path) -> None:
    """os.replace, patient with Windows, where a virus scanner or an indexer may hold the target for a moment."""
    for wait in (0.05, 0.2, 0.5, 1.0):
        try:
            source.replace(target)
            return
        except PermissionError:
            time.sleep(wait)
    source.replace(target)
