"""A base directory for ComfyUI (models, input, output, user, datasets) with this pack as its only custom node.

ComfyUI gets it through --base-directory, so that a developer's own checkout does not change. Standard library only.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .console import Failure
from .places import PACK_NAME, ROOT, dev_dir, link_file, link_folder

FOLDERS = (
    "custom_nodes",
    "datasets",
    "input",
    "output",
    "temp",
    "user/default",
    "models/blip",
    "models/checkpoints",
    "models/controlnet",
    "models/depth_anything",
    "models/loras",
)


def make_home(folder: Path) -> Path:
    """Create the base directory `folder`, or complete it, and link the pack into its custom nodes."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    settings = folder / "user" / "default" / "comfy.settings.json"
    if not settings.exists():  # A first start would open the template browser over the graph.
        settings.write_text(json.dumps({"Comfy.TutorialCompleted": True}), encoding="utf-8")
    link_folder(ROOT, folder / "custom_nodes" / PACK_NAME)
    return folder


def remove_home(folder: Path) -> None:
    """Delete a base directory, the link to the pack first, so that nothing is deleted through it."""
    link = folder / "custom_nodes" / PACK_NAME
    if link.is_symlink():
        link.unlink()
    elif os.name == "nt" and link.exists():
        link.rmdir()  # a junction: removes only the junction
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A base directory for one task."""
    parent = dev_dir() / "test-homes"
    parent.mkdir(parents=True, exist_ok=True)
    folder = make_home(Path(tempfile.mkdtemp(prefix="home-", dir=parent)))
    try:
        yield folder
    finally:
        remove_home(folder)


def development_home(version: str) -> Path:
    """The permanent base directory of `dev.py demo` and `dev.py comfy`."""
    return make_home(dev_dir() / f"home-{version}")


def offer_checkpoint(home: Path, checkpoint: Path) -> str:
    """Make a user's checkpoint available in the stock loader by a link; its name there. Raises Failure."""
    checkpoint = checkpoint.expanduser().resolve()
    if not checkpoint.is_file() or checkpoint.suffix.lower() not in (".safetensors", ".ckpt"):
        raise Failure(f"{checkpoint} is not a checkpoint: give a Stable Diffusion 1.5 file (.safetensors or .ckpt).")
    link_file(checkpoint, home / "models" / "checkpoints" / checkpoint.name)
    return checkpoint.name
