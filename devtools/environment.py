"""The virtual environments: one with everything for ComfyUI 0.3.75, a thin one over it for any other ComfyUI.

Each has a stamp, a hash of what it was made from, so a second run starts at once and a changed requirement updates the
environment. Standard library only: this runs before there is an environment.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from . import child
from .comfyui import DEFAULT_VERSION, Checkout, default_checkout
from .console import Failure, timed
from .places import ROOT, dev_dir

OLDEST_PYTHON = (3, 10)
DISK_GIB = 9
TORCH = re.compile(r"^\s*(torch|torchvision|torchaudio)\s*([=<>!~;#]|$)", re.IGNORECASE)
# Its metadata requires the torch of the same number; it works with the pinned one, hence --no-deps.
TORCHAUDIO = "torchaudio==2.11.0"
STAMP = "atelier-stamp.txt"
PIP_ADVICE = (
    (
        "getaddrinfo|NewConnectionError|Max retries|Network is unreachable|ConnectTimeout",
        "The package index cannot be reached: check the network or the proxy.",
    ),
    ("No space left", f"The disk is full: {DISK_GIB} GB are needed; ATELIER_DEV_DIR moves them."),
)


def prepare(checkout: Checkout) -> Path:
    """Make sure there is an environment for `checkout`; the path of its Python."""
    base = prepare_base()
    if checkout.version == DEFAULT_VERSION:
        return base
    return _layer(checkout, base)


def _python(venv: Path) -> Path:
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _base_key() -> str:
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("requirements.txt", "devtools/development.txt")]
    return _hash(f"{sys.version_info[:2]}", DEFAULT_VERSION, TORCHAUDIO, *texts)


def _stamped(venv: Path, key: str) -> bool:
    stamp = venv / STAMP
    return _python(venv).exists() and stamp.exists() and stamp.read_text(encoding="utf-8").strip() == key


def prepare_base() -> Path:
    """Make sure there is the environment of ComfyUI 0.3.75; the path of its Python, which has ruff and mypy too."""
    venv, key = dev_dir() / "venv", _base_key()
    if not _stamped(venv, key):
        with timed(f"Making the development environment in {venv}"):
            _create(venv, DISK_GIB)
            checkout = default_checkout(_python(venv))
            wanted = _without_torch(checkout.requirements, dev_dir() / "downloads" / "comfyui-requirements.txt")
            files = (ROOT / "devtools" / "development.txt", ROOT / "requirements.txt", wanted)
            _pip(venv, [part for file in files for part in ("-r", str(file))])
            _pip(venv, ["--no-deps", TORCHAUDIO])
        (venv / STAMP).write_text(key + "\n", encoding="utf-8")
    return _python(venv)


def prepare_tools(name: str) -> Path:
    """Make sure there is an environment of only what is in devtools/`name`.txt; the path of its Python."""
    wanted = ROOT / "devtools" / f"{name}.txt"
    venv, key = dev_dir() / name / "venv", _hash(f"{sys.version_info[:2]}", wanted.read_text(encoding="utf-8"))
    if not _stamped(venv, key):
        with timed(f"Making the environment of devtools/{name}.txt in {venv}"):
            _create(venv, 1)
            _pip(venv, ["-r", str(wanted)])
        (venv / STAMP).write_text(key + "\n", encoding="utf-8")
    return _python(venv)


def _layer(checkout: Checkout, base: Path) -> Path:
    """A small environment whose packages take precedence over the first one's, so torch is not installed twice."""
    key = _hash(_base_key(), checkout.requirements.read_text(encoding="utf-8"))
    venv = dev_dir() / f"venv-{checkout.version}-{key[:8]}"
    if not _stamped(venv, key):
        with timed(f"Making the environment of ComfyUI {checkout.version} in {venv}"):
            _create(venv, 2)
            (_packages(venv) / "atelier-base.pth").write_text(f"{_packages(base.parent.parent)}\n", encoding="utf-8")
            wanted = _without_torch(checkout.requirements, venv / "comfyui-requirements.txt")
            pins = venv / "constraints.txt"
            lines = (ROOT / "devtools" / "development.txt").read_text(encoding="utf-8").splitlines()
            pins.write_text("\n".join(line for line in lines if TORCH.match(line)) + "\n", encoding="utf-8")
            _pip(venv, ["-r", str(wanted), "-c", str(pins)])
        (venv / STAMP).write_text(key + "\n", encoding="utf-8")
    return _python(venv)


def _packages(venv: Path) -> Path:
    ask = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    told = subprocess.run([_python(venv), "-c", ask], capture_output=True, text=True, check=True, encoding="utf-8")
    return Path(told.stdout.strip())


def _without_torch(requirements: Path, target: Path) -> Path:
    """A copy of ComfyUI's requirements without the torch family, which ours pin."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = [line for line in lines if not TORCH.match(line)]
    target.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return target


def _create(venv: Path, needs_gib: int) -> None:
    if sys.version_info < OLDEST_PYTHON:
        raise Failure(f"Python 3.10 or newer is needed, this is {sys.version.split()[0]}: run dev.py with a newer one.")
    venv.parent.mkdir(parents=True, exist_ok=True)
    if _right_python(venv):
        return  # Left by an interrupted or an older run; pip completes it in place.
    free = shutil.disk_usage(venv.parent).free / 2**30
    if free < needs_gib:
        raise Failure(
            f"About {needs_gib} GB of disk are needed in {venv.parent}, {free:.1f} GB are free. Make room, or choose "
            "another folder by the environment variable ATELIER_DEV_DIR."
        )
    if venv.exists():
        shutil.rmtree(venv)
    made = subprocess.run([sys.executable, "-m", "venv", str(venv)], capture_output=True, text=True, check=False)
    if made.returncode != 0 or not _python(venv).exists():
        shutil.rmtree(venv, ignore_errors=True)
        raise Failure(
            f"A virtual environment could not be made with {sys.executable}:\n{made.stdout}{made.stderr}\n"
            "On Debian and Ubuntu `apt install python3-venv` is often what is missing."
        )


def _right_python(venv: Path) -> bool:
    """Whether `venv` works and has the same version as the Python that runs this."""
    if not _python(venv).exists():
        return False
    ask = "import pip, sys; print(*sys.version_info[:2])"
    told = subprocess.run([_python(venv), "-c", ask], capture_output=True, text=True, check=False)
    return told.returncode == 0 and told.stdout.split() == [str(part) for part in sys.version_info[:2]]


def _pip(venv: Path, arguments: list[str]) -> None:
    """pip install, with pip's own output; details go into a log. Raises Failure with advice.

    Nothing is compiled: most of it is never imported, and Python compiles the rest when it is.
    """
    log = dev_dir() / "pip.log"
    log.unlink(missing_ok=True)
    options = ["install", "--no-compile", "--disable-pip-version-check", "--log", str(log), *arguments]
    if subprocess.run(child.command(_python(venv), ["-m", "pip", *options]), check=False).returncode == 0:
        return
    told = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    advice = next((advice for sign, advice in PIP_ADVICE if re.search(sign, told)), f"What it did is in {log}.")
    raise Failure(f"pip could not install {' '.join(arguments)}; it says why above.\n{advice}")
