"""Which pictures of a set show the same thing: copies, mirrored copies, and crops of one another.

A validation picture that the model has trained on in another form (re-saved, resized, brightened, mirrored or
cropped) makes the validation loss look better than it is. File hashes detect none of that, and the usual 64-bit
perceptual hashes do not detect crops, so pictures are compared by normalised cross-correlation, in two stages:

1. Search (`window_search.py`). Picture B has a perceptual hash of 16 x 16 grey values. All windows of picture A that
   have B's proportions and cover at least 36 % of A are reduced in the same way and correlated with it.
2. Proof. Frontal facades of one style resemble each other at 16 x 16 (sky above, wall below), so a hit counts only
   if, after adjusting the window at 24 x 24 and 48 x 48, the *details* there (what is left after subtracting a local
   mean) correlate as well, and the colours too. Different pictures fail by a wide margin.

Source: J. P. Lewis, "Fast Normalized Cross-Correlation", 1995, for the measure; the two stages are our own. The
thresholds were set on photographs and on drawn facades, see `tests/unit/test_duplicates.py` and
`tests/benchmarks/relatives.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .thumbnails import Thumbnails
from .window_search import ASPECT_TOLERANCE, SMALLEST_CROP, FloatArray, Window, WindowSearch, unit

_COLOUR_THRESHOLD = 0.6
_PROOF_THRESHOLD = 0.82
_FAINT_THRESHOLD = 0.65
"""Of pictures with hardly any details, in which noise is part of what is compared."""
_SURE = 0.9
"""Details of relatives nearly always correlate by more than 0.95, those of strangers by less than 0.5."""
_PROOF_STAGES = (
    *((24, 1 / 40, 0.25), (24, 1 / 80, 0.55), (24, 1 / 160, 0.6)),
    *((48, 1 / 80, 0.6), (48, 1 / 160, 0.6), (48, 1 / 320, 0.6)),
)
"""Pixels per side, how far the window's edges move, and the least correlation of details with which to continue."""


@dataclass(frozen=True)
class Resemblance:
    """Picture `second` is (part of) picture `first`: indices into the list that was compared.

    `area` is the part of `first` that `second` shows, 1.0 for the whole; `score` the correlation of details.
    """

    first: int
    second: int
    area: float
    mirrored: bool
    score: float

    @property
    def sure(self) -> bool:
        """Whether the details agree as well as they nearly always do."""
        return self.score >= _SURE


class ResemblanceSearch:
    """Finds which pictures of a set show the same thing. The cost is the number of pictures times that in `among`."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        self._thumbnails = thumbnails
        self._search = WindowSearch(thumbnails)

    def find(
        self, among: Collection[int] | None = None, progress: Callable[[int, int], None] | None = None
    ) -> list[Resemblance]:
        """Every pair that shows the same thing.

        Args:
            among: only pairs with at least one of these pictures; by default all pairs.
            progress: called as (pictures compared, all pictures) after each; what it raises stops the search.

        Returns:
            At most one resemblance per pair, sorted by indices.
        """
        count = len(self._thumbnails)
        wanted = np.unique(np.arange(count) if among is None else np.fromiter(among, dtype=np.int64))
        hits: dict[tuple[int, int], Resemblance] = {}
        faint = set(self._thumbnails.faint)
        for first, image in enumerate(self._thumbnails):
            others = np.arange(count) if first in wanted else wanted
            whole = _Look(image, self._thumbnails.aspects[first])
            for second, window, mirrored in self._search.parts(first, image, others[others != first]):
                pair = (min(first, second), max(first, second))
                least = _FAINT_THRESHOLD if faint & set(pair) else _PROOF_THRESHOLD
                if pair not in hits and (found := _prove(whole, self._look(second, mirrored), window, least)):
                    hits[pair] = Resemblance(first, second, _area(found[1]), mirrored, found[0])
            if progress is not None:
                progress(first + 1, count)
        return [hits[pair] for pair in sorted(hits)]

    def _look(self, index: int, mirrored: bool) -> _Look:
        image = self._thumbnails[index]
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else image
        return _Look(image, self._thumbnails.aspects[index])


@dataclass(frozen=True)
class _Look:
    """A picture as the proof compares it: a small image, and the true proportions."""

    colour: Image.Image
    aspect: float

    @property
    def grey(self) -> Image.Image:
        return self.colour.convert("L").convert("F")


def _prove(whole: _Look, part: _Look, window: Window, threshold: float) -> tuple[float, Window] | None:
    """Adjust `window` of `whole` until `part` fits it best: the details' correlation, if enough, and the window."""
    if not _colours_agree(whole, part, window, 16):
        return None
    score = 0.0
    for side, step, least in _PROOF_STAGES:
        fit = _fit(whole, part, side)
        score = fit(window)
        if score < least:
            return None
        score, window = _climb(fit, score, window, step)
    if score < threshold or not _colours_agree(whole, part, window, 48):
        return None
    return score, window


