"""dev.py registry"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import zipfile
from collections import Counter
from pathlib import Path

from .console import Failure, say, timed
from .environment import prepare_tools
from .manager_check import check_manager
from .package import SIZE_LIMIT, shipped_files
from .places import PACK_NAME, ROOT, dev_dir

WRITTEN = ROOT / "node.zip"  # by `comfy node pack`, which takes no other name


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-manager", action="store_true", help="leave out the Manager's operations")
    parser.epilog = "Makes a small environment of its own under .dev/registry; nothing is published."


def run(arguments: argparse.Namespace) -> int:
    python = prepare_tools("registry")
    _validate(python)
    archive = _pack(python)
    _summary(archive)
    _lint(python, archive)
    if not arguments.no_manager:
        with timed("Installing, updating, disabling, enabling and uninstalling by the Manager"):
            for line in check_manager(python, _apart()):
                say(f"  {line}")
    return 0


def _apart() -> dict[str, str]:
    """Variables that keep the tools' settings apart from the developer's own."""
    home = dev_dir() / "registry" / "home"
    home.mkdir(parents=True, exist_ok=True)
    names = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    return {**os.environ, **dict.fromkeys(names, str(home)), "PYTHONUTF8": "1", "NO_COLOR": "1"}


def _tool(python: Path, *arguments: str | Path) -> str:
    """What a tool printed. If the tool failed, raises Failure with that."""
    command = [str(python), "-m", *map(str, arguments)]
    ran = subprocess.run(
        command, cwd=ROOT, env=_apart(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False
    )
    if ran.returncode != 0:
        raise Failure(f"{' '.join(command[2:])} failed:\n{ran.stdout.strip()}")
    return ran.stdout.strip()


def _validate(python: Path) -> None:
    say("comfy node validate")
    told = _tool(python, "comfy_cli", "--skip-prompt", "node", "validate")
    say(_indented(told))
    if "warning" in told.lower():  # it exits with 0 all the same
        raise Failure("comfy node validate warns: the registry would show less than pyproject.toml says, or refuse it.")


def _pack(python: Path) -> Path:
    archive = dev_dir() / "registry" / f"{PACK_NAME}.zip"
    try:
        _tool(python, "comfy_cli", "--skip-prompt", "node", "pack")
        shutil.move(WRITTEN, archive)
    finally:
        WRITTEN.unlink(missing_ok=True)
    return archive


def _summary(archive: Path) -> None:
    """Print what the zip holds. Raises Failure if that is too much, or not what package.py says."""
    sizes: Counter[str] = Counter()
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            sizes[member.filename.split("/")[0]] += member.compress_size
        names = sorted(opened.namelist())
    size = archive.stat().st_size
    say(f"{archive}: {size:,} bytes, {len(names)} files")
    for name, part in sizes.most_common():
        say(f"  {part:>12,}  {name}")
    if names != shipped_files():
        differing = ", ".join(sorted(set(names) ^ set(shipped_files())))
        raise Failure(f"The zip and devtools/package.py differ in: {differing}.")
    if size > SIZE_LIMIT:
        raise Failure(f"The zip has {size:,} bytes, at most {SIZE_LIMIT:,} are allowed: see .comfyignore.")


def _lint(python: Path, archive: Path) -> None:
    """comfy-test's static checks on what is shipped: tests may contain characters that the pack may not."""
    unpacked = archive.with_suffix("")
    shutil.rmtree(unpacked, ignore_errors=True)
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(unpacked)
    say("comfy-test lint --strict")
    told = _tool(python, "comfy_test", "lint", "--strict", unpacked)
    say(_indented(told))
    if "warning" in told.lower().replace("0 warning(s)", ""):
        raise Failure("comfy-test lint warns, see above.")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines() if line)
