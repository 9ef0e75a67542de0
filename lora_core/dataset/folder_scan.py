"""What is in a folder of pictures: pictures, the validation sub-folder, and what is not used, by name only.

Only the folder itself and its `val/` or `validation/` are read. Other sub-folders and links to folders are not entered,
and a link that leads out of the folder is listed and not followed: the folder may come from a stranger.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..changes import digest_of, state_of
from ..errors import DatasetError
from ..names import shown_name
from ..paths import is_link, leads_out
from .captions import CAPTION_SUFFIXES, caption_paths, is_copies_folder
from .pictures import IMAGE_SUFFIXES, name_key

VALIDATION_NAMES = ("val", "validation")
_JUNK_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir"})
_PHOTO_RAW = {".raw", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf"}
_VIDEOS = frozenset({".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".wmv", ".mpg", ".mpeg"})
_UNUSABLE_SUFFIXES = (
    _PHOTO_RAW
    | _VIDEOS
    | {
        *(".psd", ".psb", ".xcf", ".svg", ".pdf", ".eps", ".ai"),
        *(".tga", ".exr", ".hdr", ".jxl", ".apng", ".ico", ".ppm", ".pgm", ".pbm", ".pcx"),
    }
)
_LISTS = frozenset({".json", ".jsonl", ".csv", ".tsv", ".parquet", ".xml", ".yaml", ".yml", ".toml"})
"""Formats in which other programs keep the captions of many pictures, or of one."""
_NAMES_SHOWN = 5


@dataclass(frozen=True)
class Listing:
    """The contents of one folder, each part sorted by name.

    `unusable` are pictures in formats that are not read, `elsewhere` those that are links out of the style's folder;
    `notes` are remarks for the user.
    """

    pictures: tuple[Path, ...]
    unusable: tuple[Path, ...]
    elsewhere: tuple[Path, ...]
    validation: Path | None
    notes: tuple[str, ...]


def list_folder(folder: Path, style: Path | None = None) -> Listing:
    """Sort out what a folder holds without opening any file.

    Args:
        style: the folder of the style, out of which no link may lead, if `folder` is its val/.

    Raises:
        DatasetError: the folder is missing, is a file, or cannot be read.
    """
    entries = _entries(folder)
    links = {entry for entry in entries if is_link(entry)}
    outward = {entry for entry in links if leads_out(entry, style or folder)}
    folders = [entry for entry in entries if entry not in outward and _is_folder(entry)]
    files = [entry for entry in entries if entry not in folders]
    images = [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
    pictures = [image for image in images if image not in outward]
    unusable = [file for file in files if file.suffix.lower() in _UNUSABLE_SUFFIXES]
    captions = [file for file in files if file.suffix.lower() in CAPTION_SUFFIXES]
    lists = [file for file in files if file.suffix.lower() in _LISTS and file not in outward]
    held_out = [entry for name in VALIDATION_NAMES for entry in entries if entry.name.lower() == name]
    validation = next((entry for entry in held_out if entry in folders and entry not in links), None)
    linked = [entry for entry in held_out if entry in links]
    others = [entry for entry in folders if entry not in (validation, *linked) and not is_copies_folder(entry)]
    astray = [file for file in files if file in outward and file not in (*images, *captions, *linked)]
    known = {*images, *unusable, *captions, *lists, *linked, *astray}
    notes = [
        *_remark("A link, so not used for validation; put the pictures themselves into such a folder", linked),
        *_remark("A link that leads out of the folder, not followed", astray),
        *_remark("Sub-folder not read (only the folder itself and val/ are)", others),
        *_remark(
            "Not read, even if captions are in it (a caption is a .txt or .caption file beside its picture)", lists
        ),
        *_remark("Not a picture, left alone", [file for file in files if file not in known]),
        *_caption_remarks(pictures, captions),
    ]
    elsewhere = tuple(image for image in images if image in outward)
    return Listing(tuple(pictures), tuple(unusable), elsewhere, validation, tuple(notes))


def find_styles(folder: Path) -> list[Path]:
    """The style folders in a folder: itself if it has pictures of its own, else its sub-folders that have some.

    Hidden folders, val/ and links do not count as styles. A folder is searched only up to its first picture.

    Raises:
        DatasetError: the folder is missing or cannot be read, or there is no picture in it or one level below.
    """
    folders = []
    for entry in _scan(folder):
        if _is_picture(entry, folder):
            return [folder]
        if entry.is_dir(follow_symlinks=False) and not is_link(entry) and entry.name.lower() not in VALIDATION_NAMES:
            folders.append(folder / entry.name)
    styles = sorted(filter(_has_pictures, folders), key=name_key)
    if not styles:
        raise DatasetError(
            f"No pictures in {folder} or its sub-folders (links out of it are not followed). Put the pictures of a "
            f"style into one folder, as {', '.join(sorted(IMAGE_SUFFIXES & {'.jpg', '.png', '.webp'}))} files."
        )
    return styles


def fingerprint(folder: Path) -> str:
    """32 hex digits that change when a file in the folder or its val/ is added, removed, renamed or edited.

    Read like `changes.file_state`, so ten thousand pictures take a fraction of a second.

    Raises:
        DatasetError: the folder is missing or cannot be read.
    """
    own = list(_scan(folder))
    held_out = [entry for entry in own if entry.name.lower() in VALIDATION_NAMES]
    inner = [Path(entry.path) for entry in held_out if entry.is_dir(follow_symlinks=False) and not is_link(entry)]
    texts = [str(folder)]
    for entries in (own, *map(_scan, inner)):
        texts += sorted(f"{entry.name}\0{_state(entry, folder)}" for entry in entries if not _holds_copies(entry))
    return digest_of(texts)


def _holds_copies(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and is_copies_folder(Path(entry.path))


def _state(entry: os.DirEntry[str], folder: Path) -> str:
    try:
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(status.st_mode) or not is_link(entry):
            return state_of(entry.path, status)
        if leads_out(Path(entry.path), folder):
            return f"{Path(entry.path).readlink()} is not followed"
        return state_of(entry.path, entry.stat())
    except OSError:  # a link to nowhere, a ring of links
        return "unreadable"


def is_video(path: Path) -> bool:
    """Whether a file is a video, by its name."""
    return path.suffix.lower() in _VIDEOS


def names(paths: Sequence[Path], shown: int = _NAMES_SHOWN) -> str:
    """ "a.png, b.png and 3 more"."""
    text = ", ".join(shown_name(path) for path in paths[:shown])
    return text + (f" and {len(paths) - shown} more" if len(paths) > shown else "")


def _entries(folder: Path) -> list[Path]:
    return sorted((folder / entry.name for entry in _scan(folder)), key=name_key)


def _scan(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The entries of a folder in no particular order, without the files that operating systems leave behind."""
    try:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if not _is_junk(entry.name))
    except FileNotFoundError as error:
        raise DatasetError(f"The folder {folder} does not exist.") from error
    except NotADirectoryError as error:
        raise DatasetError(f"{folder} is a file; give the folder that the pictures are in.") from error
    except OSError as error:
        raise DatasetError(
            f"The folder {folder} cannot be read ({error.strerror or error}). Check that you may open it."
        ) from error


