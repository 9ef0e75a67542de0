"""Reading the pictures of a style once: what each is, what was skipped, and which belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import DatasetError
from ..names import shown_name
from ..resemblance.kinship import Kinship, Progress
from ..resemblance.thumbnails import Thumbnails
from .buckets import bucket_for
from .captions import read_caption_with_note
from .folder_scan import is_video, names
from .pictures import content_hash, open_with_remarks, reason_of
from .style import Picture, Skipped

SCAN_SIDE = 256
"""The least a JPEG's short side is reduced to while scanning, in pixels: ample for comparing, and much faster."""


@dataclass
class PictureScan:
    """Collects pictures one by one, then says which of them show the same thing."""

    resolution: int
    aspect_buckets: bool
    pictures: list[Picture] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _remarks: dict[str, list[Path]] = field(default_factory=dict)
    """On how pictures were read, with the pictures."""
    _thumbnails: Thumbnails = field(default_factory=Thumbnails)
    _seen: set[str] = field(default_factory=set)

    def read(self, path: Path) -> None:
        """Take a picture in, or note why it cannot be used."""
        try:
            opened = open_with_remarks(path, SCAN_SIDE)
            digest = content_hash(path)
        except DatasetError as error:
            self.skipped.append(Skipped(path, reason_of(error, path)))
            return
        caption, note = read_caption_with_note(path)
        if note is not None:
            self.notes.append(note)
        for remark in opened.remarks:
            self._remarks.setdefault(remark, []).append(path)
        bucket = bucket_for(opened.width, opened.height, self.resolution, self.aspect_buckets)
        self.pictures.append(Picture(path, caption, opened.width, opened.height, bucket, digest))
        if digest not in self._seen:
            self._seen.add(digest)
            self._thumbnails.add(opened.image)

    def remarks(self) -> list[str]:
        """What of the pictures could not be kept, a sentence for each kind."""
        return [f"{remark}: {names(paths)}" for remark, paths in self._remarks.items()]

    def skip_unusable(self, paths: Sequence[Path]) -> None:
        """Note pictures in formats that are not read."""
        for path in paths:
            kind = path.suffix.lstrip(".").upper()
            advice = "save single pictures of it" if is_video(path) else "export it"
            self.skipped.append(Skipped(path, f"{kind} files are not read, {advice} as JPEG or PNG"))

    def skip_elsewhere(self, links: Sequence[Path]) -> None:
        """Note pictures that are links out of the style's folder."""
        reason = "it is a link out of the style's folder, put the picture itself there"
        self.skipped += [Skipped(path, reason) for path in links]

    def kinship(self, progress: Progress | None = None) -> Kinship:
        """Which of the pictures read are copies or crops of which."""
        shown = [shown_name(picture.path) for picture in self.pictures]
        return Kinship(shown, [picture.content_hash for picture in self.pictures], self._thumbnails, progress)
