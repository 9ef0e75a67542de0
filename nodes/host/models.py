"""What the MODEL, CLIP and VAE sockets carry, as a model that can be trained."""

from __future__ import annotations

from typing import Any

import comfy.model_base
import comfy.model_management
import torch

from ...lora_core.errors import BaseModelError
from ...lora_core.model.base import BaseModel, clip_tokenizer
from ...lora_core.model.single_file import check_family, load_state_dict
from .carried import check_carried, prediction
from .device import free_memory, nothing_collected


def check_sockets(model: Any, clip: Any, vae: Any) -> None:
    """Checks that MODEL, CLIP and VAE are what training knows. Only CLIP and VAE may be None.

    Raises:
        BaseModelError: they are not of the SD 1.5 family, or carry what training would ignore.
    """
    if getattr(model.model, "model_type", None) != comfy.model_base.ModelType.EPS:
        raise BaseModelError(
            "The base model must be Stable Diffusion 1.5 or a fine-tune of it that predicts noise; this one predicts "
            f"something else ({prediction(model.model.model_sampling) or type(model.model).__name__}). Choose an SD "
            "1.5 checkpoint in the Load Checkpoint node."
        )
    check_family(_state_dict(model, clip, vae))
    _check_text_encoder(clip)
    check_carried(model, clip)


def load_base_model(model: Any, clip: Any, vae: Any, dtype: torch.dtype) -> BaseModel:
    """Copies what the stock MODEL, CLIP and VAE sockets carry, patches applied, into a model that can be trained.

    Raises:
        BaseModelError: see `check_sockets`.
    """
    check_sockets(model, clip, vae)
    # As stock CheckpointSave does it: patches are written into the weights, then the weights are read.
    with nothing_collected():
        comfy.model_management.load_models_gpu([model, clip.load_model()], force_patch_weights=True)
    with torch.inference_mode(False):
        base = load_state_dict(_state_dict(model, clip, vae), clip_tokenizer(_tokenizer(clip)), dtype)
    free_memory()
    return base


def _check_text_encoder(clip: Any) -> None:
    """Raises BaseModelError if CLIP has other encoders than SD 1.5's: SDXL's holds one of the same shape beside."""
    others = sorted({key.split(".")[0] for key in clip.cond_stage_model.state_dict()} - {"clip_l"})
    if others:
        raise BaseModelError(
            f"The CLIP input is not SD 1.5's text encoder: it holds {', '.join(others)}. Connect the CLIP of the same "
            "Load Checkpoint node."
        )


def _state_dict(model: Any, clip: Any, vae: Any) -> dict[str, torch.Tensor]:
    """The weights under the keys of a single-file checkpoint; CLIP and VAE may be empty if the file had none."""
    vae_weights = vae.get_sd() if vae is not None and vae.first_stage_model is not None else None
    if hasattr(model, "state_dict_for_saving"):  # newer cores
        return model.state_dict_for_saving(clip.state_dict_for_saving() if clip else None, vae_weights)
    return model.model.state_dict_for_saving(clip.get_sd() if clip else None, vae_weights)


def _tokenizer(clip: Any) -> Any:
    tokenizer = getattr(getattr(clip.tokenizer, "clip_l", None), "tokenizer", None)
    if tokenizer is None:
        raise BaseModelError(
            "The CLIP input is not SD 1.5's text encoder. Connect the CLIP of the same Load Checkpoint node."
        )
    return tokenizer
