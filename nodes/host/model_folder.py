"""Models of several files (BLIP, Depth Anything): found in ComfyUI's models folder or downloaded there on first use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...lora_core.changes import folder_state
from ...lora_core.requirements import Requirement
from ...lora_core.vision.hub import download
from . import folders
from .following import follow
from .inputs import check_choice
from .plain_words import in_words


def downloadable(kind: str, repositories: Mapping[str, str]) -> list[str]:
    """Names for a combo: what is there, then what can be downloaded."""
    present = list(folders.model_choices(kind))
    return present + [name for name in repositories if name not in present]


def refused(name: str | None, kind: str, repositories: Mapping[str, str], requirement: Requirement) -> bool | str:
    """What `validate_inputs` answers for a combo of `downloadable` names: True, or why no such model can be loaded."""
    if name is None:  # it comes from another node
        return True
    if name not in downloadable(kind, repositories):
        return f"There is no model {name!r}. There are: {', '.join(downloadable(kind, repositories))}."
    return in_words(requirement.problem()) or True


def ensure_model(kind: str, name: str, repositories: Mapping[str, str]) -> Path:
    """The folder of a model, downloaded from Hugging Face if it is not there; the node that runs follows its files.

    Raises:
        AtelierError: it is not there and cannot be downloaded; the message names the page and the folder.
    """
    check_choice("model", name, downloadable(kind, repositories))
    folder = folders.model_choices(kind).get(name)
    if folder is None:
        folder = download(repositories[name], folders.model_download_folder(kind, name))
    follow(_state, kind, name)
    return folder


def _state(kind: str, name: str) -> str:
    folder = folders.model_choices(kind).get(name)
    return f"{folder} {folder_state(folder)}" if folder else "missing"
