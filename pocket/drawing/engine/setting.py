"""Season, time of day and weather: the light a building stands in."""

from __future__ import annotations

from dataclasses import dataclass

from .dice import Dice

Colour = tuple[float, float, float]

SEASONS = ("spring", "summer", "autumn", "winter")
TIMES = ("morning", "day", "overcast", "dusk", "night")


@dataclass(frozen=True)
class Light:
    """Linear colours of the sun, of the sky's own light and of the sky from the zenith to the horizon."""

    sun: Colour
    sky: Colour
    zenith: Colour
    horizon: Colour
    cloud: Colour
    lit_windows: float  # the share of windows with a lamp on
    exposure: float = 1.0


LIGHTS = {
    "morning": Light(
        (2.7, 2.0, 1.25), (0.50, 0.56, 0.74), (0.20, 0.38, 0.68), (0.95, 0.80, 0.62), (1.0, 0.9, 0.8), 0.04
    ),
    "day": Light((2.75, 2.45, 1.98), (0.36, 0.48, 0.70), (0.05, 0.20, 0.60), (0.50, 0.72, 0.98), (1.0, 1.0, 1.0), 0.02),
    "overcast": Light(
        (0.35, 0.35, 0.36), (1.05, 1.1, 1.18), (0.50, 0.55, 0.62), (0.80, 0.82, 0.84), (0.7, 0.72, 0.75), 0.12
    ),
    "dusk": Light(
        (2.1, 1.10, 0.48), (0.28, 0.32, 0.50), (0.05, 0.10, 0.30), (1.05, 0.55, 0.22), (0.95, 0.42, 0.34), 0.45, 1.05
    ),
    "night": Light(
        (0.14, 0.19, 0.34),
        (0.10, 0.13, 0.25),
        (0.006, 0.012, 0.045),
        (0.05, 0.075, 0.16),
        (0.05, 0.06, 0.11),
        0.55,
        1.25,
    ),
}


@dataclass(frozen=True)
class Setting:
    """All that surrounds a building; `aspect` is the picture's width over its height."""

    season: str
    time: str
    clouds: float  # 0 clear to 1 covered
    sun_side: int  # -1 from the left, 1 from the right
    sun_height: float  # the sun direction's y before scaling to length 1
    ground: str  # "lawn", "street", "plaza" or "water"
    aspect: float
    floodlit: bool
    seed: int

    @property
    def light(self) -> Light:
        """The light at this time of day."""
        return LIGHTS[self.time]

    @property
    def sun_direction(self) -> Colour:
        """Towards the sun, length 1."""
        x, y, z = 0.75 * self.sun_side, self.sun_height, 0.72
        length = (x * x + y * y + z * z) ** 0.5
        return (x / length, y / length, z / length)


def random_setting(dice: Dice, aspect: float, seed: int, grounds: tuple[str, ...]) -> Setting:
    """A season, a time of day and the rest; `grounds` are those that suit the building."""
    season = dice.weighted(SEASONS, (1.2, 4.0, 2.4, 2.2))
    time = dice.weighted(TIMES, (1.4, 4.6, 0.9, 1.7, 1.4))
    height = {"dusk": dice.between(0.22, 0.34), "morning": dice.between(0.45, 0.6)}.get(time, dice.between(0.7, 1.25))
    clouds = dice.between(0.85, 1.0) if time == "overcast" else dice.weighted((0.0, 0.25, 0.45, 0.65), (1, 2, 2, 1))
    return Setting(
        season=season,
        time=time,
        clouds=clouds,
        sun_side=dice.sign(),
        sun_height=height,
        ground=dice.pick(grounds),
        aspect=aspect,
        floodlit=dice.chance(0.7),
        seed=seed,
    )
