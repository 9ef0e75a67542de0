"""The picked LoRA as a file for use elsewhere, with the pick and its reason in the metadata."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from ..errors import CheckpointError
from ..files import atomic_write
from ..names import lora_file
from ..picking.weights import Weights
from ..tensors import DTYPES
from .checkpoints import checkpoint_path, load_lora, save_lora
from .companions import family, move_companions
from .view import RunView

PICK_KEY = "lora_atelier.picked"
"""A metadata key that every exported file has."""
_SAME_RUN = ("modelspec.title", "modelspec.date")
"""Name and creation time of a run: a file of another run could not be exported again, so it is not replaced."""


def default_name(run: str, epoch: int, weights: Weights) -> str:
    """The file name of a picked LoRA unless the user chooses one; a very long run name is cut."""
    of = "-averaged" if weights is Weights.AVERAGED else ""
    return lora_file(run, f"-epoch-{epoch:04d}{of}")


def style_name(file: str) -> str:
    """What `default_name` was made of, "run\\nepoch 84, averaged"; another file's name without its ending."""
    name = file.removesuffix(".safetensors")
    made = re.fullmatch(r"(.+)-epoch-0*(\d+)(?:-(averaged))?", name)
    return f"{made[1]}\nepoch {made[2]}, {made[3] or 'raw'}" if made else name


def export_lora(
    run_folder: Path,
    view: RunView,
    target: Path,
    dtype: str | None = None,
    more: Mapping[str, str] | None = None,
) -> dict[str, Tensor]:
    """Writes the LoRA that `view` picks to `target`; returns its tensors.

    A file that holds exactly this already stays as it is.

    Args:
        run_folder: of the run.
        view: of the run.
        target: a .safetensors file. If it is a LoRA of this run it is replaced; one of another run is kept beside
            it as "name (before 1).safetensors", with its preview and its metadata.json.
        dtype: number format of the file; that of the checkpoint by default.
        more: metadata that the checkpoint does not have.

    Raises:
        CheckpointError: there is no checkpoint, or `target` is a file that LoRA Atelier did not write.
        RunError: `target` cannot be written.
    """
    pick = view.picked()
    tensors, metadata = load_lora(checkpoint_path(run_folder, pick.epoch, pick.weights))
    picked = asdict(pick) | {"selection": asdict(view.selection) if view.selection else None}
    metadata |= more or {}
    metadata[PICK_KEY] = json.dumps(picked, ensure_ascii=False)
    if os.path.lexists(target):
        if _holds(target, tensors, metadata, dtype):
            return tensors
        _make_way(target, metadata)
    save_lora(target, tensors, metadata, dtype)
    return tensors


def _holds(target: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str], dtype: str | None) -> bool:
    """Whether a file is what would be written: then its time stays, by which others see that it has changed."""
    try:
        found, existing = load_lora(target)
    except CheckpointError:
        return False
    wanted = {key: value.to(DTYPES[dtype]) if dtype else value for key, value in tensors.items()}
    return (
        existing == metadata
        and found.keys() == wanted.keys()
        and all(_equal(found[key], wanted[key]) for key in wanted)
    )


def _equal(one: Tensor, other: Tensor) -> bool:
    return one.dtype == other.dtype and torch.equal(one, other)


def _make_way(target: Path, metadata: Mapping[str, str]) -> None:
    existing = _metadata(target)
    if PICK_KEY not in existing:
        raise CheckpointError(f"{target} exists and was not written by LoRA Atelier. Choose another file name.")
    if any(existing.get(key) != metadata.get(key) for key in _SAME_RUN):
        names = (lora_file(target.stem, f" (before {n})") for n in itertools.count(1))
        free = next(path for path in map(target.with_name, names) if not any(map(os.path.lexists, family(path))))
        atomic_write(free, target.read_bytes())
        move_companions(target, free)


def _metadata(path: Path) -> dict[str, str]:
    try:
        return load_lora(path)[1]
    except CheckpointError:
        return {}
