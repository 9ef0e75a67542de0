"""The dataset in words: what was found, how it was split, and what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..names import shown_name
from ..outline import outline
from .buckets import kept_part, upscaling
from .captions import TOKEN_LIMIT, about_tokens
from .folder_scan import names
from .style import Picture, StyleDataset

_CUT_WORTH_MENTIONING = 0.6
_LINES_SHOWN = 20


def report(dataset: StyleDataset) -> str:
    """Several lines for a person; the first is a summary."""
    pictures = dataset.pictures
    summary = (
        f"{dataset.name}: {len(pictures)} pictures, {len(dataset.training)} for training and "
        f"{len(dataset.validation)} for validation"
    )
    lines = [
        f"Sizes: {_sizes(pictures)}",
        *_held_out(dataset.validation),
        _captions(pictures),
        *_long_captions(pictures),
        *_enlarged(pictures),
        *_cut(pictures),
    ]
    skipped = [f"{shown_name(item.path)}: {item.reason}" for item in dataset.skipped]
    return "\n\n".join([outline(summary, lines), *_block("Skipped", skipped), *_block("Notes", dataset.notes)])


def _sizes(pictures: Sequence[Picture]) -> str:
    counts = Counter(picture.bucket for picture in pictures)
    return ", ".join(f"{width} x {height}: {count}" for (width, height), count in counts.most_common())


def _held_out(pictures: Sequence[Picture]) -> list[str]:
    if not pictures:  # given back, to train on all
        return []
    return [f"Validation (never trained on): {names([picture.path for picture in pictures], 16)}"]


def _captions(pictures: Sequence[Picture]) -> str:
    bare = [picture.path for picture in pictures if picture.caption is None]
    if not bare:
        return f"Captions: all {len(pictures)} pictures have one"
    if len(bare) == len(pictures):
        return "Captions: none yet. Add a .txt file beside each picture, or a BLIP Captioner"
    return f"Captions: {len(pictures) - len(bare)} of {len(pictures)} pictures have one, missing for {names(bare)}"


def _long_captions(pictures: Sequence[Picture]) -> list[str]:
    counts = {picture.path: about_tokens(picture.caption or "") for picture in pictures}
    long = sorted((path for path, count in counts.items() if count > TOKEN_LIMIT), key=lambda path: -counts[path])
    if not long:
        return []
    return [
        f"Captions longer than the {TOKEN_LIMIT} tokens CLIP reads, the rest is cut off: {names(long)} "
        f"(the longest has about {counts[long[0]]})"
    ]


def _enlarged(pictures: Sequence[Picture]) -> list[str]:
    factors = {picture.path: upscaling(picture.width, picture.height, picture.bucket) for picture in pictures}
    small = sorted((path for path, factor in factors.items() if factor > 1.02), key=lambda path: -factors[path])
    if not small:
        return []
    return [f"Smaller than their training size, so enlarged (up to {factors[small[0]]:.1f} times): {names(small)}"]


def _cut(pictures: Sequence[Picture]) -> list[str]:
    parts = {picture.path: kept_part(picture.width, picture.height, picture.bucket) for picture in pictures}
    cut = sorted((path for path, part in parts.items() if part < _CUT_WORTH_MENTIONING), key=lambda path: parts[path])
    if not cut:
        return []
    return [f"Much is cut off at the sides (down to {parts[cut[0]]:.0%} of the picture is kept): {names(cut)}"]


def _block(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    more = [f"and {len(lines) - _LINES_SHOWN} more"] if len(lines) > _LINES_SHOWN else []
    return [outline(f"{title} ({len(lines)}):", [*lines[:_LINES_SHOWN], *more])]
