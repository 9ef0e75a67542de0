"""Does choosing by the validation loss beat any constant? python dev.py bench choosing --train

The second experiment on ways of choosing a checkpoint: conditions that move the best epoch, five styles, fresh seeds.
docs/data/choosing/plan.md declares it, docs/data/choosing_again/plan.md the third, which --again stands for, and
docs/data/choosing_steadier/plan.md the fourth, --steadier. Each trains the pocket model for hours, each run on one
core, and can be interrupted at any moment: a run that was under way goes on. Each run leaves one JSON file. Without
--train the report is made from the runs that are there; --short does one run of a minute, to see that everything works.
--besides also prints what was not declared but looked at afterwards.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from devtools.comfyui import find_checkout
from devtools.places import ROOT, dev_dir

from ._choosing import again, plan, steadier
from ._choosing.besides import besides
from ._choosing.carry_out import carry_out
from ._choosing.features import EYE, SHORT_EYE, trained_eye
from ._choosing.figure import draw_passes
from ._choosing.measured import Outcome
from ._choosing.plan import UNSEEN, Job, Measures
from ._choosing.processes import one_core_each
from ._choosing.report import tables

DATA = ROOT / "docs" / "data"


def main() -> None:
    """Trains what is missing, then reports."""
    parser = _parser()
    options = parser.parse_args()
    if options.steadier and options.besides:
        parser.error("--besides is about the second and the third experiment.")
    name, planned, measures = _experiment(options)
    results = options.results or DATA / name
    if options.short:
        with tempfile.TemporaryDirectory() as scratch:
            short = [replace(job, condition=replace(job.condition, epochs=6, training=8)) for job in planned[:1]]
            train(short, measures, Path(scratch), Path(scratch), 1, unseen=4, eye_settings=SHORT_EYE)
            report(short, Path(scratch))
        return
    if options.train:
        train(planned[: options.runs], measures, results, options.work, options.jobs)
    report(planned, results, options.besides)
    if options.plots and (outcomes := read(planned, results)):
        options.plots.mkdir(parents=True, exist_ok=True)
        draw_passes(outcomes, options.plots / f"{results.name}.png")


def _experiment(options: argparse.Namespace) -> tuple[str, list[Job], Measures]:
    """Its folder in docs/data, its runs, and what is measured of them."""
    if options.steadier:
        return "choosing_steadier", steadier.jobs(), steadier.MEASURES
    return ("choosing_again", again.jobs(), Measures()) if options.again else ("choosing", plan.jobs(), Measures())


def train(
    planned: Sequence[Job],
    measures: Measures,
    results: Path,
    work: Path,
    at_a_time: int,
    unseen: int = UNSEEN,
    eye_settings: Mapping[str, int] = EYE,
) -> None:
    """Does the runs that have no result yet, each in a process of its own on one core."""
    results.mkdir(parents=True, exist_ok=True)
    missing = [job for job in planned if not _result(results, job).exists()]
    comfyui = find_checkout().folder
    eye = trained_eye(work / "eye", comfyui, eye_settings) if measures.pictures else None
    one_core_each(
        [partial(carry_out, job, measures, work, _result(results, job), comfyui, eye, unseen) for job in missing],
        at_a_time,
    )


def report(planned: Sequence[Job], results: Path, also: bool = False) -> None:
    """Prints the tables of the runs that are there; `also`, what was looked at after the fact."""
    outcomes = read(planned, results)
    if outcomes:
        print("\n".join([*tables(outcomes), *(["", *besides(outcomes)] if also else [])]))
    conditions = len({job.condition for job in planned})
    print(f"\n{len(outcomes)} of {len(planned)} runs are done, of {conditions} conditions.")


def read(planned: Sequence[Job], results: Path) -> list[Outcome]:
    """The outcomes that are there."""
    return [Outcome.read(path) for job in planned if (path := _result(results, job)).exists()]


def _result(results: Path, job: Job) -> Path:
    return results / f"{job.name}.json"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--again", action="store_true", help="the third experiment instead of the second")
    other.add_argument("--steadier", action="store_true", help="the fourth instead of the second")
    parser.add_argument("--train", action="store_true", help="do the runs that are missing")
    parser.add_argument("--short", action="store_true", help="one run of 6 epochs, not kept: to see that it works")
    parser.add_argument("--besides", action="store_true", help="also print what was looked at after the fact")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="where to draw regret against passes, a PNG file")
    parser.add_argument("--runs", type=int, help="only the first so many; all by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at a time, one core each")
    parser.add_argument("--results", type=Path, help="where the runs' files are; in docs/data by default")
    parser.add_argument("--work", type=Path, default=dev_dir() / "choosing", help="where runs under way are kept")
    return parser


if __name__ == "__main__":
    main()
