"""On which side of the split each picture of a gallery is, and why one is on none."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..names import shown_name
from .gallery import key_of, list_pictures
from .style import StyleDataset

_RELATED = "it or a relative of it is in the validation folder"


@dataclass(frozen=True)
class LeftOut:
    """A file that is neither trained on nor held out."""

    key: str
    """Of its picture in the gallery; files that the gallery does not show have one, too."""
    style: str
    name: str
    reason: str


@dataclass
class Sides:
    """The pictures of a gallery by side, and what is to be known about the split."""

    training: list[str] = field(default_factory=list)
    """Keys of the pictures to train on."""
    validation: list[str] = field(default_factory=list)
    """Keys of those that are held out."""
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Remarks on what was found, each a sentence."""
    problems: list[str] = field(default_factory=list)
    """Why a style can't be used as it is."""

    def add(self, dataset: StyleDataset) -> None:
        """Takes in the pictures of a style.

        Raises:
            DatasetError: its folder can no longer be read.
        """
        self.training += [key_of(picture.path) for picture in dataset.training]
        self.validation += [key_of(picture.path) for picture in dataset.validation]
        used = {picture.path for picture in dataset.pictures} | {skipped.path for skipped in dataset.skipped}
        reasons = [(skipped.path, skipped.reason) for skipped in dataset.skipped]
        reasons += [(path, _RELATED) for path in list_pictures(dataset.folder) if path not in used]
        style = shown_name(dataset.folder)
        self.left_out += [LeftOut(key_of(path), style, shown_name(path), reason) for path, reason in reasons]
        self.notes += dataset.notes
