"""What installing the pack's requirements does to a stack: `-r`, line by line as ComfyUI-Manager does, or in part."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .console import Failure
from .stack_table import PROTECTED, Stack
from .thin_environment import ThinEnvironment, canonical, new_environment
from .trying import last_error

TRANSFORMERS = "from transformers import CLIPTokenizer, CLIPTextModel, AutoImageProcessor"
"""What ComfyUI imports from transformers while it starts, and a little more."""


@dataclass(frozen=True)
class Step:
    """One call of pip, and how it left the environment."""

    arguments: str
    moved: dict[str, tuple[str, str | None]]
    """Packages that were there: the version before and after; None if the package is gone."""
    problem: str = ""
    """Why pip failed, or why transformers cannot be imported, if either is so."""
    tried: bool = True
    """False for what pip only planned."""

    @property
    def harmless(self) -> bool:
        """Whether no version changed and everything works."""
        return not self.moved and not self.problem


def ways(requirements: Path) -> dict[str, list[list[str]]]:
    """The two ways of installing: for each the arguments of `pip install`, call by call."""
    return {"-r": [["-r", str(requirements)]], "line by line": [[line] for line in _lines(requirements)]}


def interruptions(requirements: Path) -> dict[str, list[list[str]]]:
    """What stopping between two lines leaves, or one line's failure: the calls that were made before each line."""
    lines = _lines(requirements)
    return {f"until {line}": [[before] for before in lines[:number]] for number, line in enumerate(lines)}


def make_stack(stack: Stack, folder: Path, linked: Path) -> ThinEnvironment:
    """An environment as it is before the pack is installed. Raises Failure if pip cannot make it."""
    environment = new_environment(folder, [linked])
    installed = environment.install(stack.packages)
    if installed.returncode != 0:
        raise Failure(f"The stack {stack.name!r} cannot be installed:\n{installed.stderr.strip()}")
    for each in stack.pretended:
        environment.pretend(each.name, each.version, each.code)
    return environment


def install(environment: ThinEnvironment, calls: list[list[str]]) -> Iterator[Step]:
    """Install for real, call by call, and check the environment after each: pip may be interrupted anywhere."""
    before = environment.freeze()
    for arguments in calls:
        done = environment.install(arguments)
        problem = last_error(done.stderr) if done.returncode != 0 else _import_problem(environment)
        yield Step(_shown(arguments), moved(before, environment.freeze()), problem)


def plan(packages: Mapping[str, str], calls: list[list[str]]) -> Iterator[Step]:
    """What pip would do, call by call, where these packages are installed: its resolver sees only their names.

    Nothing but metadata is downloaded, so this takes seconds and needs no torch.
    """
    packages = {canonical(name): version for name, version in packages.items()}
    with _pretended(packages) as environment:
        for arguments in calls:
            done = environment.install(["--dry-run", "--quiet", "--report", "-", *arguments])
            if done.returncode != 0:
                yield Step(_shown(arguments), {}, last_error(done.stderr), tried=False)
                continue
            chosen = [item["metadata"] for item in json.loads(done.stdout)["install"]]
            would = {canonical(each["name"]): each["version"] for each in chosen}
            yield Step(_shown(arguments), moved(packages, {**packages, **would}), tried=False)
            for name in would.keys() - packages.keys():
                environment.pretend(name, would[name])


def moved(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str | None]]:
    """Packages of `before` that have another version in `after`, or none; ComfyUI's own come first."""
    changed = [name for name, version in before.items() if after.get(name) != version]
    changed.sort(key=lambda name: (name not in PROTECTED, name))
    return {name: (before[name], after.get(name)) for name in changed}


@contextmanager
def _pretended(packages: Mapping[str, str]) -> Iterator[ThinEnvironment]:
    with tempfile.TemporaryDirectory() as folder:
        environment = new_environment(Path(folder, "environment"))
        for name, version in packages.items():
            environment.pretend(name, version)
        yield environment


def _import_problem(environment: ThinEnvironment) -> str:
    done = environment.run(["-c", TRANSFORMERS])
    return last_error(done.stderr) if done.returncode != 0 else ""


def _lines(requirements: Path) -> list[str]:
    lines = [line.strip() for line in requirements.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _shown(arguments: list[str]) -> str:
    return "-r requirements.txt" if arguments[0] == "-r" else " ".join(arguments)
