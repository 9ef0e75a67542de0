"""Which pictures of a set show the same thing: copies, mirrored copies, and crops of one another.

A validation picture that the model has trained on in another guise (re-saved, resized, brightened, mirrored or
cropped) makes the validation loss look better than it is. File hashes see none of that, and 64-bit picture hashes
see no crops, so pictures are compared by normalised cross-correlation, in two stages:

1. Search. Picture B is reduced to 16 x 16 grey values. Every window of picture A of the same proportions that
   covers at least 40 % of A is reduced likewise; windows and pictures become unit vectors, so that one matrix
   product gives all correlations at once. Brightness and contrast drop out of it.
2. Proof. Frontal facades of one style resemble each other at 16 x 16 (sky above, wall below), so a hit counts
   only after the window has been adjusted at 24 x 24 and 48 x 48 and the *details* there, what is left after
   subtracting a local mean, correlate as well. Different pictures fail this by a wide margin.

Source: J. P. Lewis, "Fast Normalized Cross-Correlation", 1995, for the measure; the staging is our own. The
thresholds were set on the sample photographs of scikit-image and scikit-learn and on drawn facades, see
`tests/unit/test_duplicates.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FloatArray = NDArray[np.float32]
Window = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of a picture's width and height."""

SEARCH_SIDE = 16
THUMBNAIL_SIDE = 160
SMALLEST_CROP = 0.4
"""A crop is looked for if it covers at least this part of the other picture's area."""

ASPECT_TOLERANCE = 0.06
SEARCH_THRESHOLD = 0.80
PROOF_THRESHOLD = 0.85
CROPS_LIMIT = 600
"""Above this number of pictures only whole pictures are compared, no crops: the search grows quadratically."""


@dataclass(frozen=True)
class Look:
    """A picture as this module compares it: a small grey square-pixel image and its true proportions."""

    colour: Image.Image
    grey: Image.Image
    aspect: float

    @classmethod
    def of(cls, image: Image.Image) -> Look:
        """Reduce an RGB picture to at most `THUMBNAIL_SIDE` pixels a side."""
        scale = THUMBNAIL_SIDE / max(image.size)
        size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
        colour = image.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        return cls(colour, colour.convert("L").convert("F"), image.width / image.height)


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


def _unit(vectors: FloatArray) -> FloatArray:
    """Rows (N, D) less their means, scaled to length 1; rows without contrast become 0 and match nothing."""
    vectors = vectors - vectors.mean(axis=1, keepdims=True)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    flat = length < 1.0 * math.sqrt(vectors.shape[1])  # under one grey level of contrast
    result: FloatArray = np.where(flat, 0.0, vectors / np.maximum(length, 1e-6)).astype(np.float32)
    return result


def _reduced(image: Image.Image, width: int, height: int, window: Window = (0.0, 0.0, 1.0, 1.0)) -> FloatArray:
    """The window of an image at (height, width), as an array (H, W) or (H, W, 3)."""
    left, top, right, bottom = window
    box = (left * image.width, top * image.height, right * image.width, bottom * image.height)
    return np.asarray(image.resize((width, height), Image.Resampling.HAMMING, box=box), dtype=np.float32)


