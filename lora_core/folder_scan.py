"""What lies in a folder of pictures: pictures, the validation sub-folder, and what is not used, by name only.

The folder itself is read and its `val/` or `validation/`; other sub-folders are not entered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .captions import caption_path
from .errors import DatasetError
from .pictures import IMAGE_SUFFIXES, name_key, shown_name

VALIDATION_NAMES = ("val", "validation")
_JUNK_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir"})
_PHOTO_RAW = {".raw", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf"}
_UNUSABLE_SUFFIXES = _PHOTO_RAW | {
    *(".psd", ".psb", ".xcf", ".svg", ".pdf", ".eps", ".ai"),
    *(".tga", ".exr", ".hdr", ".jxl"),
}
_NAMES_SHOWN = 5


@dataclass(frozen=True)
class Listing:
    """The contents of one folder, each part sorted by name.

    `unusable` are pictures in formats that are not read; `notes` are remarks for the user.
    """

    pictures: tuple[Path, ...]
    unusable: tuple[Path, ...]
    validation: Path | None
    sub_folders: tuple[Path, ...]
    notes: tuple[str, ...]


def list_folder(folder: Path) -> Listing:
    """Sort out what a folder holds without opening any file.

    Raises:
        DatasetError: the folder is missing, is a file, or cannot be read.
    """
    entries = _entries(folder)
    is_folder = {entry: _is_folder(entry) for entry in entries}
    folders = [entry for entry in entries if is_folder[entry]]
    files = [entry for entry in entries if not is_folder[entry]]
    pictures = [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
    unusable = [file for file in files if file.suffix.lower() in _UNUSABLE_SUFFIXES]
    captions = [file for file in files if file.suffix.lower() == ".txt"]
    known = {*pictures, *unusable, *captions}
    validation = [entry for name in VALIDATION_NAMES for entry in folders if entry.name.lower() == name]
    others = [entry for entry in folders if entry not in validation[:1]]
    notes = [
        *_remark("Sub-folder not read (only the folder itself and val/ are)", others),
        *_remark("Not a picture, left alone", [file for file in files if file not in known]),
        *_caption_remarks(pictures, captions),
    ]
    return Listing(tuple(pictures), tuple(unusable), validation[0] if validation else None, tuple(others), tuple(notes))


def find_styles(folder: Path) -> list[Path]:
    """The style folders in a folder: itself if it has pictures of its own, else its sub-folders that have some.

    Hidden folders and val/ are no styles.

    Raises:
        DatasetError: the folder is missing or cannot be read, or there is no picture in it or one level below.
    """
    listing = list_folder(folder)
    if listing.pictures:
        return [folder]
    styles = [entry for entry in listing.sub_folders if _has_pictures(entry)]
    if not styles:
        raise DatasetError(
            f"No pictures in {folder} or its sub-folders. Put the pictures of a style into one folder, "
            f"as {', '.join(sorted(IMAGE_SUFFIXES & {'.jpg', '.png', '.webp'}))} files."
        )
    return styles


def fingerprint(folder: Path) -> str:
    """32 hex digits that change when a file in the folder or its val/ is added, removed, renamed or edited.

    Only names, sizes and times are looked at, so ten thousand pictures take a fraction of a second.

    Raises:
        DatasetError: the folder is missing or cannot be read.
    """
    listing = list_folder(folder)
    entries = [*_entries(folder), *(_entries(listing.validation) if listing.validation else ())]
    digest = hashlib.blake2b(digest_size=16)
    for entry in entries:
        try:
            status = entry.stat()
            state = f"{status.st_size} {status.st_mtime_ns}"
        except OSError:  # a link to nowhere, a ring of links
            state = "unreadable"
        digest.update(f"{entry}\0{state}\0".encode("utf-8", errors="surrogatepass"))
    return digest.hexdigest()


def names(paths: Sequence[Path], shown: int = _NAMES_SHOWN) -> str:
    """ "a.png, b.png and 3 more"."""
    text = ", ".join(shown_name(path) for path in paths[:shown])
    return text + (f" and {len(paths) - shown} more" if len(paths) > shown else "")


def _entries(folder: Path) -> list[Path]:
    try:
        entries = list(folder.iterdir())
    except FileNotFoundError as error:
        raise DatasetError(f"The folder {folder} does not exist.") from error
    except NotADirectoryError as error:
        raise DatasetError(f"{folder} is a file; give the folder that the pictures are in.") from error
    except OSError as error:
        raise DatasetError(f"The folder {folder} cannot be read ({error.strerror or error}).") from error
    return sorted((entry for entry in entries if not _is_junk(entry)), key=name_key)


def _is_folder(entry: Path) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # not allowed to look, or a path longer than the system takes
        return False


def _is_junk(entry: Path) -> bool:
    """Hidden files (.DS_Store and the ._ files of macOS among them) and what Windows and NAS boxes leave behind."""
    return entry.name.startswith(".") or entry.name.lower() in _JUNK_NAMES


def _has_pictures(folder: Path) -> bool:
    if folder.name.lower() in VALIDATION_NAMES:
        return False
    try:
        return bool(list_folder(folder).pictures)
    except DatasetError:
        return False  # a sub-folder that may not be entered is no reason to refuse the others


def _remark(what: str, paths: Sequence[Path]) -> list[str]:
    return [f"{what}: {names(paths)}"] if paths else []


def _caption_remarks(pictures: Sequence[Path], captions: Sequence[Path]) -> list[str]:
    owners: dict[Path, list[Path]] = {}
    for picture in pictures:
        owners.setdefault(caption_path(picture), []).append(picture)
    shared = [
        f"{names(users)} share one caption file, {shown_name(caption)}"
        for caption, users in owners.items()
        if len(users) > 1 and caption in captions
    ]
    return [*_remark("Caption without a picture", [file for file in captions if file not in owners]), *shared]
