"""What a run records of its pictures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..names import shown_name
from .style import Picture, StyleDataset


@dataclass(frozen=True)
class PictureEntry:
    """One picture as recorded in run.json."""

    path: str
    """Inside the style's folder, with / on every system."""
    content_hash: str
    side: str
    """training or validation"""
    caption: str | None
    width: int
    height: int
    bucket: tuple[int, int]


@dataclass(frozen=True)
class SkippedEntry:
    """A file that was not used, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Manifest:
    """A dataset as recorded in run.json."""

    name: str
    resolution: int
    seed: int
    fingerprint: str
    pictures: tuple[PictureEntry, ...]
    skipped: tuple[SkippedEntry, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, dataset: StyleDataset) -> Manifest:
        """What is recorded of a dataset."""
        sides = [("training", picture) for picture in dataset.training]
        sides += [("validation", picture) for picture in dataset.validation]
        return cls(
            name=dataset.name,
            resolution=dataset.resolution,
            seed=dataset.seed,
            fingerprint=dataset.fingerprint(),
            pictures=tuple(_entry(dataset, side, picture) for side, picture in sides),
            skipped=tuple(SkippedEntry(shown_name(item.path), item.reason) for item in dataset.skipped),
            notes=dataset.notes,
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Manifest:
        """The inverse of `to_json`. Only the pictures' sides are needed to read a run, so the rest may be missing.

        Raises:
            KeyError, TypeError, ValueError: the data are something else.
        """
        return cls(
            name=str(data.get("name", "")),
            resolution=int(data.get("resolution", 0)),
            seed=int(data.get("seed", 0)),
            fingerprint=str(data.get("fingerprint", "")),
            pictures=tuple(_entry_from_json(entry) for entry in data["pictures"]),
            skipped=tuple(SkippedEntry(str(item["path"]), str(item["reason"])) for item in data.get("skipped", ())),
            notes=tuple(map(str, data.get("notes", ()))),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain types, ready for json.dumps."""
        return asdict(self)

    def count(self, side: str) -> int:
        """How many pictures are on a side."""
        return sum(picture.side == side for picture in self.pictures)

    def split_hash(self) -> str:
        """A hash, 32 hex digits, of which content is on which side."""
        rows = sorted((picture.side, picture.content_hash) for picture in self.pictures)
        return hashlib.blake2b(json.dumps(rows).encode("ascii"), digest_size=16).hexdigest()


def _entry(dataset: StyleDataset, side: str, picture: Picture) -> PictureEntry:
    inside = f"{picture.path.parent.name}/" if picture.path.parent != dataset.folder else ""
    return PictureEntry(
        path=inside + shown_name(picture.path),
        content_hash=picture.content_hash,
        side=side,
        caption=picture.caption,
        width=picture.width,
        height=picture.height,
        bucket=picture.bucket,
    )


def _entry_from_json(data: Mapping[str, Any]) -> PictureEntry:
    width, height = data.get("bucket", (0, 0))
    caption = data.get("caption")
    if not isinstance(caption, str | None):
        raise TypeError("a caption is no text")
    return PictureEntry(
        path=str(data.get("path", "")),
        content_hash=str(data.get("content_hash", "")),
        side=str(data["side"]),
        caption=caption,
        width=int(data.get("width", 0)),
        height=int(data.get("height", 0)),
        bucket=(int(width), int(height)),
    )