def _area(window: Window) -> float:
    return (window[2] - window[0]) * (window[3] - window[1])


def _reduced(image: Image.Image, side: int, window: Window = (0.0, 0.0, 1.0, 1.0)) -> FloatArray:
    """The window of an image at (side, side), as an array (H, W) or (H, W, 3)."""
    left, top, right, bottom = window
    box = (left * image.width, top * image.height, right * image.width, bottom * image.height)
    return np.asarray(image.resize((side, side), Image.Resampling.HAMMING, box=box), dtype=np.float32)


def _colours_agree(whole: _Look, part: _Look, window: Window, side: int) -> bool:
    """Whether brightness and colour of a window and a part correlate."""
    here, there = _reduced(whole.colour, side, window), _reduced(part.colour, side)
    for planes in (_luminance, _chroma):
        a, b = planes(here), planes(there)
        # A picture without colours says nothing about colours.
        if min(a.std(), b.std()) > 4.0 and float((unit(a) * unit(b)).sum()) < _COLOUR_THRESHOLD:
            return False
    return True


def _luminance(rgb: FloatArray) -> FloatArray:
    return np.asarray(rgb.mean(axis=2), dtype=np.float32).reshape(1, -1)


def _chroma(rgb: FloatArray) -> FloatArray:
    return (rgb[..., ::2] - rgb[..., 1:2]).reshape(1, -1)


def _fit(whole: _Look, part: _Look, side: int) -> Callable[[Window], float]:
    """How well the details of a window of `whole` correlate with those of `part`; -1 for an impossible window."""
    grey, target = whole.grey, _details(_reduced(part.grey, side))
    stretch = math.log(whole.aspect / part.aspect)

    def fit(window: Window) -> float:
        if not _plausible(window, stretch):
            return -1.0
        return float(_details(_reduced(grey, side, window)) @ target)

    return fit


def _plausible(window: Window, stretch: float) -> bool:
    """True for a large enough window with the part's proportions, and for the whole picture, however squeezed."""
    if _area(window) > 0.97:
        return True
    ratio = (window[2] - window[0]) / (window[3] - window[1])
    return _area(window) > 0.9 * SMALLEST_CROP and abs(math.log(ratio) + stretch) < 2 * ASPECT_TOLERANCE


_MOVES = ((1, 0, 1, 0), (0, 1, 0, 1), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (-1, -1, 1, 1))
"""Shifts, single edges, and growing: signs by which left, top, right and bottom move."""


def _climb(fit: Callable[[Window], float], score: float, window: Window, step: float) -> tuple[float, Window]:
    """Hill climbing by moves of one size, at most six of them."""
    for _ in range(6):
        trials = []
        for move in _MOVES:
            for size in (-step, step):
                left, top, right, bottom = (edge + size * by for edge, by in zip(window, move, strict=True))
                candidate = (max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom))
                if candidate != window:
                    trials.append((fit(candidate), candidate))
        if max(trials)[0] <= score + 1e-4:
            break
        score, window = max(trials)
    return score, window


def _details(grey: FloatArray) -> FloatArray:
    """What is left of (S, S) grey values after subtracting their local mean (Gaussian, S / 12), as a unit vector."""
    blur = _BLURS[len(grey)]
    sharp = np.asarray(grey - blur @ grey @ blur.T, dtype=np.float32)
    details: FloatArray = unit(sharp.reshape(1, -1))[0]
    return details


def _gaussian(side: int) -> FloatArray:
    """A blur of `side` samples as a matrix (S, S) whose rows sum to 1; sigma = side / 12."""
    offsets = np.arange(side)[:, None] - np.arange(side)[None, :]
    weights = np.exp(-0.5 * (offsets / (side / 12)) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


_BLURS = {side: _gaussian(side) for side in (24, 48)}
