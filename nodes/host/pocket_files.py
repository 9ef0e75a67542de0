"""The files that come with the pack, as a node reads them."""

from __future__ import annotations

from pathlib import Path

from ...lora_core.changes import file_state
from ...lora_core.errors import BaseModelError
from .following import follow


def shipped(path: Path, what: str = "A file of the pocket model") -> Path:
    """The path of such a file; the node that reads it runs again when it is replaced.

    Raises:
        BaseModelError: it is not there.
    """
    if not path.is_file():
        raise BaseModelError(
            f"{what} is missing: there is no {path}. Install LoRA Atelier again, or copy the file there from the "
            "folder pocket/model of its repository."
        )
    follow(file_state, path)
    return path
