"""A style as data: its pictures, what was skipped and why, and which pictures validate. No pixels, no files read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import DatasetError
from ..names import shown_name


@dataclass(frozen=True)
class Picture:
    """One usable picture. `width` and `height` are those of the upright file, `bucket` (width, height) in training."""

    path: Path
    caption: str | None
    width: int
    height: int
    bucket: tuple[int, int]
    content_hash: str


@dataclass(frozen=True)
class Skipped:
    """A file that cannot be used, and why, in words for the user."""

    path: Path
    reason: str


@dataclass(frozen=True)
class StyleDataset:
    """The pictures of one style, split so that no picture or copy of one is on both sides."""

    name: str
    folder: Path
    resolution: int
    training: tuple[Picture, ...]
    validation: tuple[Picture, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]
    seed: int

    def __str__(self) -> str:
        """Short and without paths: ComfyUI shows a node's inputs beside its errors."""
        return f"{self.name}: {len(self.pictures)} pictures"

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All pictures: training, then validation."""
        return self.training + self.validation

    def with_captions(self, captions: Mapping[Path, str]) -> StyleDataset:
        """The same dataset with the captions of some pictures replaced; an empty text removes one.

        Raises:
            DatasetError: a path is not one of this dataset's pictures.
        """
        unknown = captions.keys() - {picture.path for picture in self.pictures}
        if unknown:
            raise DatasetError(f"{shown_name(min(unknown))} is not a picture of the style {self.name}.")

        def captioned(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
            return tuple(replace(p, caption=captions.get(p.path, p.caption) or None) for p in pictures)

        return replace(self, training=captioned(self.training), validation=captioned(self.validation))

    def fingerprint(self) -> str:
        """32 hex digits over contents, sides, captions and buckets: equal for equal training data, wherever it is."""
        rows = sorted([p.content_hash, side, p.caption or "", *p.bucket] for side, p in self._sides())
        return hashlib.blake2b(json.dumps(rows).encode("ascii"), digest_size=16).hexdigest()

    def _sides(self) -> list[tuple[str, Picture]]:
        return [("training", p) for p in self.training] + [("validation", p) for p in self.validation]
