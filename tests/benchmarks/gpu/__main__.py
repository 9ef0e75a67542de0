"""Every part of `dev.py gpu`, each in a process of its own: what fails is named, and the rest goes on."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import sys
import time
from pathlib import Path

import torch

from devtools.console import Failure, say
from devtools.console import seconds as in_words
from devtools.places import ROOT
from lora_core.files import atomic_write
from tests.benchmarks.step_counts import RANK

from .material import Scale
from .outcome import Outcome
from .parts import PARTS, in_a_process
from .report import markdown, write
from .rivals import add_options, checkouts

BUDGET = 480.0
"""Seconds for all parts."""


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return _run(arguments)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1


def _run(arguments: argparse.Namespace) -> int:
    cuda = torch.cuda.is_available() and not os.environ.get("ATELIER_CPU")
    if not cuda and not arguments.tiny:
        raise Failure("torch sees no GPU in this Python. `dev.py gpu --tiny` tries every part on a CPU.")
    scale = dataclasses.replace(
        Scale.of(torch.device("cuda" if cuda else "cpu"), arguments.tiny), checkouts=checkouts(arguments)
    )
    machine = f"{torch.cuda.get_device_name() if cuda else platform.processor() or 'a CPU'}, torch {torch.__version__}"
    size = f"{'a tiny model' if scale.tiny else 'SD 1.5'}, {scale.pixels} x {scale.pixels} pixels, batch {scale.batch}"
    say(f"{machine}; {size}")
    ends = time.monotonic() + BUDGET
    outcomes: dict[str, Outcome] = {}
    for name in arguments.parts or PARTS:
        outcomes[name] = outcome = in_a_process(name, scale, ends - time.monotonic())
        _tell(name, outcome)
    text = markdown(machine, f"{size}, {scale.precision}, all layers of the UNet, rank {RANK}", outcomes)
    say(f"\n{text}")
    if arguments.json:
        found = {name: dataclasses.asdict(outcome) for name, outcome in outcomes.items()}
        atomic_write(arguments.json, json.dumps({"machine": machine, "size": size, "parts": found}, indent=1).encode())
    if arguments.write:
        write(text, ROOT / "docs" / "performance.md")
    return 0 if all(outcome.fine for outcome in outcomes.values()) else 1


def _tell(name: str, outcome: Outcome) -> None:
    say(f"\n== {name}: {'ok' if outcome.fine else 'FAILED'} ({in_words(outcome.seconds)})")
    for fact in outcome.facts:
        say(f"{'  ' if fact.holds else '! '}{fact.what}")
    for what in outcome.left_out:
        say(f"- not tried: {what}")
    for timing in outcome.timings:
        say(f"  {timing.name}: {timing.milliseconds:.1f} ms")
    if outcome.error:
        say(outcome.error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py gpu", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"all of {', '.join(PARTS)}")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--write", action="store_true")
    add_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
