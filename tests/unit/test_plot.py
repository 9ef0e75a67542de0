"""The figure: its size, its files, and what it shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from unit.test_run_view import EPOCHS, validation, whole, write_run

from lora_core.errors import ConfigError
from lora_core.record.canvas import DARK, LIGHT, inches, save, to_array
from lora_core.record.figure import draw
from lora_core.record.reader import read_view
from lora_core.record.view import RunView


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> RunView:
    return read_view(write_run(tmp_path_factory.mktemp("run") / "bauhaus $x_1$", whole()))


@pytest.mark.parametrize(("width", "height"), [(1600, 900), (480, 320), (4096, 320), (481, 1203)])
def test_size(view: RunView, width: int, height: int) -> None:
    pixels = to_array(draw(view, width=width, height=height))
    assert pixels.shape == (height, width, 3) and pixels.dtype == np.float32
    assert pixels.min() >= 0 and pixels.max() <= 1


def test_the_canvas_has_exactly_the_size_asked_for() -> None:
    """Every size that the node offers, in pixels; matplotlib up to 3.10 rounds inches x dpi down."""
    for width in range(480, 4097, 8):
        dpi = 150 * (width / 1600) ** 0.5
        for height in range(320, 4097, 8):
            assert (int(inches(width, dpi) * dpi), int(inches(height, dpi) * dpi)) == (width, height)
        figure = Figure(figsize=(inches(width, dpi), inches(width, dpi)), dpi=dpi)
        assert FigureCanvasAgg(figure).get_width_height() == (width, width)


def test_dark(view: RunView) -> None:
    assert to_array(draw(view, width=640, height=360)).mean() > 0.8
    assert to_array(draw(view, width=640, height=360, dark=True)).mean() < 0.25
    assert LIGHT.ground != DARK.ground


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_files(view: RunView, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"крива.{ending}"
    save(draw(view, width=800, height=450), path)
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(start)
    if ending == "png":
        with Image.open(path) as image:
            assert image.size == (800, 450)


def test_another_ending_is_refused(view: RunView, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"png, \.svg or \.pdf"):
        save(draw(view, width=800, height=450), tmp_path / "curve.docx")


def words(view: RunView) -> list[str]:
    figure = draw(view, width=1600, height=900)
    upper = figure.axes[0]
    legend = upper.get_legend()
    return [
        figure._suptitle.get_text(),
        upper.get_title(loc="left"),
        *(text.get_text().strip() for text in upper.texts),
        *(text.get_text() for text in (legend.get_texts() if legend else [])),
    ]


def test_how_far_training_pictures_are_told_apart_has_a_panel_where_there_is_room(tmp_path: Path) -> None:
    rows = [validation(epoch, pictures=6) for epoch in range(41)]
    probes = [rows[epoch] | {"kind": "probe"} for epoch in range(0, 41, 5)]
    probed = read_view(write_run(tmp_path / "bauhaus", [*rows, *probes], [10, 20]))
    panels = draw(probed, width=1600, height=900).axes
    assert len(panels) == 3
    (line, chance) = panels[2].get_lines()
    assert line.get_xdata().tolist() == list(range(0, 41, 5))
    assert line.get_ydata()[1:].tolist() == [50] * 8  # the same pictures on both sides
    assert list(chance.get_ydata()) == [50, 50]
    assert len(draw(probed, width=480, height=320).axes) == 2


def test_a_share_below_chance_is_not_cut_off(tmp_path: Path) -> None:
    rows = [validation(epoch, pictures=2) for epoch in range(41)]
    probes = [rows[0] | {"kind": "probe", "epoch": epoch} for epoch in range(0, 41, 5)]  # these gain nothing
    probed = read_view(write_run(tmp_path / "bauhaus", [*rows, *probes], [10, 20]))
    panel = draw(probed, width=1600, height=900).axes[2]
    assert min(panel.get_lines()[0].get_ydata()[1:]) == 0
    assert panel.get_ylim()[0] < 0


def test_it_says_what_was_picked_and_why(view: RunView) -> None:
    shown = words(view)
    assert shown[0] == "bauhaus $x_1$"
    assert view.selection.reason in shown
    assert "p = epoch 16" in shown and "no LoRA" in shown
    assert any(text.startswith("G") for text in shown) and any(text.startswith("O") for text in shown)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> RunView:
    """A run with averaged weights, which are better, and a probe whose pictures are harder and which keeps falling."""
    entries, rows = whole(), [validation(epoch) for epoch in range(EPOCHS + 1)]
    for epoch, row in enumerate(rows):
        better = 1.0 if epoch == 0 else 0.99
        entries.append(row | {"kind": "averaged", "losses": (better * np.asarray(row["losses"])).tolist()})
        if epoch % 5 == 0:
            falling = 1.3 * (1 - 0.004 * epoch)
            entries.append(row | {"kind": "probe", "losses": (falling * np.asarray(rows[0]["losses"])).tolist()})
    folder = write_run(tmp_path_factory.mktemp("both") / "both", entries)
    (folder / "checkpoints" / "epoch_0016_averaged.safetensors").write_bytes(b"")
    return read_view(folder)


def test_the_picked_weights_are_bold_and_the_others_thin(both: RunView) -> None:
    lines = {line.get_label(): line for line in draw(both, width=1600, height=900).axes[0].get_lines()}
    assert lines["averaged, ± 1 standard error"].get_linewidth() > 2 * lines["raw"].get_linewidth()
    assert lines["raw"].get_ydata()[15] == pytest.approx(both.validation.smooth[16])


def test_the_probe_begins_where_the_validation_loss_does_and_flattens_nothing(both: RunView) -> None:
    axes = draw(both, width=1600, height=900).axes[0]
    (probe,) = (line for line in axes.get_lines() if line.get_label() == "training pictures")
    start = both.averaged.loss[0]
    assert probe.get_ydata()[[0, 4, 8]] == pytest.approx([start, 0.92 * start, 0.84 * start], rel=1e-3)
    low, high = axes.get_ylim()
    assert high - low < 2.5 * (max(both.validation.loss) - min(both.averaged.loss))


def test_the_legend_covers_no_curve(both: RunView) -> None:
    for width, height in ((1600, 900), (480, 320)):
        figure = draw(both, width=width, height=height)
        figure.draw_without_rendering()
        axes = figure.axes[0]
        assert axes.get_legend().get_window_extent().y0 >= axes.get_window_extent().y1 - 1


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_run_under_way(tmp_path: Path, count: int) -> None:
    entries = [validation(epoch) for epoch in range(count)]
    view = read_view(write_run(tmp_path / "a", entries, []))
    assert to_array(draw(view, width=640, height=360)).shape == (360, 640, 3)


def test_a_spike_does_not_flatten_the_curve(tmp_path: Path) -> None:
    entries = [validation(epoch) for epoch in range(EPOCHS + 1)]
    entries[30]["losses"] = [[5.0] * 4] * 8
    axes = draw(read_view(write_run(tmp_path / "a", entries)), width=640, height=360).axes[0]
    assert axes.get_ylim()[1] < 0.3
