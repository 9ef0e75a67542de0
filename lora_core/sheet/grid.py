"""The rows and columns of a sheet: what is typed as numbers, and what each row and column is called."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import ConfigError
from ..names import quoted

MOST_CELLS = 400
EPOCHS_SHOWN = 5
"""How many epochs a sheet shows of a run unless they are named."""


@dataclass(frozen=True)
class Grid:
    """What a sheet's rows and columns are called; its cells are in the order of reading."""

    title: str
    rows: tuple[str, ...]
    """A name may have several lines."""
    columns: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.cells <= MOST_CELLS:
            raise ConfigError(
                f"A sheet has 1 to {MOST_CELLS} cells, got {len(self.rows)} rows of {len(self.columns)}. Name fewer "
                "values."
            )

    def __str__(self) -> str:
        return f"{self.title}: {self.shape}"

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.rows) * len(self.columns)

    @property
    def shape(self) -> str:
        """For instance "6 cells (2 rows of 3)"."""
        return f"{self.cells} cells ({len(self.rows)} rows of {len(self.columns)})"


def read_numbers(text: str, name: str, least: float, most: float) -> list[float]:
    """Numbers with commas, semicolons or spaces between them, as typed into the input `name`; each is given once.

    Raises:
        ConfigError: there is none, or something else than a number from `least` to `most`.
    """
    found: dict[float, None] = {}
    for part in re.split(r"[,;\s]+", text.strip(",; \t\r\n")):
        try:
            value = float(part)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise ConfigError(
                f"{name} must be numbers from {least:g} to {most:g} with commas between them, such as '0, 0.5, 1'; "
                f"got {quoted(text)}."
            )
        found[value] = None
    return list(found)


def read_epochs(text: str) -> list[int]:
    """Epochs, whole numbers from 1, written as for `read_numbers`.

    Raises:
        ConfigError: there is none, or something else.
    """
    numbers = read_numbers(text, "epochs", 1, 1e6)
    if any(number != int(number) for number in numbers):
        raise ConfigError(
            f"epochs must be whole numbers with commas between them, such as '12, 50', got {quoted(text)}."
        )
    return [int(number) for number in numbers]


def spread_epochs(available: Sequence[int], picked: int | None, most: int = EPOCHS_SHOWN) -> list[int]:
    """At most `most` of the available epochs, evenly spread from the first to the last, the picked one among them."""
    ordered = sorted(available)
    if len(ordered) <= most:
        return ordered
    wanted = [ordered[0] + (ordered[-1] - ordered[0]) * index / (most - 1) for index in range(most)]
    chosen = [min(ordered, key=lambda epoch: abs(epoch - each)) for each in wanted]
    if picked in ordered and picked not in chosen:
        inner = range(1, most - 1)  # the ends stay
        chosen[min(inner, key=lambda index: abs(chosen[index] - picked))] = picked
    return sorted(set(chosen))
