"""Models that are a folder of several files (BLIP, Depth Anything): fetched from Hugging Face, checked, loaded.

Once in its folder, a model is loaded without a connection.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ..errors import AtelierError
from ..memory import Shortage, attempt

_NEEDED = ("*.json", "*.txt", "*.model")
"""Configuration and tokenizers: what a model folder holds besides its weights."""


def download(repo_id: str, folder: Path, *, endpoint: str | None = None) -> Path:
    """Fetch a model's configuration, tokenizer and weights (safetensors where there are any) into a folder.

    The files are collected in `.incomplete` beside it and moved when all are there, so that a download cut off half-way
    is never taken for a model, and is continued by the next call.

    Args:
        repo_id: "owner/name" on Hugging Face.
        folder: where the model should go, `.../models/blip/name`.
        endpoint: a server to use instead of huggingface.co (the variable HF_ENDPOINT sets one as well).

    Raises:
        AtelierError: no connection, no such model, or no room; the message has the page to fetch it from and the folder
            to put it in.
    """
    page = f"{(endpoint or 'https://huggingface.co').rstrip('/')}/{repo_id}"
    gathering = folder.parent / ".incomplete" / folder.name
    try:
        from huggingface_hub import HfApi, snapshot_download

        weights = _weights(HfApi(endpoint=endpoint).list_repo_files(repo_id))
        snapshot_download(repo_id, local_dir=gathering, allow_patterns=[*_NEEDED, *weights], endpoint=endpoint)
        shutil.rmtree(gathering / ".cache", ignore_errors=True)
        shutil.copytree(gathering, folder, dirs_exist_ok=True, copy_function=shutil.move)
        shutil.rmtree(gathering, ignore_errors=True)
    except AtelierError:
        raise
    except Exception as error:  # the hub's own errors and those of two generations of HTTP libraries below it
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise AtelierError(
            f"Cannot download {repo_id}: {reason[0]}\nWithout a connection, fetch the files of {page} elsewhere "
            f"(config.json, the other .json and .txt files, and the .safetensors weights) and put them into {folder}."
        ) from error
    return folder


def model_config(folder: Path, kinds: Iterable[str], error: type[AtelierError], advice: str) -> dict[str, Any]:
    """Check that a folder holds a complete model of one of these kinds; return its config.json.

    Args:
        kinds: the `model_type` values accepted.
        error: the class to raise.
        advice: where to get the right one, appended to each message.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise error(f"There is no model in {folder}: config.json is missing. {advice}")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as reason:
        raise error(f"{path} is damaged ({reason}). {advice}") from reason
    kind = str(config.get("model_type")) if isinstance(config, dict) else ""
    if kind not in kinds:
        raise error(f"{folder} holds a model of type {kind!r}, not one of {', '.join(sorted(kinds))}. {advice}")
    present = {entry.name for entry in folder.iterdir()}
    if not _weights(present):
        raise error(f"The weights are missing in {folder}: there is no .safetensors file beside config.json. {advice}")
    if not present & {"preprocessor_config.json", "processor_config.json"}:
        raise error(f"preprocessor_config.json is missing in {folder}. {advice}")
    return dict(config)


def load_model(cls: Any, folder: Path, dtype: torch.dtype, error: type[AtelierError], advice: str) -> Any:
    """`cls.from_pretrained` from a folder only; missing weights are an error, not random numbers.

    Raises:
        error: the weights do not belong to the configuration, are damaged, or do not fit into memory.
    """
    import transformers

    # The argument was renamed in 4.56; the old name is gone in 5.
    version = tuple(int(part) for part in transformers.__version__.split(".")[:2])
    precision = {"dtype" if version >= (4, 56) else "torch_dtype": dtype}
    try:
        model, info = cls.from_pretrained(folder, local_files_only=True, output_loading_info=True, **precision)
    except (MemoryError, torch.cuda.OutOfMemoryError) as reason:
        raise error(
            f"There is not enough memory to load the model in {folder}. Close other programs, or choose a smaller one."
        ) from reason
    except Exception as reason:
        raise error(f"The model in {folder} cannot be loaded: {reason}\n{advice}") from reason
    missing = sorted(key for key in info["missing_keys"] if "position_ids" not in key)
    if len(missing) > 0.05 * len(model.state_dict()):
        raise error(
            f"The weights in {folder} are incomplete: {len(missing)} tensors are missing, {missing[0]} first. {advice}"
        )
    return model.eval()


def placed(model: Any, device: torch.device, error: type[AtelierError], advice: str) -> Any:
    """The model on a device.

    Raises:
        error: it does not fit.
    """
    moved = attempt(lambda: model.to(device), device)
    if isinstance(moved, Shortage):
        model.to("cpu")
        raise error(f"There is not enough GPU memory for this model. {advice}")
    return moved


def planes(images: Sequence[Image.Image]) -> tuple[list[NDArray[np.uint8]], dict[str, str]]:
    """Pictures for an image processor of transformers: colour planes, shape (3, H, W), and the argument that says so.

    If it has to guess, a processor mistakes a side of 1 or 3 pixels for the colours.
    """
    arrays = [np.array(np.asarray(image.convert("RGB")).transpose(2, 0, 1), order="C") for image in images]
    return arrays, {"input_data_format": "channels_first"}


def _weights(names: Iterable[str]) -> list[str]:
    """The weight files to use among a model's files: safetensors if there are any, else PyTorch's."""
    own = [name for name in names if "/" not in name]
    safe = [name for name in own if name.endswith(".safetensors")]
    return safe or [name for name in own if name.startswith("pytorch_model") and name.endswith(".bin")]
