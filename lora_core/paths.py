"""Which links are followed: those that the owner of the machine made, none inside what may have been shared.

A folder of pictures or of a run may come from a stranger, in an archive that can hold links. They are checked by
`lstat` and by their own text: merely looking at a target on another computer would send it the user's login.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .errors import RunError
from .names import OLD_RUN, check_name, quoted
from .run_folder import FOLDERS, HISTORY_FILE, RUN_FILE

_HOPS = 40
"""The longest chain of links that is followed: as long as in Linux."""
_KEPT = (RUN_FILE, HISTORY_FILE, *FOLDERS)
_WINDOWS_LINKS = (0xA0000003, 0xA000000C)
"""Reparse tags of a junction and a symbolic link. Others, such as those of cloud placeholders, are files."""


def is_link(place: Path | os.DirEntry[str]) -> bool:
    """Whether a path is a symbolic link or a Windows junction; its target is not looked at."""
    try:
        status = place.stat(follow_symlinks=False)
    except (OSError, ValueError):
        return False
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) in _WINDOWS_LINKS


def leads_out(path: Path, folder: Path) -> bool:
    """Whether an entry of `folder`, or of a folder in it, is a link to something outside it.

    A link to nothing or to itself does not lead out. A chain of links is followed by reading their texts.
    """
    if not is_link(path):
        return False
    root = Path(os.path.abspath(folder))  # noqa: PTH100 (resolve would follow links)
    real = root.resolve()  # the folder itself may be its owner's link
    here = root / path.relative_to(folder)
    for _ in range(_HOPS):
        if not is_link(here):
            return False
        target = Path(os.path.normpath(here.parent / _plain(os.readlink(here))))  # noqa: PTH115 (a text, not a path)
        if target.is_relative_to(real):
            target = root / target.relative_to(real)
        if not target.is_relative_to(root) or _through_a_link(target, root):
            return True
        if target == here:
            return False
        here = target
    return False


def _plain(target: str) -> str:
    """A link's text without the prefix that Windows puts before paths of any length."""
    if target.startswith("\\\\?\\UNC\\"):
        return "\\\\" + target.removeprefix("\\\\?\\UNC\\")
    return target.removeprefix("\\\\?\\")


def _through_a_link(target: Path, root: Path) -> bool:
    return any(is_link(parent) for parent in target.parents if parent.is_relative_to(root) and parent != root)


def check_run_folder(folder: Path) -> None:
    """Refuses a run's folder that is a link or holds one, through which any file could be served or overwritten.

    A pipe is refused as well: opening it would wait for ever.

    Raises:
        RunError: it does; the message names the link.
    """
    if is_link(folder):
        raise RunError(
            f"The run {quoted(folder.name)} is a link to another folder, and links to runs are not followed. "
            "Move the run's folder itself there."
        )
    for inside in (folder, *(folder / name for name in FOLDERS)):
        for entry in _entries(inside):
            if is_link(entry) or not _is_file_or_folder(entry):
                place, what = entry.relative_to(folder).as_posix(), "a link" if is_link(entry) else "a pipe or a device"
                raise RunError(
                    f"The run {quoted(folder.name)} holds {what}, {quoted(place)}, which is not opened in a run. "
                    "Delete it, or put the file itself in its place."
                )


def run_to_train(runs: Path, name: object) -> Path:
    """The folder of a run in the folder of all runs, to start or to resume.

    Raises:
        RunError: the name can't be a folder's; the folder is or holds a link; or it has parts of a run but no
            run.json, so that a new run would overwrite them.
    """
    folder = runs / check_name(name, limit=OLD_RUN)
    if not os.path.lexists(folder):
        check_name(name)
    check_run_folder(folder)
    found = [kept for kept in _KEPT if os.path.lexists(folder / kept)]
    if found and RUN_FILE not in found:
        raise RunError(
            f"The run {quoted(folder.name)} has {', '.join(found)} but no run.json, so training would overwrite "
            "them. Choose another run name, or move that folder away."
        )
    return folder


def _is_file_or_folder(entry: Path) -> bool:
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError:  # gone already: a temporary file of the training in progress
        return True
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _entries(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [folder / entry.name for entry in entries]
    except OSError:  # missing, or a file
        return []