def find_resemblances(
    looks: Sequence[Look],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[Resemblance]:
    """Compare every picture with every other one and return the pairs that show the same thing.

    Args:
        looks: the pictures, N of them.
        progress: called as (pictures compared, N) after each picture; what it raises stops the search.

    Returns:
        At most one resemblance a pair, sorted by indices.
    """
    descriptors = _descriptors(looks)
    hits: dict[tuple[int, int], Resemblance] = {}
    for first, look in enumerate(looks):
        for second, window, mirrored in _search(look, first, looks, descriptors):
            pair = (min(first, second), max(first, second))
            if pair in hits:
                continue
            score, window = _prove(look, looks[second], window, mirrored)
            if score >= PROOF_THRESHOLD:
                hits[pair] = Resemblance(first, second, _area(window), mirrored, score)
        if progress is not None:
            progress(first + 1, len(looks))
    return [hits[pair] for pair in sorted(hits)]


def _descriptors(looks: Sequence[Look]) -> FloatArray:
    """Unit vectors (2N, 256): all pictures, then all pictures mirrored."""
    side = SEARCH_SIDE
    small = np.stack([_reduced(look.grey, side, side) for look in looks]) if looks else np.zeros((0, side, side))
    both = np.concatenate([small, small[:, :, ::-1]]).astype(np.float32)
    return _unit(both.reshape(len(both), side * side))


def _search(look: Look, index: int, looks: Sequence[Look], descriptors: FloatArray) -> list[tuple[int, Window, bool]]:
    """Pictures that may be a part of `look`: (index, window of `look`, mirrored), best window of each."""
    count, side = len(looks), SEARCH_SIDE
    log_aspects = np.log(np.array([other.aspect for other in looks]))
    best = np.full(2 * count, SEARCH_THRESHOLD, dtype=np.float32)
    windows: dict[int, Window] = {}
    for width, height in _window_grids(crops=count <= CROPS_LIMIT):
        distance = np.abs(log_aspects - math.log(look.aspect * height / width))
        # The whole picture may also have been squeezed to another shape.
        near = np.flatnonzero(distance < (0.7 if width == height == side else ASPECT_TOLERANCE))
        near = near[near != index]
        if not near.size:
            continue
        columns = np.concatenate([near, near + count])
        tiles = np.lib.stride_tricks.sliding_window_view(_reduced(look.grey, width, height), (side, side))
        scores = _unit(tiles.reshape(-1, side * side)) @ descriptors[columns].T
        place = scores.argmax(axis=0)
        top = scores[place, np.arange(len(columns))]
        for k in np.flatnonzero(top > best[columns]):
            y, x = divmod(int(place[k]), width - side + 1)
            best[columns[k]] = top[k]
            windows[int(columns[k])] = (x / width, y / height, (x + side) / width, (y + side) / height)
    return [(column % count, window, column >= count) for column, window in windows.items()]


def _window_grids(crops: bool) -> list[tuple[int, int]]:
    """Sizes (width, height) to reduce a picture to, so that a 16 x 16 window covers at least the smallest crop."""
    side = SEARCH_SIDE
    longest = int(side / SMALLEST_CROP) + 1 if crops else side
    limit = side * side / SMALLEST_CROP * 1.06
    sizes = range(side, longest + 1)
    return [(width, height) for width in sizes for height in sizes if width * height <= limit]


def _area(window: Window) -> float:
    return (window[2] - window[0]) * (window[3] - window[1])


def _prove(whole: Look, part: Look, window: Window, mirrored: bool) -> tuple[float, Window]:
    """Adjust `window` of `whole` until `part` fits it best; return how well it does, 0...1, and the window."""
    flip = Image.Transpose.FLIP_LEFT_RIGHT
    grey, colour = (part.grey.transpose(flip), part.colour.transpose(flip)) if mirrored else (part.grey, part.colour)
    stretch = math.log(whole.aspect / part.aspect)
    score = 0.0
    for side, step in ((24, 1 / 40), (48, 1 / 80)):
        target = _details(_reduced(grey, side, side))

        def fit(candidate: Window, side: int = side, target: FloatArray = target) -> float:
            if not _plausible(candidate, stretch):
                return -1.0
            return float((_details(_reduced(whole.grey, side, side, candidate)) * target).sum())

        score, window = _climb(fit, window, step)
    here, there = _reduced(whole.colour, 48, 48, window), _reduced(colour, 48, 48)
    for planes in (_luminance, _chroma):
        a, b = planes(here), planes(there)
        if min(a.std(), b.std()) > 4.0:  # a picture without colours says nothing about colours
            score = min(score, float((_unit(a) * _unit(b)).sum()) / len(a))
    return score, window


def _plausible(window: Window, stretch: float) -> bool:
    """True for a large enough window of the part's proportions, and for the whole picture, however squeezed."""
    if _area(window) > 0.97:
        return True
    ratio = (window[2] - window[0]) / (window[3] - window[1])
    return _area(window) > 0.9 * SMALLEST_CROP and abs(math.log(ratio) + stretch) < 0.05


def _luminance(rgb: FloatArray) -> FloatArray:
    return np.asarray(rgb.mean(axis=2), dtype=np.float32).reshape(1, -1)


def _chroma(rgb: FloatArray) -> FloatArray:
    return (rgb[..., ::2] - rgb[..., 1:2]).reshape(1, -1)


def _climb(fit: Callable[[Window], float], window: Window, step: float) -> tuple[float, Window]:
    """Hill climbing over the window: shifts and edges, halving the step twice."""
    moves = (
        (1, 0, 1, 0),
        (0, 1, 0, 1),
        (1, 0, 0, 0),
        (0, 1, 0, 0),
        (0, 0, 1, 0),
        (0, 0, 0, 1),
        (-1, -1, 1, 1),
    )
    best = fit(window)
    for size in (step, step / 2, step / 4):
        for _ in range(6):
            trials = []
            for move in moves:
                for sign in (-size, size):
                    left, top, right, bottom = (edge + sign * by for edge, by in zip(window, move, strict=True))
                    candidate = (max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom))
                    if candidate != window:
                        trials.append((fit(candidate), candidate))
            top_trial = max(trials)
            if top_trial[0] <= best + 1e-4:
                break
            best, window = top_trial
    return best, window


def _details(grey: FloatArray) -> FloatArray:
    """What is left of (S, S) grey values after their local mean (Gaussian, S / 12), as a unit vector."""
    blur = _gaussian(len(grey))
    sharp = np.asarray(grey - blur @ grey @ blur.T, dtype=np.float32)
    details: FloatArray = _unit(sharp.reshape(1, -1))[0]
    return details


_GAUSSIANS: dict[int, FloatArray] = {}


def _gaussian(side: int) -> FloatArray:
    """A blur of `side` samples as a matrix (S, S) whose rows sum to 1; sigma = side / 12."""
    if side not in _GAUSSIANS:
        offsets = np.arange(side)[:, None] - np.arange(side)[None, :]
        weights = np.exp(-0.5 * (offsets / (side / 12)) ** 2)
        _GAUSSIANS[side] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return _GAUSSIANS[side]
