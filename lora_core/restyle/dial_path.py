"""The way from a free style to a kept building: the settings of a restyling, all moved by one number.

Every setting runs straight from its free to its held value, so that each hold above another keeps more of the building
in all of them. What a hold does to the lines of a building is not known from here: `dial_curve` fits that to pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from ..errors import ConfigError


@dataclass(frozen=True)
class Settings:
    """What decides how much of a building is kept; the names are those of the nodes' inputs."""

    lineart_strength: float
    lineart_end: float
    depth_strength: float
    depth_end: float
    denoise: float


FREE = Settings(lineart_strength=0.0, lineart_end=0.4, depth_strength=0.0, depth_end=0.4, denoise=1.0)
"""Hold 0: the prompt and the style alone."""
HELD = Settings(lineart_strength=1.0, lineart_end=1.0, depth_strength=0.75, depth_end=1.0, denoise=0.6)
"""Hold 1: both ControlNets to the end, over what two fifths of the noise leave of the photograph."""


def settings_at(hold: float) -> Settings:
    """The settings at a hold from 0, FREE, to 1, HELD, of three digits: they can be read and typed again.

    Raises:
        ConfigError: it is outside.
    """
    if not 0 <= hold <= 1:
        raise ConfigError(f"A hold is from 0 to 1, got {hold}.")
    pairs = {each.name: (getattr(FREE, each.name), getattr(HELD, each.name)) for each in fields(Settings)}
    return Settings(**{name: round(free + hold * (held - free), 3) for name, (free, held) in pairs.items()})


@dataclass(frozen=True)
class DialSteps:
    """The pictures of a calibration, in their order."""

    holds: tuple[float, ...]
    """Of each picture; a hold comes as often as there are seeds."""

    def __str__(self) -> str:
        return f"{len(self.holds)} pictures at {len(set(self.holds))} holds"


def even_steps(count: int, seeds: int) -> DialSteps:
    """Holds evenly from 0 to 1, each for so many seeds."""
    return DialSteps(tuple(index / (count - 1) for index in range(count) for _ in range(seeds)))
