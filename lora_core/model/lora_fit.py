"""Whether a LoRA was made for a model, by names and shapes alone.

ComfyUI leaves out what does not fit and says so in its log only, so that a LoRA of another model seems to work.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

_LAYER = re.compile(
    r"^(.+?)\.(?:(?:alpha|diff|diff_b|dora_scale|set_weight|w_norm|b_norm|reshape_weight|[ab][12]\.weight)$|"
    r"lora|hada_|lokr_|oft_|boft_)"
)
_UP = re.compile(r"\.(?:lora_up|lora_B|lora\.up|lora_linear_layer\.up)(?:\.default)?\.weight$")
_DOWN = re.compile(r"\.(?:lora_down|lora_A|lora\.down|lora_linear_layer\.down)(?:\.default)?\.weight$")
_READS_TEXT = re.compile(r"attn2[_.]to_[kv]\.|text_model_encoder_layers_\d+_self_attn_q_proj\.")
_FLUX = ("double_blocks", "single_blocks", "single_transformer_blocks")
_FAMILIES = {
    768: "Stable Diffusion 1.5",
    1024: "Stable Diffusion 2",
    2048: "Stable Diffusion XL",
    64: "the pocket model",
}


@dataclass(frozen=True)
class Fit:
    """How much of a LoRA fits a model: its layers, and those that don't fit, by name."""

    layers: int
    misfits: tuple[str, ...]

    @property
    def fitting(self) -> int:
        """How many layers fit."""
        return self.layers - len(self.misfits)


def layer_of(key: str) -> str:
    """The layer that a key of a LoRA belongs to: what comes before .lora_up.weight, .alpha and the like."""
    found = _LAYER.match(key)
    return found[1] if found else key


def fit(lora: Mapping[str, Tensor], weights: Mapping[str, Sequence[int]]) -> Fit:
    """Compares a LoRA with a model.

    Args:
        lora: tensors under the keys of a LoRA file.
        weights: the shape of the model's weight for each name that a layer may have in a LoRA file.
    """
    layers: dict[str, dict[str, Tensor]] = {}
    for key, value in lora.items():
        layers.setdefault(layer_of(key), {})[key] = value
    misfits = [name for name, own in layers.items() if name not in weights or not _suits(own, weights[name])]
    return Fit(len(layers), tuple(misfits))


def made_for(lora: Mapping[str, Tensor]) -> str:
    """The model that a LoRA was probably made for, in words."""
    if any(part in key for key in lora for part in _FLUX):
        return "Flux or a relative"
    if any(key.startswith(("lora_te1_", "lora_te2_")) for key in lora):
        return _FAMILIES[2048]
    downs = (value for key, value in lora.items() if _READS_TEXT.search(key) and _DOWN.search(key))
    reading = (value.shape[1] for value in downs if value.ndim > 1)
    return family(next(reading, None))


def family(text_features: int | None) -> str:
    """What a model is called whose UNet reads prompts of this width."""
    if text_features is None:
        return "another model"
    return _FAMILIES.get(text_features, f"a model with {text_features} text features")


def _suits(own: Mapping[str, Tensor], weight: Sequence[int]) -> bool:
    """Whether the matrices of a layer make a change of the weight's shape; True if they are of another kind."""
    if any(key.endswith(".alpha") and value.numel() != 1 for key, value in own.items()):
        return False
    up, down = (next((own[key] for key in own if kind.search(key)), None) for kind in (_UP, _DOWN))
    if up is None or down is None or any("lora_mid" in key or "reshape_weight" in key for key in own):
        return True
    if up.ndim < 2 or down.ndim < 2 or math.prod(up.shape[1:]) != down.shape[0]:
        return False
    return up.shape[0] == weight[0] and up.shape[0] * math.prod(down.shape[1:]) == math.prod(weight)
