"""What ComfyUI's own nodes do, done by ComfyUI's own functions, and what they would only say in the log said aloud."""

from __future__ import annotations

import logging
from typing import Any

import comfy.lora
import comfy.lora_convert
import comfy.sd
import comfy.utils
import torch

from ...lora_core.errors import BaseModelError
from ...lora_core.model.lora_fit import Fit, family, fit, layer_of, made_for

_log = logging.getLogger(__name__)


def apply_lora(
    model: Any, clip: Any, lora: dict[str, torch.Tensor], model_strength: float, clip_strength: float
) -> tuple[Any, Any, str]:
    """Patched copies of MODEL and CLIP, either of which may be None, exactly as the stock LoraLoader makes them.

    Returns:
        MODEL, CLIP, and a sentence if parts of the LoRA fit neither, otherwise "".

    Raises:
        BaseModelError: the LoRA fits no layer of them.
    """
    wanted = {key: value for key, value in lora.items() if (clip if key.startswith("lora_te_") else model) is not None}
    if not wanted:
        return model, clip, ""
    wanted = comfy.lora_convert.convert_lora(wanted)
    found = fit(wanted, _weights(model, clip))
    remark = _remark(found, made_for(wanted), _model_name(model, clip))
    fitting = {key: value for key, value in wanted.items() if layer_of(key) not in found.misfits}
    return *comfy.sd.load_lora_for_models(model, clip, fitting, model_strength, clip_strength), remark


def check_parts(model: Any, vae: Any, conditioning: Any, control_nets: dict[str, Any]) -> None:
    """Raises BaseModelError, naming both, unless text, VAE and ControlNets are for the model.

    What shows no width (a model without cross-attention, a ControlNet of another build) is left to the sampler.
    """
    wanted = _text_features(model)
    if wanted is None:
        return
    got = conditioning[0][0].shape[-1]
    if got != wanted:
        raise BaseModelError(
            f"CLIP is of {family(got)}, MODEL is {_model_name(model, None)}. Connect the CLIP of the same Load "
            "Checkpoint node."
        )
    channels, expected = getattr(vae, "latent_channels", None), model.model.latent_format.latent_channels
    if channels not in (None, expected):
        raise BaseModelError(
            f"VAE makes {channels} latent channels, MODEL ({_model_name(model, None)}) reads {expected}. Connect the "
            "VAE of the same Load Checkpoint node."
        )
    for name, control_net in control_nets.items():
        reads = _control_net_features(control_net)
        if reads not in (None, wanted):
            raise BaseModelError(
                f"{name} is a ControlNet for {family(reads)}, MODEL is {_model_name(model, None)}. Choose a ControlNet "
                "for the same model."
            )


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


def strength_per_pixel(model: Any) -> Any:
    """A copy of MODEL that samples grey of a mask as a strength, by the stock DifferentialDiffusion itself."""
    from comfy_extras.nodes_differential_diffusion import DifferentialDiffusion

    return DifferentialDiffusion.execute(model).args[0]


def _weights(model: Any, clip: Any) -> dict[str, tuple[int, ...]]:
    """The shape of each weight that a LoRA may change, by every name that ComfyUI knows its layer under."""
    shapes: dict[str, tuple[int, ...]] = {}
    for part, names in ((model, comfy.lora.model_lora_keys_unet), (clip, comfy.lora.model_lora_keys_clip)):
        if part is None:
            continue
        root = part.model if part is model else part.cond_stage_model
        for name, target in names(root, {}).items():
            key, rows = (target, None) if isinstance(target, str) else (target[0], target[1])
            try:
                shape = list(comfy.utils.get_attr(root, key).shape)
            except AttributeError:  # a name of a layer that this model does not have
                continue
            if rows is not None:  # a part of a fused weight: dimension, start, length
                shape[rows[0]] = rows[2]
            shapes[name] = tuple(shape)
    return shapes


def _remark(found: Fit, lora: str, model: str) -> str:
    if not found.misfits:
        return ""
    if not found.fitting:
        raise BaseModelError(
            f"The LoRA fits no layer of the model: it was made for {lora}, and this is {model}. Connect the model that "
            "it was trained on, or a LoRA for this one."
        )
    sentence = (
        f"{found.fitting} of the LoRA's {found.layers} layers fit this model, {model}; the others were left out "
        f"({found.misfits[0]} and so on). It was made for {lora}."
    )
    _log.warning("LoRA Atelier: %s", sentence)
    return sentence


def _model_name(model: Any, clip: Any) -> str:
    """What MODEL is, or CLIP if there is no MODEL."""
    if model is None:
        return f"a CLIP of {type(clip.cond_stage_model).__name__}"
    kind = type(model.model.model_config).__name__
    return family(_text_features(model)) if kind.startswith("SD15") else kind


def _text_features(model: Any) -> int | None:
    return getattr(model.model.model_config, "unet_config", {}).get("context_dim")


def _control_net_features(control_net: Any) -> int | None:
    """The width of the prompts that a ControlNet reads, if it shows."""
    network = getattr(control_net, "control_model", None)
    for name, weight in network.named_parameters() if network is not None else ():
        if name.endswith("attn2.to_k.weight"):
            return int(weight.shape[1])
    return None
