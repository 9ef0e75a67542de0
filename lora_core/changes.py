"""The state of a file or a folder as a short text, which changes when it does.

Names, sizes and times are read, not contents, so that thousands of pictures take milliseconds. Only of a file that was
changed in the last moments is the content read too: another change of the same size could get the same time, since
some clocks are coarse.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterable
from pathlib import Path

CLOCK_TICK = 2_000_000_000
"""Nanoseconds after which the next change is sure to get another time: FAT counts in steps of two seconds."""
_END = 4 * 1024**2
"""Bytes that are read of a large file, at its beginning and at its end."""
_MOST_REMEMBERED = 100_000
Stamps = tuple[tuple[int, int], ...]
"""Times of change in nanoseconds, and sizes in bytes; zeros for what is missing."""
_read: dict[str, tuple[str, str]] = {}
"""Of each file that was read: sizes and times at which that was no longer necessary, "" before that; its content."""


def file_state(path: Path) -> str:
    """Of one file. A link is the place that it names, and is not followed."""
    try:
        status = path.lstat()
        return str(path.readlink()) if stat.S_ISLNK(status.st_mode) else state_of(str(path), status)
    except (OSError, ValueError):
        return "missing"


def folder_state(folder: Path) -> str:
    """Of the files directly in a folder, by name and state; hidden ones are left out."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
    except OSError:
        return "missing"
    return digest_of(f"{name}\0{file_state(folder / name)}" for name in names)


def stamps(folder: Path, names: Iterable[str]) -> Stamps:
    """Of entries of a folder, for those that look often: cheap, but blind to two changes within the clock's tick."""
    found = []
    for name in names:
        try:
            status = (folder / name).lstat()
            found.append((status.st_mtime_ns, status.st_size))
        except OSError:
            found.append((0, 0))
    return tuple(found)


def state_of(path: str, status: os.stat_result) -> str:
    """Of the file at `path`, whose `status` is known already. A folder's content does not count."""
    if not stat.S_ISREG(status.st_mode):
        return "not a file"
    stamp = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
    known = _read.get(path)
    now = time.time_ns()
    settled = abs(now - status.st_mtime_ns) > CLOCK_TICK and abs(now - status.st_ctime_ns) > CLOCK_TICK
    if known is None:
        if settled:
            return stamp
    elif known[0] == stamp:
        return known[1]
    try:
        content = _content(path, status.st_size)
    except OSError:
        return stamp
    if len(_read) >= _MOST_REMEMBERED:
        _read.clear()
    _read[path] = (stamp if settled else "", content)
    return content


def digest_of(texts: Iterable[str]) -> str:
    """32 hex digits for any number of texts."""
    digest = hashlib.blake2b(digest_size=16)
    for text in texts:
        digest.update(text.encode("utf-8", errors="surrogatepass") + b"\0")
    return digest.hexdigest()


def _content(path: str, size: int) -> str:
    """The size, and a hash of the content or, of a large file, of its beginning and its end."""
    with open(path, "rb") as file:  # noqa: PTH123 (a text, as os.scandir gives it)
        digest = hashlib.blake2b(file.read(_END), digest_size=16)
        file.seek(max(_END, size - _END))
        digest.update(file.read(_END))
    return f"{size} {digest.hexdigest()}"
