"""What MODEL and CLIP carry beside their weights: training sees the weights alone, so the rest is refused.

Patches of weights (LoRAs, merges) are part of what is trained on. Number formats and what other packs attach to
a model in order to place it in memory change nothing that training would miss.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from ...lora_core.errors import BaseModelError
from ...lora_core.model.diffusion import sd15_alphas_cumprod

_PREDICTIONS = {
    "V_PREDICTION": "v_prediction",
    "LCM": "lcm",
    "X0": "x0",
    "IMG_TO_IMG": "img_to_img",
    "EDM": "edm",
    "CONST": "flow",
    "COSMOS_RFLOW": "flow",
}
"""ComfyUI's classes of prediction, by their names in its node ModelSamplingDiscrete."""
_NUMBER_FORMAT = "manual_cast_dtype"
_SAMPLING = "model_sampling"


def check_carried(model: Any, clip: Any) -> None:
    """Checks that MODEL and CLIP carry nothing that training would ignore; `clip` may be None.

    Raises:
        BaseModelError: they do; the message names the nodes it comes from, as far as that can be known.
    """
    for socket, found in (("MODEL", _of_model(model)), ("CLIP", _of_clip(clip) if clip is not None else [])):
        if found:
            raise BaseModelError(
                f"The {socket} input carries {', '.join(dict.fromkeys(found))}, which training would ignore. Connect "
                f"the {socket} of the Load Checkpoint node, or of a LoRA loader or a merge behind it, to LoRA Trainer "
                "directly, and use the rest where pictures are made."
            )


def prediction(sampling: Any) -> str | None:
    """What a model is asked to predict if that is not SD 1.5's noise at its noise levels; None if it is."""
    names = [each.__name__ for each in type(sampling).__mro__]
    other = next((_PREDICTIONS[name] for name in names if name in _PREDICTIONS), None)
    if other or "EPS" not in names:
        return other or type(sampling).__name__
    alphas = sd15_alphas_cumprod().double()
    sigmas = sampling.sigmas.detach().cpu().double()
    expected = ((1 - alphas) / alphas).sqrt()
    if sigmas.shape == expected.shape and torch.allclose(sigmas, expected, rtol=1e-3):
        return None
    return "other noise levels"


def _of_model(model: Any) -> list[str]:
    found = []
    if _SAMPLING in model.object_patches:
        sampling = model.object_patches[_SAMPLING]
        other = prediction(sampling)
        found += [f"{_maker(sampling)} ({other})"] if other else []
    return found + _of_patcher(model)


def _of_clip(clip: Any) -> list[str]:
    found = []
    if clip.layer_idx not in (None, -1):  # the last layer is what is trained
        found.append(f"CLIPSetLastLayer ({clip.layer_idx})")
    if getattr(clip, "tokenizer_options", None):
        found.append("tokenizer options")
    if (
        getattr(clip, "apply_hooks_to_conds", None) is not None
        or getattr(clip.patcher, "forced_hooks", None) is not None
    ):
        found.append("hooks (Set CLIP Hooks)")
    return found + _of_patcher(clip.patcher)


def _of_patcher(patcher: Any) -> list[str]:
    """What a ModelPatcher has, besides patches of weights and its model's sampling."""
    objects = {name: each for name, each in patcher.object_patches.items() if name not in (_NUMBER_FORMAT, _SAMPLING)}
    options = dict(patcher.model_options)
    inner = options.pop("transformer_options", {})
    options.pop("disable_cfg1_optimization", None)  # goes with another option
    found = [_named(name, each) for part in (objects, inner, options) for name, each in part.items() if _holds(each)]
    for name in ("weight_wrapper_patches", "wrappers", "injections", "additional_models", "hook_patches"):
        each = getattr(patcher, name, None)
        if _holds(each):
            found.append(_named(name, each))
    return found


def _holds(value: Any) -> bool:
    """Whether there is anything in nested dictionaries and lists."""
    if isinstance(value, Mapping):
        return any(map(_holds, value.values()))
    if isinstance(value, (list, tuple, set)):
        return any(map(_holds, value))
    return value is not None and value is not False


def _named(name: str, value: Any) -> str:
    """Who made it, if it is or holds functions or objects; else what it is called."""
    makers = dict.fromkeys(_maker(each) for each in _leaves(value))
    return ", ".join(maker for maker in makers if maker) or name


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple, set)):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def _maker(value: Any) -> str:
    """The class or function that an object or a function comes from: of a patch that a node makes, the node."""
    while isinstance(value, functools.partial):
        value = value.func
    if value is None or isinstance(value, (bool, int, float, str)):
        return ""
    value = getattr(value, "__self__", value)  # a method is its object's
    name = getattr(value, "__qualname__", None) or type(value).__qualname__
    maker = name.split(".")[0]
    if maker != "ModelPatcher":
        return maker
    inside = [cell.cell_contents for cell in value.__closure__ or ()]  # ComfyUI wraps functions of the old kind
    return next((_maker(each) for each in inside if callable(each)), maker)
