"""The passport of a restyled picture: what was kept of the building, and what became of it, in figures.

docs/restyle.md defines each of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..errors import ConfigError
from ..names import quoted

VERSION = 1
METADATA = "lora_atelier_passports"
"""The entry of a PNG's metadata that holds the passports of all pictures that were saved with it, as JSON."""


@dataclass(frozen=True)
class Passport:
    """Figures of one picture; None stands for what could not be measured."""

    picture: str
    """SHA-256 of the picture's size and 8-bit pixels: which picture this is the passport of."""
    line_ssim: float
    """Structural similarity of the line drawings, 1 if they are the same."""
    edge_precision: float
    """Share of the picture's lines where the photograph has one."""
    edge_recall: float
    """Share of the photograph's lines that the picture still has."""
    edge_f1: float
    """The harmonic mean of both."""
    depth_rmse: float | None = None
    """Error of the depth, of a range of 1."""
    outside_max: float | None = None
    """Largest change where the mask is black, in levels of 255."""
    outside_mean: float | None = None
    """Mean change there."""
    mask_correlation: float | None = None
    """Correlation of the change with the soft mask."""
    style_distance: float | None = None
    """Distance to the style's held-out pictures, 0...2."""
    style_gain: float | None = None
    """Share of the plain model's distance that the style has closed."""

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary, ready for json.dumps."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Passport:
        """The inverse of `to_json`; what a later version added is left out.

        Raises:
            ConfigError: an entry is missing or of another type.
        """
        known: dict[str, Any] = {name: data.get(name) for name in get_type_hints(cls)}
        for name, value in known.items():
            if isinstance(value, bool) or not isinstance(value, _KINDS[name]) or not _in_range(name, value):
                raise ConfigError(
                    f"This is not a passport of LoRA Atelier: {name} is {quoted(value)}. Connect the passports of "
                    "Restyle Passport."
                )
        return cls(**known)


_LARGEST = 1e6
_RANGES = {"style_gain": (-_LARGEST, 1.0)} | dict.fromkeys(("edge_precision", "edge_recall", "edge_f1"), (0.0, 1.0))
"""Of the figures that have one. A figure beyond it, or one that is no number, would make a dial that can't be read."""
_KINDS: dict[str, tuple[type, ...]] = {
    name: {"str": (str,), "float": (int, float)}.get(kind, (int, float, type(None)))
    for name, kind in Passport.__annotations__.items()
}


def _in_range(name: str, value: Any) -> bool:
    least, most = _RANGES.get(name, (-_LARGEST, _LARGEST))
    return value is None or isinstance(value, str) or least <= value <= most


def to_text(passports: Iterable[Passport]) -> str:
    """Passports as JSON: a list, in the order of their pictures."""
    return json.dumps([passport.to_json() for passport in passports])


def from_text(text: str) -> list[Passport]:
    """The inverse of `to_text`.

    Raises:
        ConfigError: the text is something else.
    """
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"These are not passports of LoRA Atelier ({error}). Connect those of Restyle Passport."
        ) from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(
            "These are not passports of LoRA Atelier: the text is no list of them. Connect those of Restyle Passport."
        )
    return [Passport.from_json(entry) for entry in entries]


def as_saved(picture_HWC: Tensor) -> NDArray[np.uint8]:
    """The 8-bit pixels that ComfyUI's Save Image writes of a picture in 0...1, shape (H, W, 3)."""
    return np.clip(255.0 * picture_HWC.cpu().numpy(), 0, 255).astype(np.uint8)


def picture_id(pixels: NDArray[np.uint8]) -> str:
    """What `Passport.picture` is for these pixels, shape (H, W, 3), read from a file that keeps them exactly."""
    height, width = pixels.shape[:2]
    return hashlib.sha256(f"{width} x {height}\n".encode() + pixels.tobytes()).hexdigest()


def lines(passport: Passport) -> list[str]:
    """Short figures to set below a picture: only what was measured."""
    found = [f"lines {passport.line_ssim:.2f}  edges {passport.edge_f1:.2f}"]
    if passport.depth_rmse is not None:
        found.append(f"depth error {passport.depth_rmse:.3f}")
    if passport.outside_max is not None:
        found.append(f"outside the mask {passport.outside_max:.0f} / 255")
    if passport.mask_correlation is not None:
        found.append(f"mask followed {passport.mask_correlation:.2f}")
    if passport.style_gain is not None:
        found.append(f"style {100 * passport.style_gain:+.0f} %")
    elif passport.style_distance is not None:
        found.append(f"style distance {passport.style_distance:.2f}")
    return found


def label(passport: Passport) -> str:
    """The same in one text, a line for each, as a note of a sheet."""
    return "\n".join(lines(passport))


def report(passport: Passport) -> str:
    """The figures in sentences."""
    p = passport
    sentences = [
        f"Lines: structural similarity {p.line_ssim:.3f} of 1.",
        f"Edges: {p.edge_recall:.0%} of the photo's are still there, {p.edge_precision:.0%} of the picture's were "
        f"there before (F1 {p.edge_f1:.3f}).",
    ]
    if p.depth_rmse is not None:
        sentences.append(f"Depth: error {p.depth_rmse:.3f} of a range of 1.")
    if p.outside_max is not None:
        sentences.append(f"Outside the mask: at most {p.outside_max:.0f} of 255 levels, mean {p.outside_mean:.3f}.")
    if p.mask_correlation is not None:
        sentences.append(f"Soft mask: change and grey correlate by {p.mask_correlation:.3f} of 1.")
    if p.style_distance is not None:
        sentences.append(f"Style: {p.style_distance:.3f} away from its held-out pictures.")
    if p.style_gain is not None:
        sentences.append(f"The style's LoRA closed {p.style_gain:.0%} of the plain model's distance.")
    return "\n".join(f"- {sentence}" for sentence in sentences)
