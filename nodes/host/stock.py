"""What ComfyUI's own nodes do, done by ComfyUI's own functions."""

from __future__ import annotations

from typing import Any

import comfy.sd
import torch


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
