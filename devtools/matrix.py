"""The tests against old and new releases, on every Python: python -m devtools.matrix, in the environment."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .comfyui import Checkout, find_checkout
from .console import Failure, plain_output, say, timed
from .places import ROOT, dev_dir
from .stack_table import NEWEST, OLDEST, TYPICAL, table
from .thin_environment import ThinEnvironment, link_packages, new_environment
from .trying import WORKS, last_error, start_comfyui

RELEASES = {
    "oldest": (*OLDEST.packages[:4], "numpy==1.26.4", "pillow==10.1.0", "matplotlib==3.6.0", "tensorboardX==2.6"),
    "typical": (*TYPICAL.packages, "matplotlib==3.10.7", "tensorboardX==2.6.4"),
    "newest": (*NEWEST.packages, "matplotlib==3.11.2", "tensorboardX==2.6.5"),
}
"""The oldest are the minimum versions in pyproject.toml and lora_core/requirements.py."""
CELLS = (
    ("3.10", "oldest"),
    ("3.11", "oldest"),
    ("3.11", "typical"),
    ("3.11", "newest"),
    ("3.12", "typical"),
    ("3.13", "newest"),
)
TESTS = (
    *("blip", "companions", "contact_sheet", "dial", "difference", "event_file", "gallery", "hub", "maps", "pictures"),
    *("plot", "run_view", "sheet"),
)
"""Those tests in tests/unit that depend on what the other packages do."""
WITH_REFERENCE = ("model_files",)
"""The same, but they compare with diffusers, which is there for the development environment's Python only."""
TOOLS = ("pytest==9.2.0", "pytest-timeout==2.4.0", "pytest-xdist==3.8.0", "hypothesis", "scipy", "filelock")
NOT_RUN = "not run"
_ASK = "import sys; print('%d.%d' % sys.version_info[:2])"


@dataclass
class Cell:
    """A Python and a set of releases to test the pack with."""

    python: str
    releases: str
    tests: str = NOT_RUN
    comfyui: str = NOT_RUN

    @property
    def name(self) -> str:
        """The name to choose it by."""
        return f"{self.python}-{self.releases}"

    @property
    def good(self) -> bool:
        """Whether everything that can be run here was run and passed."""
        passed = re.fullmatch(r"\d+ passed(?:, \d+ (?:skipped|deselected|warnings?))*", self.tests) is not None
        return (passed or self.tests.startswith(NOT_RUN)) and self.comfyui.startswith((WORKS, NOT_RUN))


def main() -> int:
    """Every cell in turn; 1 if anything was not as it should be anywhere, or a cell that was named could not be run."""
    plain_output()
    parser = argparse.ArgumentParser()
    parser.add_argument("cells", nargs="*")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    checkout = find_checkout()
    cells = chosen(arguments.cells)
    for cell in cells:
        with timed(cell.name):
            _try_cell(cell, checkout)
    rows = [
        [cell.python, cell.releases, ", ".join(RELEASES[cell.releases]), cell.tests, cell.comfyui] for cell in cells
    ]
    say("\n" + table([["Python", "releases", "which", "tests", f"ComfyUI {checkout.version} starts"], *rows]))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(cell) for cell in cells], indent=1) + "\n", encoding="utf-8")
    missing = arguments.cells and any(cell.tests.startswith(NOT_RUN) for cell in cells)
    return int(bool(missing) or not all(cell.good for cell in cells))


def chosen(names: Sequence[str]) -> list[Cell]:
    """The cells of these names, all of them if there are none. Raises Failure for a name that is not in the table."""
    known = {cell.name: cell for cell in (Cell(*each) for each in CELLS)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Failure(f"There is no cell {unknown[0]!r}. There are: {', '.join(known)}.")
    return [known[name] for name in names or known]


def find_python(version: str) -> Path | None:
    """A Python of this version: the running one, one on the PATH, or one of pyenv's."""
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    for candidate in (sys.executable, shutil.which(f"python{version}"), *pyenv):
        if candidate and _says([str(candidate), "-c", _ASK]) == version:
            return Path(candidate)
    return None


def _try_cell(cell: Cell, checkout: Checkout) -> None:
    python = find_python(cell.python)
    if python is None:
        cell.tests = f"{NOT_RUN}: there is no Python {cell.python} here"
        return
    environment = _environment(cell, python, checkout)
    if isinstance(environment, str):
        cell.tests = f"cannot be installed: {environment}"
        return
    names = TESTS + (WITH_REFERENCE if python == Path(sys.executable) else ())
    files = [f"tests/unit/test_{name}.py" for name in names]
    done = environment.run(["-m", "pytest", "-q", "-p", "no:cacheprovider", *files], HF_HUB_OFFLINE="0")
    say(done.stdout[-3000:] + done.stderr[-1000:])
    cell.tests = _summary(done.stdout) or last_error(done.stderr)
    if python == Path(sys.executable):  # another Python would need all of ComfyUI's packages built for it
        started = start_comfyui(environment, checkout, environment.folder / "home")
        added = "" if started.seconds is None else f", the pack adds {started.seconds:.1f} s"
        cell.comfyui = f"{started.verdict}{added}"


def _environment(cell: Cell, python: Path, checkout: Checkout) -> ThinEnvironment | str:
    """The environment of a cell, or why there is none."""
    home, own = dev_dir() / "matrix", python == Path(sys.executable)
    linked = link_packages(checkout, home / f"linked-{cell.python}", pure=not own)
    folders = [linked] if own else [linked, home / f"torch-{cell.python}"]
    environment = new_environment(home / cell.name, folders, python)
    if not own and not (folders[1] / "torch").exists():
        wanted = [line for line in _pins() if line.startswith(("torch==", "torchvision=="))]
        fetched = environment.install(["--no-deps", "--target", str(folders[1]), *wanted])
        if fetched.returncode != 0:
            shutil.rmtree(folders[1], ignore_errors=True)
            return last_error(fetched.stderr)
    if not own:  # of these the linked ones are for another Python, or have a compiled part
        environment.install(["--ignore-installed", "--no-deps", "filelock", "jinja2", "markupsafe", "regex", "psutil"])
    installed = environment.install([*RELEASES[cell.releases], *TOOLS, *_for_tests(cell.releases)])
    return environment if installed.returncode == 0 else last_error(installed.stderr)


def _for_tests(releases: str) -> tuple[str, ...]:
    """What builds the tests' tiny models."""
    return ("diffusers==0.42.1",) if releases == "newest" else ("diffusers==0.34.0",)


def _pins() -> list[str]:
    return (ROOT / "devtools" / "development.txt").read_text(encoding="utf-8").splitlines()


def _summary(output: str) -> str:
    found = re.findall(r"^=*\s*((?:\d+ \w+(?:, )?)+) in ", output, re.MULTILINE)
    return found[-1] if found else ""


def _says(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        sys.exit(1)
