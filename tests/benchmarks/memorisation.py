"""Do copies appear where training pictures can be told from held-out ones? python dev.py bench memorisation --train

Trains the pocket model on 16, 32, 64 and 128 drawn pictures, two styles each. At some epochs pictures are generated for
the captions of training pictures, and their latents are compared with those of the training pictures and of as many
unseen ones; beside that stands what the run says live, the share of pairs in which a training picture has gained more
than a held-out one. Each run leaves one JSON file and takes about ten minutes on one core. Without --train the report
is made from the runs that are there; --short does one run of a minute, to see that everything works.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from devtools.comfyui import find_checkout
from devtools.places import ROOT, dev_dir
from lora_core.picking.memorisation import told_apart
from lora_core.picking.weights import Weights
from lora_core.record.by_picture import losses_by_picture
from lora_core.record.entries import Measured
from lora_core.record.history import History

from ._choosing.by_heart import PROMPTED, Look, Run, tables
from ._choosing.carry_out import Scorer, drawn_style, seed_of, train_run, training_pictures
from ._choosing.copies import find_copies
from ._choosing.figure import draw_copies
from ._choosing.plan import Condition, Job
from ._choosing.processes import one_core_each

RESULTS = ROOT / "docs" / "data" / "memorisation"
CONDITIONS = tuple(
    Condition(f"{pictures} pictures", epochs=epochs, training=pictures)
    for pictures, epochs in ((16, 160), (32, 120), (64, 90), (128, 60))
)
STYLES = ("bauhaus", "renaissance")
FIRST_SEED = 500
"""Far from the seeds of the other experiments."""
FIRST_UNSEEN = 1000
"""Number of the first unseen picture of a run."""
LOOKS = 6
"""Epochs at which that is done, as far apart as possible, always such that the probe is measured."""


def main() -> None:
    """Trains what is missing, then reports."""
    options = _parser().parse_args()
    planned = jobs()
    if options.short:
        with tempfile.TemporaryDirectory() as scratch:
            short = [replace(job, condition=replace(job.condition, epochs=10)) for job in planned[:1]]
            train(short, Path(scratch), Path(scratch), 1)
            print("\n".join(report(short, Path(scratch))))
        return
    if options.train:
        train(planned, options.results, options.work, options.jobs)
    print("\n".join(report(planned, options.results)))
    if options.plots and (runs := read(planned, options.results)):
        options.plots.mkdir(parents=True, exist_ok=True)
        draw_copies(runs, options.plots / "memorisation.png")


def jobs() -> list[Job]:
    """All runs, the quickest first."""
    return [
        Job(condition, style, FIRST_SEED + len(CONDITIONS) * turn + place)
        for turn, style in enumerate(STYLES)
        for place, condition in enumerate(CONDITIONS)
    ]


def train(planned: Sequence[Job], results: Path, work: Path, at_a_time: int) -> None:
    """Does the runs that have no result yet, each in a process of its own on one core."""
    results.mkdir(parents=True, exist_ok=True)
    missing = [job for job in planned if not _result(results, job).exists()]
    one_core_each(
        [partial(carry_out, job, work, _result(results, job), find_checkout().folder) for job in missing], at_a_time
    )


def carry_out(job: Job, work: Path, result: Path, comfyui: Path) -> str:
    """One run: drawn, trained, looked at; goes on where it was interrupted."""
    folder = work / job.name
    dataset = training_pictures(job, folder / "pictures")
    unseen = [(job.style, seed_of(job, FIRST_UNSEEN + number)) for number in range(job.condition.training + 1)]
    others = drawn_style(folder / "unseen", unseen).training
    train_run(job, dataset, folder, comfyui)
    history = History.read(folder / "run" / "history.jsonl")
    apart = told_apart(losses_by_picture(history, Measured.PROBE), losses_by_picture(history, Measured.AVERAGED))
    scorer = Scorer(job, folder, comfyui)
    captions = [picture.caption or "" for picture in dataset.training[:PROMPTED]]
    found = []
    for epoch in spread(list(apart), LOOKS):
        generated = scorer.sampled(Weights.AVERAGED, epoch, captions)
        copies = find_copies(generated, scorer.latents(dataset.training), scorer.latents(others))
        found.append(Look(epoch, apart[epoch], copies))
    Run(job, tuple(found)).write(result)
    shutil.rmtree(folder)
    return f"{job.name}: done"


def spread(epochs: Sequence[int], count: int) -> list[int]:
    """At most `count` of these, from the first to the last, as far apart as possible."""
    last = len(epochs) - 1
    return sorted({epochs[round(place * last / max(1, count - 1))] for place in range(count)})


def report(planned: Sequence[Job], results: Path) -> list[str]:
    """Lines of Markdown."""
    runs = read(planned, results)
    return [*(tables(runs) if runs else []), "", f"{len(runs)} of {len(planned)} runs are done."]


def read(planned: Sequence[Job], results: Path) -> list[Run]:
    """The runs that are there."""
    return [Run.read(job, path) for job in planned if (path := _result(results, job)).exists()]


def _result(results: Path, job: Job) -> Path:
    return results / f"{job.name}.json"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", action="store_true", help="do the runs that are missing")
    parser.add_argument("--short", action="store_true", help="one run of 10 epochs, not kept: to see that it works")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="where to draw copies against pairs, a PNG file")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at a time, one core each")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the runs' files are")
    parser.add_argument("--work", type=Path, default=dev_dir() / "memorisation", help="where runs under way are kept")
    return parser


if __name__ == "__main__":
    main()
