"""Tries the pack's requirements on every stack and prints a table: python -m devtools.stacks, in the environment."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .comfyui import Checkout, find_checkout
from .console import Failure, plain_output, say, timed
from .installing import Step, install, interruptions, make_stack, plan, ways
from .places import ROOT, dev_dir
from .stack_table import STACKS, Stack, table
from .thin_environment import ThinEnvironment, link_packages
from .trying import WORKS, draw_pictures, start_comfyui, train_and_export

NOT_TRIED = "not tried"
_SHOWN = 4
"""Packages listed in a cell of the table; the JSON has all."""


@dataclass
class Row:
    """One way of installing on one stack, and what worked afterwards."""

    stack: str
    way: str
    steps: list[Step] = field(default_factory=list)
    comfyui: str = NOT_TRIED
    loop: str = NOT_TRIED

    @property
    def good(self) -> bool:
        """Whether no version changed and everything tried works."""
        tried = all(told in (NOT_TRIED, WORKS) for told in (self.comfyui, self.loop))
        return tried and all(step.harmless for step in self.steps)

    def cells(self) -> list[str]:
        """The row as text: stack, way, what changed, what broke, ComfyUI, the loop."""
        changed = {name: step.moved[name] for step in self.steps for name in step.moved}
        shown = [f"{name} {old} -> {new or 'gone'}" for name, (old, new) in list(changed.items())[:_SHOWN]]
        more = [f"{len(changed) - _SHOWN} more"] if len(changed) > _SHOWN else []
        broken = [f"after {step.arguments!r}: {step.problem}" for step in self.steps if step.problem]
        tried = self.steps and all(step.tried for step in self.steps)
        return [
            self.stack,
            self.way,
            ", ".join(shown + more) or "nothing",
            "; ".join(broken) or ("imports after each line" if tried else NOT_TRIED),
            self.comfyui,
            self.loop,
        ]


HEAD = ["stack", "installed by", "moved", "transformers", "ComfyUI", "pocket loop"]


def main() -> int:
    """Every stack in turn; 1 if anything changed or broke anywhere."""
    plain_output()
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--requirements", type=Path, default=ROOT / "requirements.txt")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--install-only", action="store_true")
    parser.add_argument("--plan", action="store_true")
    arguments = parser.parse_args()
    requirements, stacks = arguments.requirements.resolve(), chosen(arguments.names)
    checkout = None if arguments.install_only else find_checkout()
    rows = _planned(stacks, requirements) if arguments.plan else _tried(stacks, requirements, checkout)
    say("\n" + table([HEAD, *(row.cells() for row in rows)]))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    bad = sum(not row.good for row in rows)
    harmless = "No version changed." if arguments.plan else "No version changed, and everything tried works."
    say(f"\n{bad} of {len(rows)} installations harmed something." if bad else f"\n{harmless}")
    return int(bad > 0)


def chosen(names: Sequence[str]) -> list[Stack]:
    """The stacks of these names, all of them if there are none. Raises Failure for a name that is not in the table."""
    known = {stack.name: stack for stack in STACKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Failure(f"There is no stack {unknown[0]!r}. There are: {', '.join(known)}.")
    return [known[name] for name in names or known]


def _planned(stacks: Sequence[Stack], requirements: Path) -> list[Row]:
    """What pip says it would do."""
    found = ways(requirements).items()
    return [Row(stack.name, way, list(plan(stack.versions(), calls))) for stack in stacks for way, calls in found]


def _tried(stacks: Sequence[Stack], requirements: Path, checkout: Checkout | None) -> list[Row]:
    """What it does; with a ComfyUI also how that and the pack work afterwards."""
    home = dev_dir() / "stacks" / f"environments {os.getpid()}"
    try:
        with timed("Linking torch and the rest"):
            linked = link_packages(find_checkout(), home / "linked")
        return [row for stack in stacks for row in _try_stack(stack, requirements, linked, home, checkout)]
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _try_stack(stack: Stack, requirements: Path, linked: Path, home: Path, checkout: Checkout | None) -> list[Row]:
    rows: list[Row] = []
    used: dict[frozenset[tuple[str, str]], tuple[str, str]] = {}  # what worked with these packages works again
    with timed(f"{stack.name}: making it"):
        before = make_stack(stack, home / "before", linked)
    for way, calls in {**ways(requirements), **interruptions(requirements)}.items():
        row = Row(stack.name, way)
        with timed(f"{stack.name}: {way}"):
            environment = before.copy(home / "after")
            row.steps = list(install(environment, calls))
            packages = frozenset(environment.freeze().items())
            if checkout and packages not in used:
                used[packages] = _use(environment, checkout, home / "use")
            row.comfyui, row.loop = used.get(packages, (NOT_TRIED, NOT_TRIED))
        rows.append(row)
    return rows


def _use(environment: ThinEnvironment, checkout: Checkout, folder: Path) -> tuple[str, str]:
    shutil.rmtree(folder, ignore_errors=True)
    pictures = draw_pictures(folder / "pictures")
    started = start_comfyui(environment, checkout, folder / "home")
    return started.verdict, train_and_export(environment, checkout, pictures, folder)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        sys.exit(1)
