"""A run packed to be shared: its figure, the numbers behind it, and how to cite it, in one zip file.

It is made from the run's folder alone, and from the same folder the same libraries make the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from ..files import atomic_write
from ..record.by_picture import losses_by_picture
from ..record.canvas import encode
from ..record.entries import Measured
from ..record.figure import draw
from ..record.history import History
from ..record.run_file import RunFile
from ..record.view import LossCurve, RunView
from ..run_folder import HISTORY_FILE
from .citation import bibtex

_SIZE = 1600, 900
"""Of the figure, in pixels."""
_BEGINNING = 1980, 1, 1, 0, 0, 0
"""The earliest time that a zip file knows, so that its bytes do not depend on when it was made."""
_README = """The training run {run} of LoRA Atelier.

figure.svg, figure.png   validation and training losses with the picked epoch
curves.csv               the numbers in the figure, by epoch
losses.csv               the loss of each held-out picture (and of each training picture of the probe) by epoch,
                         the weighted mean over its timesteps; pictures are numbered in the order of their hashes
pick.json                the picked epoch, the regions, and why
recipe.json              settings, pictures by their hashes, versions
citation.bib             the paper, the tool and this run, as BibTeX

`python -m lora_core export RUN --out FILE.zip` makes this file again from the run's folder.
"""

Cell = str | float | int | None


def write_bundle(folder: Path, view: RunView, target: Path) -> None:
    """Writes the zip file of a run. Arguments and errors are those of `make_bundle`, and RunError if it can't be."""
    atomic_write(target, make_bundle(folder, view))


def make_bundle(folder: Path, view: RunView) -> bytes:
    """The zip file of a run. Notes, paths, captions and pictures are not in it.

    Args:
        folder: of the run.
        view: of the run, with the pick that is reported.

    Raises:
        RunError, ConfigError: the run is damaged.
        RequirementError: matplotlib cannot be used.
    """
    run, history = RunFile.read(folder), History.read(folder / HISTORY_FILE)
    width, height = _SIZE
    figure = draw(view, width=width, height=height)
    return _zipped(
        {
            "README.txt": _README.format(run=view.run).encode(),
            "figure.svg": encode(figure, "svg"),
            "figure.png": encode(figure, "png"),
            "curves.csv": _table(["curve", "epoch", "loss", "smoothed", "standard_error"], _curve_rows(view)),
            "losses.csv": _table(["measured", "epoch", "picture", "loss"], _loss_rows(history)),
            "pick.json": _json({"pick": view.pick and asdict(view.pick), "selection": _selection(view)}),
            "recipe.json": _json(_recipe(run)),
            "citation.bib": bibtex(run).encode(),
        }
    )


def _curve_rows(view: RunView) -> Iterable[Sequence[Cell]]:
    curves: dict[str, LossCurve | None] = {"raw": view.validation, "averaged": view.averaged, "probe": view.probe}
    for name, curve in curves.items():
        for index, epoch in enumerate(curve.epoch if curve else ()):
            assert curve is not None
            errors = getattr(curve, "standard_error", None)
            yield name, epoch, curve.loss[index], curve.smooth[index], errors[index] if errors else None
    for epoch, loss, smooth in zip(view.train.epoch, view.train.loss, view.train.smooth, strict=True):
        yield "training", epoch, loss, smooth, None


def _loss_rows(history: History) -> Iterable[Sequence[Cell]]:
    for kind in Measured:
        for epoch, losses in losses_by_picture(history, kind).items():
            for picture, loss in enumerate(losses, 1):
                yield str(kind), epoch, picture, f"{loss:.7g}"


def _selection(view: RunView) -> dict[str, object] | None:
    return asdict(view.selection) if view.selection else None


def _recipe(run: RunFile) -> dict[str, object]:
    pictures = [{"content_hash": each.content_hash, "side": each.side} for each in run.dataset.pictures]
    return {
        "name": run.name,
        "created": run.created,
        "config": run.config.to_json(),
        "dataset": {"name": run.dataset.name, "resolution": run.dataset.resolution, "pictures": pictures},
        "fingerprints": {"dataset": run.fingerprints.dataset, "base_model": run.fingerprints.base_model},
        "versions": run.versions,
    }


def _table(heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue().encode()


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def _zipped(files: dict[str, bytes]) -> bytes:
    """Stored, not compressed: compression differs between versions of zlib."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _BEGINNING), data)
    return content.getvalue()
