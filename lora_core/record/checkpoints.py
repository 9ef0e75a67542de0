"""LoRA files for people and states to resume from, each written whole or not at all."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import CheckpointError
from ..files import atomic_write, remove
from ..picking.weights import Weights
from ..run_folder import CHECKPOINTS
from ..tensors import as_dtype, fingerprint

STATES_KEPT = 2
"""Resume states kept, so that if the last is damaged, the one before is used."""
_NONSENSE = (KeyError, ValueError, TypeError, AttributeError, RuntimeError)
"""What a state raises that was not written by `save_state`, though its checksum is right."""


def checkpoint_path(run_folder: Path, epoch: int, weights: Weights = Weights.RAW) -> Path:
    """Where the LoRA of an epoch is kept."""
    return run_folder / CHECKPOINTS / f"epoch_{epoch:04d}{weights.file_suffix}.safetensors"


def epochs_on_disk(run_folder: Path, weights: Weights = Weights.RAW) -> list[int]:
    """The epochs whose LoRA of these weights is kept, in order."""
    name = re.compile(rf"epoch_(\d+){weights.file_suffix}\.safetensors")
    found = (name.fullmatch(path.name) for path in (run_folder / CHECKPOINTS).glob("epoch_*.safetensors"))
    return sorted(int(match[1]) for match in found if match)


def save_lora(path: Path, lora: Mapping[str, Tensor], metadata: Mapping[str, str], dtype: str | None = None) -> None:
    """Writes a LoRA under kohya's keys, then reads it back and compares; `dtype` changes its number format.

    Raises:
        RunError: it cannot be written.
        CheckpointError: what was read back differs from what was written.
    """
    tensors = as_dtype(lora, dtype) if dtype else lora
    contiguous = {key: value.contiguous() for key, value in tensors.items()}
    data = safetensors.torch.save(contiguous, metadata=dict(metadata) or None)
    atomic_write(path, data)
    if path.read_bytes() != data:
        raise CheckpointError(f"{path} was written but reads back differently. Check the disk and run again.")


def load_lora(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata of a LoRA file.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            # Cloned: safetensors gives windows into the file, and Windows neither replaces nor deletes a file in use.
            return {key: file.get_tensor(key).clone() for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"Cannot read the LoRA {path}: {error}. Pick another epoch.") from error


def save_state(folder: Path, step: int, tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> None:
    """Writes the state after `step` and deletes all but the newest STATES_KEPT. The tensors must be float32.

    They are written as one: thousands of small ones take longer to write than their bytes do.
    """
    packed = {"state": torch.cat([value.detach().cpu().flatten() for value in tensors.values()])}
    shapes = {key: list(value.shape) for key, value in tensors.items()}
    metadata = {"values": json.dumps(dict(values)), "shapes": json.dumps(shapes), "checksum": fingerprint(packed)}
    atomic_write(folder / f"step_{step:08d}.safetensors", safetensors.torch.save(packed, metadata=metadata))
    for old in _states(folder)[:-STATES_KEPT]:
        remove(old)


def load_state(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The newest undamaged state, or None if none was saved yet.

    Raises:
        CheckpointError: states were saved and all of them are damaged; starting again would overwrite the run.
    """
    saved = _states(folder)
    for path in reversed(saved):
        try:
            packed, metadata = load_lora(path)
            if metadata.get("checksum") == fingerprint(packed):
                return _unpacked(packed, metadata), json.loads(metadata["values"])
        except (CheckpointError, *_NONSENSE):
            continue
    if saved:
        raise CheckpointError(
            f"The saved states in {folder} are all damaged, so this run cannot be resumed. Its checkpoints are "
            "untouched: pick one of them, or train under another run name."
        )
    return None


def last_saved_step(folder: Path) -> int:
    """The step of the newest state, damaged or not; 0 if there is none."""
    numbers = [path.stem.removeprefix("step_") for path in _states(folder)]
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _unpacked(packed: dict[str, Tensor], metadata: Mapping[str, str]) -> dict[str, Tensor]:
    if "shapes" not in metadata:  # of a version that wrote them one by one
        return packed
    shapes: dict[str, list[int]] = json.loads(metadata["shapes"])
    parts = torch.split(packed["state"], [math.prod(shape) for shape in shapes.values()])
    return {key: part.reshape(shape).clone() for (key, shape), part in zip(shapes.items(), parts, strict=True)}


def _states(folder: Path) -> list[Path]:
    return sorted(folder.glob("step_*.safetensors"))
