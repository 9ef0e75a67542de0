"""The cells of a sheet: which LoRA at which strength with which seed, in the order of reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from ..errors import ConfigError
from .grid import Grid

ROWS = ("epochs", "styles")
COLUMNS = ("strengths", "seeds", "epochs")

Lora = Mapping[str, Tensor]


@dataclass(frozen=True)
class Variant:
    """A LoRA of a style, under the name that it has among the others of this style."""

    name: str
    lora: Lora


@dataclass(frozen=True)
class Style:
    """What a sheet shows of one style: a LoRA for each epoch, or a single one."""

    name: str
    """On its row; a second line may say more."""
    variants: Sequence[Variant]


@dataclass(frozen=True)
class Cell:
    """What one picture is made with."""

    lora: Lora
    strength: float
    seed: int


def lay_out(
    rows: str, columns: str, styles: Sequence[Style], strengths: Sequence[float], seeds: Sequence[int]
) -> tuple[Grid, list[Cell]]:
    """The names and the cells of a sheet.

    Args:
        rows: one of ROWS.
        columns: one of COLUMNS.
        styles: at least one; with epochs on neither axis each has one variant.
        strengths: of the columns, or else the one of all cells.
        seeds: likewise.

    Raises:
        ConfigError: these rows and columns don't make a sheet of these styles.
    """
    check_axes(rows, columns)
    if rows == "epochs":
        if len(styles) > 1:
            raise ConfigError(f"Rows of epochs are of one run, got {len(styles)} styles. Choose styles as rows.")
        lines = [(each.name, [each]) for each in styles[0].variants]
    else:
        lines = [(each.name, list(each.variants)) for each in styles]
    if columns == "epochs":
        names = [each.name for each in styles[0].variants]
        cells = [Cell(each.lora, strengths[0], seeds[0]) for _, variants in lines for each in variants]
    else:
        values = [(strength, seed) for strength in strengths for seed in seeds]
        names = [f"seed {seed}" if columns == "seeds" else f"strength {strength:g}" for strength, seed in values]
        cells = [Cell(variants[0].lora, *value) for _, variants in lines for value in values]
    title = _title(rows, columns, styles, strengths, seeds)
    return Grid(title, tuple(name for name, _ in lines), tuple(names)), cells


def check_axes(rows: str, columns: str) -> None:
    """Raises ConfigError if rows and columns would show the same."""
    if rows == columns:
        raise ConfigError("Rows and columns are both epochs. Choose strengths or seeds as columns.")


def _title(rows: str, columns: str, styles: Sequence[Style], strengths: Sequence[float], seeds: Sequence[int]) -> str:
    """What the sheet shows, and what is the same in all of its cells."""
    who = styles[0].name.replace("\n", ", ") if len(styles) == 1 else f"{len(styles)} styles"
    what = f"{who}: epochs × {columns}" if rows == "epochs" else f"{who} × {columns}"
    same = [] if columns == "strengths" else [f"strength {strengths[0]:g}"]
    same += [] if columns == "seeds" else [f"seed {seeds[0]}"]
    return ", ".join([what, *same])
