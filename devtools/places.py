"""Where things are on the developer's machine. Standard library only."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CATEGORY = "LoRA Atelier"  # of the pack's nodes in ComfyUI's menus
PACK_NAME = "lora-atelier"  # the registry's id, which is also the folder that the Manager installs into


def dev_dir() -> Path:
    """The folder for everything generated: `.dev` beside dev.py, or ATELIER_DEV_DIR."""
    chosen = os.environ.get("ATELIER_DEV_DIR")
    return Path(chosen).expanduser().resolve() if chosen else ROOT / ".dev"


def models_dir() -> Path:
    """Stand-in models, built once and linked into every ComfyUI base directory."""
    return dev_dir() / "models"


def downloads_dir() -> Path:
    """What was downloaded from the package index besides the environment."""
    return dev_dir() / "downloads"


def link_file(source: Path, target: Path) -> None:
    """Make `source` appear at `target` without a second copy of its bytes where the file system allows it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_symlink() or target.exists():
        if target.exists() and target.samefile(source):
            return
        target.unlink()
    try:
        os.link(source, target)
    except OSError:
        try:
            target.symlink_to(source)
        except OSError:
            import shutil

            shutil.copyfile(source, target)


def link_folder(source: Path, target: Path) -> None:
    """A link to a folder: a symbolic link, or on Windows a directory junction, which needs no special permission."""
    if target.is_symlink() or target.exists():
        if target.exists() and target.samefile(source):
            return
        raise FileExistsError(f"{target} exists and is not a link to {source}; remove it and try again.")
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.name == "nt":
        import _winapi

        _winapi.CreateJunction(str(source), str(target))
    else:
        target.symlink_to(source, target_is_directory=True)
