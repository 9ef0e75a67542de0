"""Is training again on all pictures better than the pick? python dev.py bench all_pictures --train

Once the held-out pictures have said when to stop, they are given back: the pocket model is trained on all 64 pictures
to the equivalent point, in each of the ways that there are, and compared with the pick on unseen pictures.
docs/data/all_pictures/plan.md declares it. A run takes a few minutes on one core and leaves one JSON file; what is
interrupted goes on. Without --train the report is made from the runs that are there; --short does one run of a minute,
to see that everything works.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from devtools.comfyui import find_checkout
from devtools.places import ROOT, dev_dir

from ._all_pictures.carry_out import Outcome, carry_out
from ._all_pictures.plan import UNSEEN, jobs
from ._all_pictures.report import tables
from ._choosing.plan import Job
from ._choosing.processes import one_core_each

RESULTS = ROOT / "docs" / "data" / "all_pictures"


def main() -> None:
    """Trains what is missing, then reports."""
    options = _parser().parse_args()
    planned = jobs()
    if options.short:
        with tempfile.TemporaryDirectory() as scratch:
            short = [replace(job, condition=replace(job.condition, epochs=4, training=8)) for job in planned[:1]]
            train(short, Path(scratch), Path(scratch), 1, unseen=4)
            report(short, Path(scratch))
        return
    if options.train:
        train(planned, options.results, options.work, options.jobs)
    report(planned, options.results)


def train(planned: Sequence[Job], results: Path, work: Path, at_a_time: int, unseen: int = UNSEEN) -> None:
    """Does the runs that have no result yet, each in a process of its own on one core."""
    results.mkdir(parents=True, exist_ok=True)
    missing = [job for job in planned if not _result(results, job).exists()]
    comfyui = find_checkout().folder
    one_core_each([partial(carry_out, job, work, _result(results, job), comfyui, unseen) for job in missing], at_a_time)


def report(planned: Sequence[Job], results: Path) -> None:
    """Prints the tables of the runs that are there."""
    paths = [path for job in planned if (path := _result(results, job)).exists()]
    if paths:
        print("\n".join(tables([Outcome.read(path) for path in paths], len(planned))))
    print(f"\n{len(paths)} of {len(planned)} runs are done.")


def _result(results: Path, job: Job) -> Path:
    return results / f"{job.name}.json"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", action="store_true", help="do the runs that are missing")
    parser.add_argument("--short", action="store_true", help="one run of 4 epochs, not kept: to see that it works")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time, one core each")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the runs' files are")
    parser.add_argument("--work", type=Path, default=dev_dir() / "all_pictures", help="where runs under way are kept")
    return parser


if __name__ == "__main__":
    main()
