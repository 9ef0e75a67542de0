"""A second opinion on checkpoints, beside the validation loss: what is seen in pictures that were made with them.

All pictures in one column have the same prompt and noise, so that checkpoints are compared in pairs. Features are those
of a vision model such as CLIP's. Nothing is merged into one score: loss, style, variety and copies stand side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..picking.curve import DISTINCT
from .style import style_distance


@dataclass(frozen=True)
class Seen:
    """What a vision model sees in some pictures."""

    distances: list[float]
    """Of each from the held-out pictures of the style, 0...2."""
    variety: float | None
    """The mean distance of the pictures from one another, 0...2; None for a single one."""

    @property
    def distance(self) -> float:
        """The mean over the pictures."""
        return float(np.mean(self.distances))


@dataclass(frozen=True)
class Row:
    """The pictures of one checkpoint; or of none, to compare with."""

    name: str
    improvement: float | None = None
    """Of the validation loss over no LoRA, as a share; None where there is no loss."""
    seen: Seen | None = None
    """None without a vision model."""
    copies: Sequence[str] = ()
    """The training picture that each picture is a copy of, "" for none."""

    @property
    def label(self) -> str:
        """What stands beside the pictures, a line each."""
        lines = [self.name]
        if self.improvement is not None:
            percent = round(-100 * self.improvement, 1) + 0.0  # which takes the sign from -0.0
            lines.append(f"loss {percent:+.1f} %")
        if self.seen is not None:
            lines.append(f"style {self.seen.distance:.3f}")
        if self.seen is not None and self.seen.variety is not None:
            lines.append(f"variety {self.seen.variety:.3f}")
        return "\n".join(lines)

    @property
    def notes(self) -> list[str]:
        """What stands below each picture."""
        return [f"like {name}" if name else "" for name in self.copies]


def see(pictures_ND: Tensor, held_out_MD: Tensor) -> Seen:
    """The features of some pictures beside those of the style's held-out ones."""
    return Seen([style_distance(each_D, held_out_MD) for each_D in pictures_ND], variety(pictures_ND))


def see_real(held_out_MD: Tensor) -> Seen | None:
    """The held-out pictures themselves, each beside the others: what real ones have. None for a single picture."""
    if len(held_out_MD) < 2:
        return None
    others = [torch.cat([held_out_MD[:place], held_out_MD[place + 1 :]]) for place in range(len(held_out_MD))]
    return Seen([style_distance(*pair) for pair in zip(held_out_MD, others, strict=True)], variety(held_out_MD))


def variety(pictures_ND: Tensor) -> float | None:
    """One minus the mean cosine similarity of all pairs: near 0 if all pictures look the same."""
    count = len(pictures_ND)
    if count < 2:
        return None
    unit_ND = normalize(pictures_ND.double(), dim=-1)
    cosines_NN = unit_ND @ unit_ND.T
    return float(1 - (cosines_NN.sum() - cosines_NN.trace()) / (count * (count - 1)))


def report(real: Row, drawn: Sequence[Row], pick: Row) -> str:
    """A line for each row of which there is something to say.

    Args:
        real: the held-out pictures.
        drawn: what was drawn for their captions, with the same noise in every row.
        pick: one of these, with which the others are compared.
    """
    said = [(real.name, _parts(real, None))]
    said += [(row.name, _parts(row, None if row is pick else pick)) for row in drawn]
    return "\n".join(f"{name}: {', '.join(parts)}." for name, parts in said if parts)


def _parts(row: Row, pick: Row | None) -> list[str]:
    parts = []
    if row.improvement is not None:
        side = "better" if row.improvement >= 0 else "worse"
        parts.append(f"validation {100 * abs(row.improvement):.1f} % {side} than no LoRA")
    if row.seen is not None:
        beside = "" if pick is None or pick.seen is None else _beside(row.seen, pick.seen)
        parts.append(f"style distance {row.seen.distance:.3f}{beside}")
        if row.seen.variety is not None:
            parts.append(f"variety {row.seen.variety:.3f}")
    if row.copies:
        named = sorted({name for name in row.copies if name})
        parts.append(f"like training pictures: {', '.join(named)}" if named else "none like a training picture")
    return parts


def _beside(seen: Seen, pick: Seen) -> str:
    """How much nearer to the style than the pick, picture by picture; a single pair tells nothing."""
    pairs_N = np.subtract(seen.distances, pick.distances)
    mean = float(pairs_N.mean())
    error = float(pairs_N.std(ddof=1) / np.sqrt(len(pairs_N))) if len(pairs_N) > 1 else None
    if error is None or abs(mean) <= DISTINCT * error:
        return " (can't be told apart from the pick)"
    return f" ({abs(mean):.3f} ± {error:.3f} {'nearer' if mean < 0 else 'farther'} than the pick)"
