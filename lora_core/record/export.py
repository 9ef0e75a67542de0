"""The picked LoRA as a file for use elsewhere, with the pick and its reason in the metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import Tensor

from .checkpoints import checkpoint_path, load_lora, save_lora
from .errors import CheckpointError
from .run_view import picked

PICKED = "lora_atelier.picked"
"""The metadata key that stands in every exported file."""


def default_name(run: str, epoch: int, weights: str) -> str:
    """What the file of a picked LoRA is called, without its ending, unless the user says otherwise."""
    return f"{run}-epoch-{epoch:04d}" + ("-averaged" if weights == "averaged" else "")


def export_lora(run_folder: Path, view: dict[str, Any], target: Path, dtype: str | None = None) -> dict[str, Tensor]:
    """Writes the LoRA that `view` picks to `target`; returns its tensors.

    Args:
        run_folder: of the run.
        view: from lora_core.run_view.run_view.
        target: a .safetensors file. A LoRA of ours that stands there is replaced.
        dtype: number format of the file; that of the checkpoint by default.

    Raises:
        CheckpointError: there is no checkpoint, or `target` is a file that LoRA Atelier did not write.
        RunError: `target` cannot be written.
    """
    epoch, weights, reason = picked(view)
    tensors, metadata = load_lora(checkpoint_path(run_folder, epoch, weights))
    if target.exists() and PICKED not in _metadata(target):
        raise CheckpointError(f"{target} exists and was not written by LoRA Atelier. Choose another file name.")
    pick = {"epoch": epoch, "weights": weights, "reason": reason, "selection": view["selection"]}
    save_lora(target, tensors, {**metadata, PICKED: json.dumps(pick, ensure_ascii=False)}, dtype)
    return tensors


def _metadata(path: Path) -> dict[str, str]:
    try:
        return load_lora(path)[1]
    except CheckpointError:
        return {}
