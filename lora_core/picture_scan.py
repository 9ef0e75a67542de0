"""Reading the pictures of a style once: what each is, what was skipped, and which belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .buckets import bucket_for
from .captions import read_caption_with_note
from .duplicates import CROPS_LIMIT, Look, Resemblance, find_resemblances
from .errors import DatasetError
from .pictures import content_hash, open_reduced, perceptual_hash, reason_of, shown_name
from .split import Groups, group

Progress = Callable[[int, int], None]
SCAN_SIDE = 256
"""Pixels a JPEG's short side keeps at least while scanning: ample for the comparison, and several times faster."""


@dataclass(frozen=True)
class Picture:
    """One usable picture. `width` and `height` are those of the upright file, `bucket` (width, height) in training."""

    path: Path
    caption: str | None
    width: int
    height: int
    bucket: tuple[int, int]
    content_hash: str
    perceptual_hash: int


@dataclass(frozen=True)
class Skipped:
    """A file that cannot be used, and why, in words for the user."""

    path: Path
    reason: str


@dataclass
class PictureScan:
    """Collects pictures one by one, then says which of them show the same thing."""

    resolution: int
    aspect_buckets: bool
    pictures: list[Picture] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _looks: list[Look] = field(default_factory=list)

    def read(self, path: Path) -> None:
        """Take a picture in, or note why it cannot be used."""
        try:
            image, (width, height) = open_reduced(path, SCAN_SIDE)
            digest = content_hash(path)
        except DatasetError as error:
            self.skipped.append(Skipped(path, reason_of(error, path)))
            return
        caption, note = read_caption_with_note(path)
        if note is not None:
            self.notes.append(note)
        bucket = bucket_for(width, height, self.resolution, self.aspect_buckets)
        self.pictures.append(Picture(path, caption, width, height, bucket, digest, perceptual_hash(image)))
        self._looks.append(Look.of(image))

    def skip_unusable(self, paths: Sequence[Path]) -> None:
        """Note pictures in formats that are not read."""
        for path in paths:
            kind = path.suffix.lstrip(".").upper()
            self.skipped.append(Skipped(path, f"{kind} files are not read, export it as JPEG or PNG"))

    def groups(self, progress: Progress | None = None) -> Groups:
        """Pictures that belong on one side of a split: equal files, copies and crops. Adds a note for each find."""
        first: dict[str, int] = {}
        pairs: list[tuple[int, int]] = []
        for index, picture in enumerate(self.pictures):
            twin = first.setdefault(picture.content_hash, index)
            if twin != index:
                pairs.append((twin, index))
                self.notes.append(f"{self._name(index)} is the same file as {self._name(twin)}")
        distinct = sorted(first.values())
        if len(distinct) > CROPS_LIMIT:
            self.notes.append(f"With more than {CROPS_LIMIT} pictures only copies are looked for, crops are not")
        for found in find_resemblances([self._looks[index] for index in distinct], progress=progress):
            whole, part = distinct[found.first], distinct[found.second]
            pairs.append((whole, part))
            self.notes.append(self._sentence(found, whole, part))
        return group(len(self.pictures), pairs)

    def _sentence(self, found: Resemblance, whole: int, part: int) -> str:
        mirrored = "mirrored " if found.mirrored else ""
        if found.area > 0.97:
            return f"{self._name(part)} is a {mirrored}copy of {self._name(whole)}"
        return f"{self._name(part)} is a {mirrored}crop of {self._name(whole)} ({found.area:.0%} of it)"

    def _name(self, index: int) -> str:
        return shown_name(self.pictures[index].path)
