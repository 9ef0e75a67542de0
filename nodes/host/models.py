"""Translates between ComfyUI's sockets and the core: models, devices and stock nodes."""

from __future__ import annotations

from typing import Any

import comfy.model_base
import comfy.model_management
import comfy.sd
import torch

from ...lora_core.errors import BaseModelError
from ...lora_core.model.base import BaseModel, clip_tokenizer
from ...lora_core.model.single_file import check_family, load_state_dict


def load_base_model(model: Any, clip: Any, vae: Any, dtype: torch.dtype) -> BaseModel:
    """Copies what the stock MODEL, CLIP and VAE sockets carry, patches applied, into a model that can be trained.

    Raises:
        BaseModelError: they are not of the SD 1.5 family.
    """
    if getattr(model.model, "model_type", None) != comfy.model_base.ModelType.EPS:
        raise BaseModelError(
            "The base model must be Stable Diffusion 1.5 or a fine-tune of it that predicts noise; this model predicts "
            f"something else ({type(model.model).__name__}). Choose an SD 1.5 checkpoint in the Load Checkpoint node."
        )
    check_family(_state_dict(model, clip, vae))
    # As stock CheckpointSave does it: patches are written into the weights, then the weights are read.
    comfy.model_management.load_models_gpu([model, clip.load_model()], force_patch_weights=True)
    with torch.inference_mode(False):
        base = load_state_dict(_state_dict(model, clip, vae), clip_tokenizer(_tokenizer(clip)), dtype)
    free_memory()
    return base


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


def free_memory() -> None:
    """Takes ComfyUI's models off the GPU, so that all of it is there for training."""
    comfy.model_management.unload_all_models()
    comfy.model_management.soft_empty_cache()


def device() -> torch.device:
    """Where ComfyUI computes."""
    return comfy.model_management.get_torch_device()


def best_precision() -> str:
    """The number format that suits the device: bfloat16 where the GPU has it, else float16; float32 on a CPU."""
    place = device()
    if place.type == "cpu":
        return "float32"
    return "bfloat16" if comfy.model_management.should_use_bf16(place) else "float16"


def total_memory() -> int:
    """Bytes of memory of the device."""
    return int(comfy.model_management.get_total_memory(device()))


def apply_lora(
    model: Any, clip: Any, lora: dict[str, torch.Tensor], model_strength: float, clip_strength: float
) -> tuple[Any, Any]:
    """Patched copies of MODEL and CLIP, either of which may be None, exactly as the stock LoraLoader makes them."""
    wanted = {key: value for key, value in lora.items() if (clip if key.startswith("lora_te_") else model) is not None}
    return comfy.sd.load_lora_for_models(model, clip, wanted, model_strength, clip_strength)


def encode_prompt(clip: Any, text: str) -> Any:
    """CONDITIONING of a prompt, as the stock CLIPTextEncode makes it."""
    return clip.encode_from_tokens_scheduled(clip.tokenize(text))


def apply_controlnet(
    conditioning: tuple[Any, Any],
    control_net: Any,
    image: torch.Tensor,
    strength: float,
    start: float,
    end: float,
    vae: Any,
) -> tuple[Any, Any]:
    """Positive and negative CONDITIONING under a ControlNet, by the stock ControlNetApplyAdvanced itself."""
    from nodes import ControlNetApplyAdvanced

    return ControlNetApplyAdvanced().apply_controlnet(*conditioning, control_net, image, strength, start, end, vae=vae)
