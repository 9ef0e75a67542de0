"""What ComfyUI Manager does to a user's files when it installs, updates, disables, enables and uninstalls the pack.

The real Manager, from its command line, on a ComfyUI that somebody has worked in. It leaves out the requirements
(--no-deps), which would install torch. Standard library only.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .comfyui import default_checkout
from .console import Failure
from .places import ROOT, dev_dir

CLONE = "comfyui-lora-atelier"  # the folder that the Manager names after the repository
CORE = ("main.py", "comfyui_version.py", "folder_paths.py", "pyproject.toml", "requirements.txt", "comfy", "utils")

OF_THE_USER = (
    "custom_nodes/another_pack/__init__.py",
    "datasets/bauhaus/house.png",
    "datasets/bauhaus/house.txt",
    "datasets/bauhaus/captions_before_1/house.txt",
    "input/theatre.png",
    "models/blip/blip-large/config.json",
    "models/checkpoints/v1-5.safetensors",
    "models/depth_anything/small/config.json",
    "models/loras/weimar.metadata.json",
    "models/loras/weimar.safetensors",
    "output/lora_atelier/cache/latents/0123.safetensors",
    "output/lora_atelier/dials/my building.json",
    "output/lora_atelier/queue/queue.json",
    "output/lora_atelier/runs/weimar/checkpoints/epoch_0005.safetensors",
    "output/lora_atelier/runs/weimar/notes.txt",
    "output/lora_atelier/runs/weimar/run.json",
    "user/default/workflows/mine.json",
)


@dataclass(frozen=True)
class Site:
    """A user's ComfyUI, the repository that the pack comes from, and the Python that has the Manager."""

    comfyui: Path
    origin: Path
    python: Path
    variables: Mapping[str, str]

    @property
    def enabled(self) -> Path:
        """Where the Manager clones the pack."""
        return self.comfyui / "custom_nodes" / CLONE

    @property
    def disabled(self) -> Path:
        """Where it moves the pack to when disabling it."""
        return self.comfyui / "custom_nodes" / ".disabled" / CLONE

    def manager(self, *arguments: str) -> str:
        """Run a command of the Manager; what it printed. Its exit code is 0 whatever happens."""
        command = [str(self.python), "-m", "cm_cli", *arguments, "--mode", "local"]
        places = {"COMFYUI_PATH": str(self.comfyui), "COMFYUI_FOLDERS_BASE_PATH": str(self.comfyui)}
        ran = subprocess.run(
            command,
            cwd=self.comfyui,
            env={**self.variables, **places},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        return ran.stdout


def check_manager(python: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """Do all operations; a line for each that went well. Raises Failure at the first that did not."""
    folder = dev_dir() / "registry" / "manager"
    shutil.rmtree(folder, ignore_errors=True)
    site = Site(_furnished(folder / "ComfyUI", python), folder / f"{CLONE}.git", python, variables)
    work = _published(folder / "work", site.origin)
    before = snapshot(site.comfyui)
    address = site.origin.as_uri().replace("file:///", "file://localhost/")  # a plain path would be taken for a name

    told = site.manager("install", "--no-deps", address)
    expect(site, before, "install", told, there=_head(site.enabled) == _head(work))
    yield f"install: {CLONE} is in custom_nodes"

    _next_version(work)
    told = site.manager("update", CLONE)
    followed = (site.enabled / "added.txt").exists() and not (site.enabled / "CHANGELOG.md").exists()
    expect(site, before, "update", told, there=_head(site.enabled) == _head(work) and followed)
    yield "update: the new version is there, with what it added and without what it removed"

    told = site.manager("disable", CLONE)
    expect(site, before, "disable", told, there=site.disabled.is_dir() and not site.enabled.exists())
    yield "disable: it is in custom_nodes/.disabled"

    told = site.manager("enable", CLONE)
    expect(site, before, "enable", told, there=site.enabled.is_dir() and not site.disabled.exists())
    yield "enable: it is back"

    told = site.manager("uninstall", CLONE)
    expect(site, before, "uninstall", told, there=not site.enabled.exists() and not site.disabled.exists())
    yield f"uninstall: nothing of it is left, and all {len(before)} other files are as they were"


def _furnished(comfyui: Path, python: Path) -> Path:
    """As much of a ComfyUI as the Manager looks at, with a user's files and another pack's."""
    source = default_checkout(python).folder
    for name in CORE:
        target = comfyui / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target)
        else:
            shutil.copyfile(source / name, target)
    for name in OF_THE_USER:
        path = comfyui / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n", encoding="utf-8")
    return comfyui


def _published(work: Path, origin: Path) -> Path:
    """A clone of what is committed here, and a bare repository to install from; `work` pushes to that."""
    _git(work.parent, "clone", "--quiet", ROOT, work)
    _git(work, "checkout", "--quiet", "-B", "main")
    _git(work.parent, "init", "--quiet", "--bare", "--initial-branch=main", origin)
    _git(work, "push", "--quiet", origin, "main")
    _git(work, "remote", "set-url", "origin", origin)
    return work


def _next_version(work: Path) -> None:
    (work / "added.txt").write_text("new\n", encoding="utf-8")
    (work / "CHANGELOG.md").unlink()
    _git(work, "add", "--all")
    author = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    _git(work, *author, "commit", "--quiet", "--message", "The next version")
    _git(work, "push", "--quiet", "origin", "main")


def _git(folder: Path, *arguments: str | Path) -> str:
    command = ["git", *map(str, arguments)]
    ran = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    if ran.returncode != 0:
        raise Failure(f"{' '.join(command)} failed in {folder}:\n{ran.stderr.strip()}")
    return ran.stdout.strip()


def _head(clone: Path) -> str:
    return _git(clone, "rev-parse", "HEAD") if clone.is_dir() else "nothing"


def snapshot(comfyui: Path) -> dict[str, str]:
    """The hash of every file except the pack's and the Manager's own."""
    own = ("user/__manager/", f"custom_nodes/{CLONE}/", f"custom_nodes/.disabled/{CLONE}/")
    found = {}
    for path in sorted(comfyui.rglob("*")):
        name = path.relative_to(comfyui).as_posix()
        if path.is_file() and not name.startswith(own) and "__pycache__" not in path.parts:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def expect(site: Site, before: Mapping[str, str], operation: str, told: str, *, there: bool) -> None:
    """Raises Failure if an operation touched files other than the pack's, or did not do what it should."""
    after = snapshot(site.comfyui)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if changed:
        raise Failure(f"The Manager's {operation} touched what is not the pack's: {', '.join(changed)}.")
    if not there:
        raise Failure(f"The Manager's {operation} did not do what it should:\n{told.strip()}")
