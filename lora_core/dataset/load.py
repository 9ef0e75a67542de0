"""A style as data: its pictures, what was skipped and why, and which pictures validate.

pictures on disk -> decoded once -> compared with one another -> split into training and validation
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..errors import ConfigError, DatasetError
from ..names import shown_name
from ..resemblance.kinship import ALL_PAIRS, Kinship, Progress
from .buckets import check_resolution
from .folder_scan import list_folder
from .scan import PictureScan
from .split import rank, split
from .style import StyleDataset

RESOLUTION = 512
"""Pixels of the short side by default: Stable Diffusion 1.5 was made for it."""
VALIDATION_COUNT = 8
"""Pictures held out by default, as in the paper."""
_CANDIDATES = 1024
"""In a large set, at most this many pictures are compared with all others in search of validation pictures."""


def load_style(
    folder: Path,
    *,
    resolution: int = RESOLUTION,
    aspect_buckets: bool = True,
    validation_count: int = VALIDATION_COUNT,
    seed: int = 0,
    name: str | None = None,
    progress: Progress | None = None,
) -> StyleDataset:
    """Read a folder of pictures and split it. Nothing in the folder is changed.

    Args:
        folder: the pictures, with `.txt` captions beside them; its `val/` or `validation/`, if it has pictures, is
            the validation set, and `validation_count` and `seed` then do not matter.
        resolution: short side of the training pictures in pixels, a multiple of 64.
        aspect_buckets: keep tall and wide pictures in shape (see `buckets.bucket_for`), or crop all to squares.
        validation_count: pictures to keep out of training, at least 1.
        progress: called as (done, total) after each picture read and each compared; what it raises is passed on.
            The total grows if a large set has to be compared again.

    Raises:
        ConfigError: a setting is out of its range.
        DatasetError: the folder is missing, or has too few usable pictures; the message lists the skipped files with
            their reasons.
    """
    check_resolution(resolution)
    if validation_count < 1:
        raise ConfigError(f"validation_count must be at least 1, got {validation_count}.")
    scan = PictureScan(resolution, aspect_buckets)
    held_out = _read(scan, folder, progress)
    training_count = len(scan.pictures) - len(held_out or range(validation_count))
    if training_count < 1:
        raise _too_few(folder, scan, len(held_out), validation_count)
    kinship = scan.kinship(_after(len(scan.pictures), progress))
    if held_out:
        training, validation = _keep_apart(scan, kinship, held_out)
    else:
        training, validation = _choose(scan, kinship, validation_count, seed)
    if not training or not validation:
        raise _all_alike(folder, scan)
    pictures = scan.pictures
    return StyleDataset(
        name=name or shown_name(Path(os.path.abspath(folder))),  # noqa: PTH100 (a link keeps its own name)
        folder=folder,
        resolution=resolution,
        training=tuple(pictures[index] for index in training),
        validation=tuple(pictures[index] for index in validation),
        skipped=tuple(scan.skipped),
        notes=tuple(scan.notes),
        seed=seed,
    )


def _read(scan: PictureScan, folder: Path, progress: Progress | None) -> list[int]:
    """Read the folder and its val/; return the indices of the pictures that come from val/."""
    listing = list_folder(folder)
    scan.notes.extend(listing.notes)
    if re.match(r"\d+_", folder.name):
        scan.notes.append(
            f"The number that {shown_name(folder)} begins with repeats nothing here: each picture counts once an epoch"
        )
    scan.skip_unusable(listing.unusable)
    scan.skip_elsewhere(listing.elsewhere)
    own, held_out = listing.pictures, tuple[Path, ...]()
    if listing.validation is not None:
        inner = list_folder(listing.validation, style=folder)
        scan.notes.extend(f"{shown_name(listing.validation)}/: {note}" for note in inner.notes)
        scan.skip_unusable(inner.unusable)
        scan.skip_elsewhere(inner.elsewhere)
        held_out = inner.pictures
    total = 2 * (len(own) + len(held_out))
    for done, path in enumerate((*own, *held_out), start=1):
        scan.read(path)
        if progress is not None:
            progress(done, total)
    scan.notes.extend(scan.remarks())
    inside = [index for index, picture in enumerate(scan.pictures) if picture.path in set(held_out)]
    if listing.validation is not None and not inside:
        name = shown_name(listing.validation)
        scan.notes.append(f"{name}/ has no usable picture, so the validation pictures were chosen by the seed")
    return inside


def _after(count: int, progress: Progress | None) -> Progress | None:
    """`progress` for the comparing that follows after reading `count` pictures."""
    if progress is None:
        return None
    finished = count

    def compared(done: int, total: int) -> None:
        nonlocal finished
        progress(finished + done, finished + total)
        if done == total:
            finished += total

    return compared


def _keep_apart(scan: PictureScan, kinship: Kinship, held_out: list[int]) -> tuple[list[int], list[int]]:
    """Training and validation indices when val/ says what validates: relatives of val/ leave the training set."""
    count = len(scan.pictures)
    if count <= ALL_PAIRS:
        kinship.ask(range(count))
    related = kinship.relatives(held_out)
    scan.notes.extend(kinship.notes)
    for item in sorted(related - set(held_out)):
        name = shown_name(scan.pictures[item].path)
        scan.notes.append(f"{name} is not trained on: it or a relative of it is in the validation folder")
    return [item for item in range(count) if item not in related], sorted(held_out)


def _choose(scan: PictureScan, kinship: Kinship, count: int, seed: int) -> tuple[list[int], list[int]]:
    """Training and validation indices chosen by the seed."""
    hashes = [picture.content_hash for picture in scan.pictures]
    order = sorted(range(len(hashes)), key=lambda item: rank(seed, hashes[item]))
    asked = len(order) if len(order) <= ALL_PAIRS else 2 * count
    while True:
        kinship.ask(order[:asked])
        chosen = split(kinship.groups(), hashes, count, seed)
        if len(chosen) == count or asked >= min(len(order), _CANDIDATES):
            break
        asked *= 2
    scan.notes.extend(kinship.notes)
    if chosen and len(chosen) < count:
        scan.notes.append(
            f"{len(chosen)} validation pictures instead of {count}: copies and crops stay on one side, "
            "and no other choice comes nearer"
        )
    if asked < len(order):
        scan.notes.append(
            f"In a set of more than {ALL_PAIRS} pictures only those that may validate are compared with all others"
        )
    if kinship.notes:
        scan.notes.append("Copies and crops were kept together: no picture is on both sides in any form")
    return [item for item in range(len(hashes)) if item not in set(chosen)], list(chosen)


def _too_few(folder: Path, scan: PictureScan, held_out: int, validation_count: int) -> DatasetError:
    found = len(scan.pictures)
    if held_out:
        text = f"{folder} has no usable picture to train on, only {held_out} in its validation folder"
    else:
        pictures = "1 usable picture" if found == 1 else f"{found} usable pictures"
        text = (
            f"{folder} has {pictures}; {validation_count} for validation and at least one for training "
            f"make {validation_count + 1}"
        )
    skipped = "".join(f"\n  {shown_name(item.path)}: {item.reason}" for item in scan.skipped[:20])
    if skipped:
        files = "1 file was" if len(scan.skipped) == 1 else f"{len(scan.skipped)} files were"
        text += f". {files} skipped:{skipped}\nRepair these, add pictures"
    else:
        text += ". Add pictures"
    return DatasetError(text + ("." if held_out else " or lower validation_count."))


def _all_alike(folder: Path, scan: PictureScan) -> DatasetError:
    return DatasetError(
        f"The {len(scan.pictures)} pictures in {folder} are copies or crops of one another, so that no validation "
        "picture can be kept apart from the training pictures. Add different pictures.\n  "
        + "\n  ".join(scan.notes[:10])
    )