def _is_folder(entry: Path) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # no permission, or a path longer than the system allows
        return False


def _is_junk(name: str) -> bool:
    """Hidden files (.DS_Store and the ._ files of macOS among them) and what Windows and NAS boxes leave behind."""
    return name.startswith(".") or name.lower() in _JUNK_NAMES


def _is_picture(entry: os.DirEntry[str], folder: Path) -> bool:
    """By its name; a link counts if it does not lead out of the folder."""
    if Path(entry.name).suffix.lower() not in IMAGE_SUFFIXES:
        return False
    return not leads_out(Path(entry.path), folder) if is_link(entry) else not entry.is_dir()


def _has_pictures(folder: Path) -> bool:
    try:
        return any(_is_picture(entry, folder) for entry in _scan(folder))
    except DatasetError:
        return False  # a sub-folder that may not be entered is no reason to refuse the others


def _remark(what: str, paths: Sequence[Path]) -> list[str]:
    return [f"{what}: {names(paths)}"] if paths else []


def _caption_remarks(pictures: Sequence[Path], captions: Sequence[Path]) -> list[str]:
    there, owners = set(captions), dict[Path, list[Path]]()
    second = set[Path]()
    for picture in pictures:
        own = [path for path in caption_paths(picture) if path in there]
        for path in own[:1]:
            owners.setdefault(path, []).append(picture)
        second.update(own[1:])
    shared = [
        f"{names(users)} share one caption file, {shown_name(caption)}"
        for caption, users in owners.items()
        if len(users) > 1
    ]
    unused = [file for file in captions if file not in owners]
    return [
        *_remark("Caption without a picture", [file for file in unused if file not in second]),
        *_remark("Not read, since the picture has another caption file", [file for file in unused if file in second]),
        *shared,
    ]
