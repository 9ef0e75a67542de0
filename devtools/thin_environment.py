"""Environments made in seconds: what differs is installed, torch and ComfyUI's other requirements are linked.

Runs in the development environment, whose packages are what is linked.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from .comfyui import Checkout
from .console import Failure
from .places import ROOT, link_file, link_folder
from .stack_table import HUGGING_FACE

TORCH = ("torch", "torchvision", "torchaudio")
DIFFERENT = HUGGING_FACE | {
    "numpy",
    "pillow",
    "protobuf",
    "matplotlib",
    "tensorboardx",
    "diffusers",
    "peft",
    "accelerate",
}
"""Never linked: each environment has its own."""

_FREEZE = """
import importlib.metadata, json
found = {}
for each in importlib.metadata.distributions():
    if each.metadata["Name"]:
        found.setdefault(each.metadata["Name"], each.version)
print(json.dumps(found))
"""


def canonical(name: str) -> str:
    """A package's name in the form that pip compares."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(frozen=True)
class ThinEnvironment:
    """A virtual environment without a pip of its own."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / "Scripts" / "python.exe" if os.name == "nt" else self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        if os.name == "nt":
            return self.folder / "Lib" / "site-packages"
        return next((self.folder / "lib").glob("python*")) / "site-packages"

    def install(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """`pip install` with these arguments; it may fail."""
        command = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--disable-pip-version-check"]
        return self._run([*command, "--progress-bar", "off", "--no-compile", *arguments])

    def run(self, arguments: Sequence[str], **variables: str) -> subprocess.CompletedProcess[str]:
        """Run its Python in the repository; Hugging Face's libraries are offline unless `variables` say otherwise."""
        offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
        return self._run([str(self.python), *arguments], **{**offline, **variables})

    def freeze(self) -> dict[str, str]:
        """Every package that can be imported and its version, under the name that pip compares."""
        told: Mapping[str, str] = json.loads(self.run(["-c", _FREEZE]).stdout)
        return {canonical(name): version for name, version in told.items()}

    def pretend(self, name: str, version: str, code: str | None = None) -> None:
        """Add a package that has a name, a version and at most one file."""
        told = self.packages / f"{name}-{version}.dist-info"
        told.mkdir(parents=True, exist_ok=True)
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (told / "METADATA").write_text(metadata, encoding="utf-8")
        if code is not None:
            (self.packages / name).mkdir()
            (self.packages / name / "__init__.py").write_text(code, encoding="utf-8")

    def copy(self, folder: Path) -> ThinEnvironment:
        """Another one with the same packages."""
        made = new_environment(folder)
        shutil.copytree(self.packages, made.packages, dirs_exist_ok=True, copy_function=_copy)
        return made

    def _run(self, command: Sequence[str], **variables: str) -> subprocess.CompletedProcess[str]:
        environment = dict(os.environ, PYTHONUTF8="1", **variables)
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", errors="replace", check=False
        )


def new_environment(folder: Path, linked: Sequence[Path] = (), python: Path | None = None) -> ThinEnvironment:
    """An empty environment of a Python, this one by default, which also sees the packages in the folders `linked`."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [str(python or sys.executable), "-m", "venv", "--without-pip", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Failure(f"No environment could be made in {folder}:\n{made.stderr}")
    environment = ThinEnvironment(folder)
    if linked:
        lines = "".join(f"{each}\n" for each in linked)
        (environment.packages / "atelier-linked.pth").write_text(lines, encoding="utf-8")
    return environment


def link_packages(checkout: Checkout, folder: Path, *, pure: bool = False) -> Path:
    """Links, in `folder`, to what ComfyUI needs and no environment has of its own; `pure`: for any Python."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lines = checkout.requirements.read_text(encoding="utf-8").splitlines()
    named = [Requirement(line).name for line in lines if line.strip() and not line.startswith("#")]
    for name in sorted(_closure([*TORCH, *named])):
        distribution = importlib.metadata.distribution(name)
        if pure and not re.search(r"^Tag: \S*py3-none-", distribution.read_text("WHEEL") or "", re.MULTILINE):
            continue
        for source in _top_level(distribution):
            target = folder / source.name
            if not target.exists():
                (link_folder if source.is_dir() else link_file)(source, target)
    return folder


def _closure(names: Iterable[str]) -> set[str]:
    """These packages and their requirements, as far as those are installed here."""
    found: set[str] = set()
    waiting = [canonical(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found | DIFFERENT:
            continue
        try:
            requires = importlib.metadata.distribution(name).requires or []
        except importlib.metadata.PackageNotFoundError:
            continue
        found.add(name)
        parsed = [Requirement(line) for line in requires]
        waiting += [canonical(each.name) for each in parsed if not each.marker or each.marker.evaluate({"extra": ""})]
    return found


def _top_level(distribution: importlib.metadata.Distribution) -> list[Path]:
    """The entries of site-packages that belong to a package."""
    names = {file.parts[0] for file in distribution.files or [] if file.parts[0] not in ("..", "__pycache__")}
    return [path for path in (Path(str(distribution.locate_file(name))) for name in sorted(names)) if path.exists()]


def _copy(source: str, target: str) -> None:
    """A hard link if possible: pip and Python replace files and never change them."""
    if not Path(target).exists():
        link_file(Path(source), Path(target))
