"""Which folders of pictures there are below the folders that datasets are kept in, found by names alone.

A listing is remembered until its folder's modification time changes, so that asking again costs one look per folder,
however many files it holds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..changes import CLOCK_TICK
from ..errors import DatasetError
from ..names import quoted, why_hidden, why_not_name, why_not_place, why_not_text, why_not_visible
from ..paths import is_link
from .folder_scan import VALIDATION_NAMES
from .pictures import IMAGE_SUFFIXES


class _Contents(NamedTuple):
    """What matters of a folder: names of sub-folders and of links, and whether there is a picture."""

    has_picture: bool
    folders: tuple[str, ...]
    links: tuple[str, ...]


_ENDINGS = tuple(IMAGE_SUFFIXES)
_NOTHING = _Contents(False, (), ())
_DEEPEST = 64
"""Folders in a choice; the list offers two."""
_MOST_REMEMBERED = 20_000
_remembered: dict[str, tuple[tuple[int, int], _Contents]] = {}
"""By path: when it was changed and which folder it is, since another may be moved there; what it held."""


def style_choices(roots: Sequence[Path]) -> list[str]:
    """Folders below the roots, two levels deep, that hold a style or several, with / on every system.

    An entry of a root may be a link, since the machine's owner made it. Links deeper inside are not followed.
    """
    choices = {choice for root in roots for choice in _below(root)}
    return sorted(choices, key=str.casefold)


def named_folder(roots: Sequence[Path], choice: object) -> Path | None:
    """The folder that an entry of `style_choices` means, or None if there is none. Any depth is possible.

    Raises:
        DatasetError: the choice is not the name of a folder below the roots, but a path to somewhere else, or goes
            through a link or a hidden folder. The disk is not touched for such a text.
    """
    reason = why_not_text(choice)
    parts = [] if reason else str(choice).split("/")
    reason = reason or why_not_place(parts, _why_not_part)
    if len(parts) > _DEEPEST:
        reason = f"goes {len(parts)} folders deep, at most {_DEEPEST} are possible"
    if not reason and (hidden := next(filter(why_hidden, parts), "")):
        raise DatasetError(
            f"The folder {quoted(hidden)} {why_hidden(hidden)}. Rename it and press R to refresh the list."
        )
    if reason:
        raise DatasetError(
            f"The folder {quoted(choice)} {reason}: only folders inside ComfyUI's datasets and input folders can be "
            "chosen. Put your pictures into one and press R to refresh."
        )
    for root in roots:
        folder = root / parts[0]
        for part in parts[1:]:
            folder /= part
            if is_link(folder):
                raise DatasetError(
                    f"The folder {quoted(choice)} goes through a link, {quoted(part)}. Only links directly in "
                    "ComfyUI's datasets or input folder are followed: put it there, or the pictures in its place."
                )
        if os.path.isdir(folder):  # noqa: PTH112 (False, not an error, for a name the system does not allow)
            return folder
    return None


def _below(root: Path) -> Iterator[str]:
    contents = _contents(root)
    linked = [name for name in contents.links if os.path.isdir(root / name)]  # noqa: PTH112
    for name in (*contents.folders, *linked):
        if _offers(root / name):
            yield name
        for inner in _contents(root / name).folders:
            if _offers(root / name / inner):
                yield f"{name}/{inner}"


def _offers(folder: Path) -> bool:
    """Whether there is a picture in a folder or in one of its sub-folders."""
    contents = _contents(folder)
    return contents.has_picture or any(_contents(folder / name).has_picture for name in contents.folders)


def _contents(folder: Path) -> _Contents:
    key = str(folder)
    try:
        status = folder.stat()
        version = (status.st_mtime_ns, status.st_ino)
        known = _remembered.get(key)
        if known is not None and known[0] == version:
            return known[1]
        contents = _scan(key)
    except OSError:  # missing, or not readable
        return _NOTHING
    if time.time_ns() - status.st_mtime_ns > CLOCK_TICK:
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = (version, contents)
    return contents


def _scan(folder: str) -> _Contents:
    has_picture = False
    folders: list[str] = []
    links: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink():
                links.append(entry.name)
            elif entry.is_dir():
                (links if is_link(Path(entry.path)) else folders).append(entry.name)  # a junction of Windows
            elif not has_picture:
                has_picture = entry.name.lower().endswith(_ENDINGS) and not entry.name.startswith(".")
    return _Contents(has_picture, _offered(folders), _offered(links))


def _offered(names: list[str]) -> tuple[str, ...]:
    return tuple(
        name
        for name in names
        if name.lower() not in VALIDATION_NAMES and not (why_not_text(name) or _why_not_part(name) or why_hidden(name))
    )


def _why_not_part(name: str) -> str:
    """Why a text can't be a folder's name here; except on Windows a folder may be called `a: b`."""
    return why_not_name(name) if os.name == "nt" else why_not_visible(name)
