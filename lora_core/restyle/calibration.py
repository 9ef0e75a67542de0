"""What a dial was measured with: line agreement and style at some holds. docs/restyle.md has the format of its file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import ConfigError
from ..names import ANY_FILE, CALIBRATION, check_name, quoted
from .dial_curve import DialCurve, fit_curve
from .passport import Passport

VERSION = 1
FORMAT = "lora_atelier_dial"
ENDING = ".json"
MOST_BYTES = 1_000_000
"""Of a file; a real one has some thousand."""
_MOST_POINTS = 1000


@dataclass(frozen=True)
class Point:
    """The pictures at one hold."""

    hold: float
    pictures: int
    lines: float
    """The mean line agreement: edge F1 of their passports."""
    lines_error: float
    """Its standard error over the pictures; 0 for a single one."""
    style: float | None = None
    """The mean style gain of their passports, if all of them have one."""
    style_error: float | None = None


@dataclass(frozen=True)
class Calibration:
    """The measured curve of one dial."""

    title: str
    about: str
    """What it was measured with: model, LoRA, buildings, seeds, sizes."""
    points: tuple[Point, ...]
    """In increasing order of their holds."""

    def curve(self) -> DialCurve:
        """The rising curve through the points.

        Raises:
            ConfigError: they make none.
        """
        points = self.points
        pictures = [float(point.pictures) for point in points]
        return fit_curve([point.hold for point in points], [point.lines for point in points], pictures)

    def to_text(self) -> str:
        """The content of its file."""
        points = [asdict(point) for point in self.points]
        content = {"format": FORMAT, "version": VERSION, "title": self.title, "about": self.about, "points": points}
        return json.dumps(content, indent=1) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Calibration:
        """The inverse of `to_text`; what a later version added is left out.

        Raises:
            ConfigError: the text is something else, or of a later version that this one can't read, or its points make
                no curve.
        """
        found: Any = None
        try:
            found = json.loads(text)
            points = tuple(_point(each) for each in found["points"][: _MOST_POINTS + 1])
            calibration = cls(_text(found["title"])[: CALIBRATION.characters], _text(found["about"]), points)
            right = found["format"] == FORMAT and len(points) <= _MOST_POINTS
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ConfigError(_why_unreadable(found)) from error
        if not right:
            raise ConfigError(
                "This is not a calibration of LoRA Atelier's dial, or has too many points. Measure it with Dial "
                "Calibration."
            )
        calibration.curve()
        return calibration


def file_of(name: object) -> str:
    """The name of the file of a calibration that is to be called so.

    Raises:
        RunError: it can't be a file's.
    """
    return check_name(_bare(name), "calibration's name", CALIBRATION) + ENDING


def check_file(file: object) -> None:
    """Refuses what can't be the name of a calibration's file, wherever that came from.

    Raises:
        RunError: it can't be a file's.
        ConfigError: it has another ending.
    """
    check_name(_bare(file), "calibration's name", ANY_FILE)
    if not str(file).endswith(ENDING):
        raise ConfigError(f"calibration must be one of the list, got {quoted(file)}. Press R to refresh the list.")


def _bare(name: object) -> object:
    return name.removesuffix(ENDING) if isinstance(name, str) else name


def _why_unreadable(found: object) -> str:
    version = found.get("version") if isinstance(found, dict) and found.get("format") == FORMAT else None
    if isinstance(version, int) and version > VERSION:
        return "This calibration was written by a newer LoRA Atelier. Update the pack to use it."
    return "This is not a calibration of LoRA Atelier's dial, or it is damaged. Measure it again with Dial Calibration."


def calibrate(title: str, about: str, holds: Sequence[float], passports: Sequence[Passport]) -> Calibration:
    """Gathers pictures by their hold.

    Args:
        title: what the dial is called.
        about: what it was measured with.
        holds: of each picture.
        passports: of each picture.

    Raises:
        ConfigError: there are not as many holds as passports, or they make no curve.
    """
    if len(holds) != len(passports):
        raise ConfigError(f"{len(passports)} passports arrived for {len(holds)} holds. Each hold needs one.")
    by_hold: dict[float, list[Passport]] = {}
    for hold, passport in sorted(zip(holds, passports, strict=True), key=lambda pair: pair[0]):
        by_hold.setdefault(hold, []).append(passport)
    calibration = Calibration(title, about, tuple(_mean(*entry) for entry in by_hold.items()))
    calibration.curve()
    return calibration


def _mean(hold: float, passports: Sequence[Passport]) -> Point:
    lines = _mean_and_error([each.edge_f1 for each in passports])
    gains = [each.style_gain for each in passports if each.style_gain is not None]
    style = _mean_and_error(gains) if len(gains) == len(passports) else (None, None)
    return Point(round(hold, 6), len(passports), *lines, *style)


def _mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    found = np.asarray(values, float)
    error = found.std(ddof=1) / math.sqrt(len(found)) if len(found) > 1 else 0.0
    return round(float(found.mean()), 5), round(float(error), 5)


def _point(data: Mapping[str, Any]) -> Point:
    styled = data["style"] is not None and data["style_error"] is not None
    return Point(
        hold=_number(data["hold"], 0, 1),
        pictures=int(_number(data["pictures"], 1, 1e9)),
        lines=_number(data["lines"], 0, 1),
        lines_error=_number(data["lines_error"], 0, 1),
        style=_number(data["style"], -1e6, 1) if styled else None,
        style_error=_number(data["style_error"], 0, 1e6) if styled else None,
    )


def _number(value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"{value!r} is no number from {least:g} to {most:g}")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
