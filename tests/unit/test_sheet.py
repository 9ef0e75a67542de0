"""A sheet: what is typed, what its rows and columns are called, and what is drawn where."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lora_core.errors import ConfigError
from lora_core.lettering import font, shortened_to
from lora_core.sheet.cells import Cell, Style, Variant, lay_out
from lora_core.sheet.drawing import draw_sheet
from lora_core.sheet.grid import MOST_CELLS, Grid, read_epochs, read_numbers, spread_epochs


def cells(count: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
    random = np.random.default_rng(count)
    return [random.random((height, width, 3), dtype=np.float32) for _ in range(count)]


def places(sheet: np.ndarray, cell: np.ndarray) -> list[tuple[int, int]]:
    """Every (top, left) at which a sheet holds a cell value by value."""
    height, width = cell.shape[:2]
    corners = np.argwhere((sheet == cell[0, 0]).all(axis=-1)).tolist()
    return [(y, x) for y, x in corners if np.array_equal(sheet[y : y + height, x : x + width], cell)]


def ink(sheet: np.ndarray) -> np.ndarray:
    """Where a sheet is not paper."""
    return (np.abs(sheet - sheet[0, 0]) > 0.2).any(axis=-1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0, 0.5, 1", [0, 0.5, 1]), ("1;0.25  -2", [1, 0.25, -2]), (" 1,1 ,1.0,", [1]), ("0.8", [0.8]), ("1\n2", [1, 2])],
)
def test_numbers_are_read_as_people_write_them(text: str, expected: list[float]) -> None:
    assert read_numbers(text, "strengths", -10, 10) == expected


@pytest.mark.parametrize("text", ["", " , ", "a", "0, eleven", "11", "nan", "1e999", "0 .. 1"])
def test_what_is_no_number_is_told_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match=r"strengths must be numbers from -10 to 10 .* such as '0, 0.5, 1'"):
        read_numbers(text, "strengths", -10, 10)


def test_epochs_are_whole() -> None:
    assert read_epochs("20, 40") == [20, 40]
    for text in ("1.5", "0", "-3"):
        with pytest.raises(ConfigError, match="epochs must be"):
            read_epochs(text)


@pytest.mark.parametrize(
    ("available", "picked", "expected"),
    [
        ([3, 1, 2], 2, [1, 2, 3]),
        (range(1, 101), 50, [1, 26, 50, 75, 100]),
        (range(10, 101, 10), 20, [10, 20, 50, 80, 100]),
        (range(1, 101), 1, [1, 26, 50, 75, 100]),
        (range(1, 101), 99, [1, 26, 50, 99, 100]),
        (range(1, 101), None, [1, 26, 50, 75, 100]),
        ([], None, []),
    ],
)
def test_epochs_are_spread_with_the_picked_one_among_them(
    available: list[int], picked: int | None, expected: list[int]
) -> None:
    assert spread_epochs(available, picked) == expected


def test_a_sheet_has_a_limit() -> None:
    with pytest.raises(ConfigError, match=f"1 to {MOST_CELLS} cells, got 100 rows of 5"):
        Grid("much", ("row",) * 100, ("column",) * 5)
    with pytest.raises(ConfigError, match="got 0 rows"):
        Grid("nothing", (), ("column",))


@pytest.mark.parametrize("longest", [0, 64])
@pytest.mark.parametrize("photo", [None, np.full((30, 40, 3), 0.5, np.float32)], ids=["alone", "with photo"])
def test_cells_are_on_the_sheet_value_by_value_in_the_order_of_reading(photo: np.ndarray | None, longest: int) -> None:
    grid, made = Grid("bauhaus", ("epoch 1", "epoch 2"), ("strength 0", "strength 0.5", "strength 1")), cells(6)
    sheet = draw_sheet(grid, made, photo, longest_side=longest)
    assert sheet.dtype == np.float32
    corners = [places(sheet, cell) for cell in made]
    assert [len(each) for each in corners] == [1] * 6
    flat = [each[0] for each in corners]
    assert flat == sorted(flat)
    columns, rows = [sorted({corner[axis] for corner in flat}) for axis in (1, 0)]
    assert (len(rows), len(columns)) == (2, 3)
    assert columns[1] - columns[0] == columns[2] - columns[1] > 64
    assert rows[1] - rows[0] - 48 == columns[1] - columns[0] - 64  # even gutters


@pytest.mark.parametrize("rows", [1, 2])
def test_the_photograph_comes_first(rows: int) -> None:
    made, photo = cells(2 * rows), np.full((48, 64, 3), 0.25, np.float32)
    grid = Grid("bauhaus", ("epoch 1", "epoch 2")[:rows], ("seed 1", "seed 2"))
    sheet = draw_sheet(grid, made, photo)
    assert places(sheet, photo)[0] < places(sheet, made[0])[0]
    assert (places(sheet, photo)[0][0] == places(sheet, made[0])[0][0]) == (rows == 1)  # in the row, or above


def test_cells_of_different_sizes_are_fitted_and_centred() -> None:
    wide, tall, small = np.zeros((40, 80, 3)), np.zeros((80, 40, 3)), np.zeros((20, 10, 3))
    grid = Grid("", ("",), ("a", "b", "c"))
    sheet = draw_sheet(grid, [each.astype(np.float32) for each in (wide, tall, small)])
    dark = (sheet == 0).all(axis=-1)
    runs = np.flatnonzero(dark.any(axis=0))
    spans = np.split(runs, np.flatnonzero(np.diff(runs) > 1) + 1)
    assert [len(span) for span in spans] == [80, 40, 40]  # the small one is as high as the tall one
    middles = {float(np.flatnonzero(dark[:, span[0]]).mean()) for span in spans}
    assert len(middles) == 1


@pytest.mark.parametrize("side", [128, 384, 768])
@pytest.mark.parametrize(
    "name", ["epoch 8", "a-very-long-name-of-a-run-epoch-0084-averaged", "Дуже довга назва стилю " * 3]
)
def test_names_stay_in_their_places_at_every_size(side: int, name: str) -> None:
    made = [np.ones((side, side, 3), np.float32)] * 4
    plain = draw_sheet(Grid("", ("", ""), ("", "")), made, notes=[""] * 4)
    grid = Grid(name, (name, name), (name, name))
    sheet = draw_sheet(grid, made, notes=[name] * 4)
    marks = ink(sheet)
    edge = max(16, side // 16) // 2
    for border in (marks[:edge], marks[-edge:], marks[:, :edge], marks[:, -edge:]):
        assert not border.any()
    assert marks.sum() > ink(plain).sum() + 200
    top = int(np.flatnonzero((sheet == 1).all(axis=-1).any(axis=1))[0])
    line = marks[top - round(side / 22) : top].any(axis=0)
    last = np.flatnonzero((sheet[top] == 1).all(axis=-1))
    gap = next(index for index in range(last[0], last[-1]) if not (sheet[top, index] == 1).all())
    assert not line[gap : gap + max(6, round(side / 40))].any()  # two names never touch


def test_there_is_room_for_as_many_lines_as_the_longest_note_has() -> None:
    grid, made = Grid("", ("1", "2"), ("a", "b")), cells(4, 128, 128)

    def sheet(*notes: str) -> np.ndarray:
        return draw_sheet(grid, made, notes=notes)

    def below(page: np.ndarray, cell: int) -> int:
        """How many lines of letters stand below a cell."""
        ((top, left),) = places(page, made[cell])
        following = page.shape[0] if cell > 1 else places(page, made[cell + 2])[0][0]
        rows = ink(page)[top + 128 : following, left : left + 128].any(axis=1).astype(int)
        return int((np.diff(rows, prepend=0) == 1).sum())

    three = sheet("cell", "one\ntwo\nthree", "cell", "")
    assert [below(three, cell) for cell in range(4)] == [1, 3, 1, 0]
    one, many = sheet("a", "b", "c", "d"), sheet("a", "b", "c", "\n".join("abcdefghi"))
    assert one.shape[0] < three.shape[0] < many.shape[0]
    assert below(many, 3) == 6, "and no more"


def test_the_name_of_a_row_may_have_two_lines() -> None:
    (made,) = cells(1, 128, 128)

    def lines(name: str) -> int:
        """How many lines of letters stand left of the only cell."""
        sheet = draw_sheet(Grid("", (name,), ("",)), [made])
        ((top, left),) = places(sheet, made)
        rows = ink(sheet)[top : top + 128, :left].any(axis=1).astype(int)
        return int((np.diff(rows, prepend=0) == 1).sum())

    assert lines("Bauhaus") == 1
    assert lines("Bauhaus\nepoch 84") == 2


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    face = font(14)
    text = "bauhaus-epoch-0084-averaged"
    shown = shortened_to(text, face, 100)
    assert face.getlength(shown) <= 100 < face.getlength(text)
    begin, end = shown.split("…")
    assert text.startswith(begin)
    assert text.endswith(end)
    assert abs(len(begin) - len(end)) <= 1
    assert shortened_to(text, face, 1000) == text
    assert shortened_to(text, face, 1) == ""
    assert shortened_to("a house\r\nin\u2029Weimar", face, 1000) == "a house in Weimar"
    for wide in (1e9, 100):
        assert len(shortened_to("x" * 10**6, face, wide)) <= 401


def test_wrong_counts_are_told_in_words() -> None:
    grid = Grid("bauhaus", ("1", "2"), ("a", "b", "c"))
    with pytest.raises(ConfigError, match=r"5 pictures arrived for 6 cells \(2 rows of 3\).*batch_size 1"):
        draw_sheet(grid, cells(5))
    with pytest.raises(ConfigError, match="2 notes arrived for 6 cells"):
        draw_sheet(grid, cells(6), notes=["", ""])


def style(name: str, *variants: str) -> Style:
    """A style whose LoRAs hold nothing but their names."""
    return Style(name, [Variant(each, {f"{name} {each}": torch.zeros(1)}) for each in variants])


def named(cell: Cell) -> tuple[str, float, int]:
    (name,) = cell.lora
    return name, cell.strength, cell.seed


def test_rows_of_epochs_and_columns_of_strengths() -> None:
    grid, made = lay_out("epochs", "strengths", [style("weimar", "epoch 1", "epoch 2 (picked)")], [0, 0.5], [7])
    assert grid == Grid(
        "weimar: epochs × strengths, seed 7", ("epoch 1", "epoch 2 (picked)"), ("strength 0", "strength 0.5")
    )
    assert [named(cell) for cell in made] == [
        ("weimar epoch 1", 0, 7),
        ("weimar epoch 1", 0.5, 7),
        ("weimar epoch 2 (picked)", 0, 7),
        ("weimar epoch 2 (picked)", 0.5, 7),
    ]


def test_rows_of_styles_and_columns_of_seeds() -> None:
    grid, made = lay_out("styles", "seeds", [style("a", "x"), style("b", "y")], [0.8], [3, 4])
    assert grid == Grid("2 styles × seeds, strength 0.8", ("a", "b"), ("seed 3", "seed 4"))
    assert [named(cell) for cell in made] == [("a x", 0.8, 3), ("a x", 0.8, 4), ("b y", 0.8, 3), ("b y", 0.8, 4)]


def test_rows_of_styles_and_columns_of_epochs() -> None:
    styles = [style("a", "epoch 1", "epoch 2"), style("b", "epoch 1", "epoch 2")]
    grid, made = lay_out("styles", "epochs", styles, [1], [0])
    assert grid == Grid("2 styles × epochs, strength 1, seed 0", ("a", "b"), ("epoch 1", "epoch 2"))
    assert [named(cell)[0] for cell in made] == ["a epoch 1", "a epoch 2", "b epoch 1", "b epoch 2"]


def test_axes_that_make_no_sheet_are_told() -> None:
    with pytest.raises(ConfigError, match="both epochs"):
        lay_out("epochs", "epochs", [style("a", "epoch 1")], [1], [0])
    with pytest.raises(ConfigError, match="of one run, got 2 styles"):
        lay_out("epochs", "seeds", [style("a", "epoch 1"), style("b", "epoch 1")], [1], [0])
