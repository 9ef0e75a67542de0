"""Styles as they were loaded last: the gallery shows the split that the node makes, and nothing is read twice."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

from ...lora_core.dataset.folder_scan import fingerprint
from ...lora_core.dataset.load import load_style
from ...lora_core.dataset.style import StyleDataset
from ...lora_core.resemblance.kinship import Progress


class Settings(NamedTuple):
    """How a folder of pictures is loaded, see `lora_core.dataset.load.load_style`."""

    resolution: int
    aspect_buckets: bool
    validation_count: int
    seed: int


_MOST_KEPT = 32
_kept: OrderedDict[tuple[Path, str, Settings], StyleDataset] = OrderedDict()


def load(style: Path, settings: Settings, progress: Progress | None = None) -> StyleDataset:
    """The style in a folder; arguments and errors are those of `load_style`."""
    key = (style, fingerprint(style), settings)  # taken before it is read, so that a change in between is seen
    dataset = _kept.pop(key, None) or load_style(style, **settings._asdict(), progress=progress)
    _kept[key] = dataset
    while len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return dataset
