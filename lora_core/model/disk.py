"""Base models from the disk, for running without ComfyUI: a single-file checkpoint or a diffusers folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ..errors import BaseModelError
from ..requirements import CLIP
from .base import BaseModel, Tokenizer, clip_tokenizer
from .diffusers_folder import load_autoencoder, load_unet, safetensors_variant
from .prediction import check_scheduler, check_single_file
from .single_file import load_state_dict

_TOKENIZER_FILES = ("vocab.json", "tokenizer.json")


def load_base_model(path: Path, tokenizer: str | None, dtype: torch.dtype) -> BaseModel:
    """Loads SD 1.5 from a .safetensors checkpoint or a diffusers folder.

    A single file holds no tokenizer, so one must be given (see `find_tokenizer`); a diffusers folder has its own.

    Raises:
        BaseModelError: there is nothing readable, no tokenizer, or a model that is not of the SD 1.5 family.
    """
    if path.is_dir():
        return _load_folder(path, tokenizer or str(path), dtype)
    if path.suffix != ".safetensors" or not path.is_file():
        raise BaseModelError(
            f"No base model at {path}: give a .safetensors checkpoint of SD 1.5 or a diffusers folder."
        )
    tokenize, weights = find_tokenizer(tokenizer), read_checkpoint(path)
    check_single_file(path, weights)
    return load_state_dict(weights, tokenize, dtype)


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The weights of a .safetensors file.

    Raises:
        BaseModelError: it is missing or damaged.
    """
    try:
        weights: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise BaseModelError(f"Cannot read {path}: {error}. Download the file again.") from error
    return weights


def find_tokenizer(where: str | None) -> Tokenizer:
    """CLIP's tokenizer from a folder that holds it, a diffusers folder, a ComfyUI checkout, or a name on the hub.

    Raises:
        BaseModelError: there is none; the message lists the three places it can come from.
        RequirementError: transformers cannot be used.
    """
    CLIP.require()
    folders = [Path(where, sub_folder) for sub_folder in ("", "tokenizer", "comfy/sd1_tokenizer")] if where else []
    held = [folder for folder in folders if any((folder / name).is_file() for name in _TOKENIZER_FILES)]
    try:
        tokenizer = _read_tokenizer(held[0] if held else where or "openai/clip-vit-large-patch14")
        if len(tokenizer) < 256:  # transformers 5 invents an empty one if it finds none; a real one knows every byte
            raise ValueError("it knows no letters")
        return clip_tokenizer(tokenizer)
    except Exception as error:  # whatever missing or damaged files make transformers raise: TypeError, KeyError, ...
        raise BaseModelError(
            f"No CLIP tokenizer at {where or 'Hugging Face'}. Give one with --tokenizer: a diffusers folder of SD 1.5, "
            "a ComfyUI checkout (it has comfy/sd1_tokenizer), or openai/clip-vit-large-patch14 with a network."
        ) from error


def _read_tokenizer(where: Path | str) -> Any:
    from transformers import CLIPTokenizer, CLIPTokenizerFast

    if isinstance(where, str):
        return CLIPTokenizer.from_pretrained(where)
    # Up to transformers 4, only the fast tokenizer can be read from the single file tokenizer.json.
    in_two = all((where / name).is_file() for name in ("vocab.json", "merges.txt"))
    return (CLIPTokenizer if in_two else CLIPTokenizerFast).from_pretrained(where, local_files_only=True)


def _load_folder(folder: Path, tokenizer: str, dtype: torch.dtype) -> BaseModel:
    check_scheduler(folder)
    unet, vae = load_unet(folder / "unet"), load_autoencoder(folder / "vae")
    return BaseModel.of(unet, vae, _load_text_encoder(folder), find_tokenizer(tokenizer), dtype)


def _load_text_encoder(folder: Path) -> Any:
    from transformers import CLIPTextModel

    part = folder / "text_encoder"
    try:
        module, info = CLIPTextModel.from_pretrained(
            part,
            torch_dtype=torch.float32,  # which holds the values of every other format
            local_files_only=True,
            use_safetensors=True,
            variant=safetensors_variant(part, "model"),
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise BaseModelError(f"{folder} is not a diffusers folder of SD 1.5: its text encoder: {error}") from error
    missing = sorted(key for key in info["missing_keys"] if "position_ids" not in key)
    if missing:  # which would be random numbers
        raise BaseModelError(
            f"{folder} is incomplete: its text encoder misses {', '.join(missing[:3])}. Download it again."
        )
    for parameter in module.parameters():  # see diffusers_folder._read
        parameter.data = parameter.data.clone()
    return module.requires_grad_(False).eval()
