"""The picked LoRA as a file for use elsewhere, with the pick and its reason in the metadata."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from torch import Tensor

from ..errors import CheckpointError
from ..picking.weights import Weights
from .checkpoints import checkpoint_path, load_lora, save_lora
from .view import RunView

PICK_KEY = "lora_atelier.picked"
"""The metadata key that stands in every exported file."""


def default_name(run: str, epoch: int, weights: Weights) -> str:
    """What the file of a picked LoRA is called, without its ending, unless the user says otherwise."""
    return f"{run}-epoch-{epoch:04d}" + ("-averaged" if weights is Weights.AVERAGED else "")


def export_lora(run_folder: Path, view: RunView, target: Path, dtype: str | None = None) -> dict[str, Tensor]:
    """Writes the LoRA that `view` picks to `target`; returns its tensors.

    Args:
        run_folder: of the run.
        view: of the run.
        target: a .safetensors file. A LoRA of ours that stands there is replaced.
        dtype: number format of the file; that of the checkpoint by default.

    Raises:
        CheckpointError: there is no checkpoint, or `target` is a file that LoRA Atelier did not write.
        RunError: `target` cannot be written.
    """
    pick = view.picked()
    tensors, metadata = load_lora(checkpoint_path(run_folder, pick.epoch, pick.weights))
    if target.exists() and PICK_KEY not in _metadata(target):
        raise CheckpointError(f"{target} exists and was not written by LoRA Atelier. Choose another file name.")
    told = asdict(pick) | {"selection": asdict(view.selection) if view.selection else None}
    save_lora(target, tensors, {**metadata, PICK_KEY: json.dumps(told, ensure_ascii=False)}, dtype)
    return tensors


def _metadata(path: Path) -> dict[str, str]:
    try:
        return load_lora(path)[1]
    except CheckpointError:
        return {}
