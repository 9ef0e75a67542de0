"""The LoRA itself: attached by peft, named as kohya's scripts name it, so that ComfyUI's stock LoraLoader reads it.

h = W x + (alpha / r) B A x with W frozen (Hu et al. 2021, section 4.1). Under kohya's names A is `lora_down.weight` and
B is `lora_up.weight`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from .base_model import BaseModel
from .config import LoraConfig
from .errors import CheckpointError
from .fused_lora import FusedLora
from .rng import stream_seed

_NAME = "style"
_UNET_ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
_UNET_MLP = ("ff.net.0.proj", "ff.net.2")
_TEXT_ATTENTION = ("q_proj", "k_proj", "v_proj", "out_proj")


class LoraAdapter:
    """The trainable A and B of every chosen layer of a base model, in float32 whatever the base's format."""

    def __init__(self, base: BaseModel, config: LoraConfig, seed: int) -> None:
        """Attaches a new LoRA to `base`: A is random (Kaiming uniform, as in kohya), B zero, so it changes nothing yet.

        Raises:
            ConfigError: the model has no layer of the chosen kind.
        """
        self.alpha = config.alpha
        self.rank = config.rank
        self._roots: list[tuple[str, Any]] = [("lora_unet_", base.unet)]
        if config.train_text_encoder:
            self._roots.append(("lora_te_", base.text_encoder))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(stream_seed(seed, "lora_init"))
            for prefix, root in self._roots:
                _attach(root, target_modules(root, prefix, config.layers), config)
        self._layers = dict(self._named_layers())
        self._training: bool | None = None

    def parameters(self) -> list[torch.nn.Parameter]:
        """A and B of every layer, always in the same order."""
        return [matrix for layer in self._layers.values() for matrix in _matrices(layer)]

    @property
    def module_names(self) -> list[str]:
        """kohya's names of the adapted layers, for instance lora_unet_down_blocks_0_attentions_0_proj_in."""
        return list(self._layers)

    def state_dict(self) -> dict[str, Tensor]:
        """The LoRA under kohya's keys: copies in float32 on the CPU.

        For a Linear lora_down is (r, in) and lora_up (out, r); for a Conv2d (r, in, k, k) and (out, r, 1, 1).
        """
        state: dict[str, Tensor] = {}
        for name, layer in self._layers.items():
            down, up = _matrices(layer)
            state[f"{name}.alpha"] = torch.tensor(float(self.alpha))
            state[f"{name}.lora_down.weight"] = down.detach().float().cpu().clone()
            state[f"{name}.lora_up.weight"] = up.detach().float().cpu().clone()
        return state

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Copies values saved by `state_dict` back.

        Raises:
            CheckpointError: the state belongs to other layers or another rank.
        """
        expected = {f"{name}.lora_{side}.weight" for name in self._layers for side in ("down", "up")}
        got = {key for key in state if not key.endswith(".alpha")}
        if got != expected:
            raise CheckpointError(
                f"The saved LoRA has {len(got)} matrices, this run trains {len(expected)}; they were made with other "
                "layers. Start a run under a new name."
            )
        with torch.no_grad():
            for name, layer in self._layers.items():
                for side, matrix in zip(("down", "up"), _matrices(layer), strict=True):
                    matrix.copy_(state[f"{name}.lora_{side}.weight"])

    def train(self, mode: bool) -> None:
        """Training mode switches LoRA dropout and gradient checkpointing on; it costs nothing to ask twice."""
        if mode != self._training:  # walking a thousand modules takes a CPU longer than AdamW does
            for _, root in self._roots:
                root.train(mode)
            self._training = mode

    def _named_layers(self) -> Iterator[tuple[str, Any]]:
        for prefix, root in self._roots:
            for name, module in root.named_modules():
                if _is_lora_layer(module):
                    yield kohya_name(prefix, name), module


def kohya_name(prefix: str, module_name: str) -> str:
    """kohya's name of a layer; transformers 5 dropped the "text_model." that the names of SD 1.5 LoRAs carry."""
    if prefix == "lora_te_" and not module_name.startswith("text_model."):
        module_name = f"text_model.{module_name}"
    return prefix + module_name.replace(".", "_")


def target_modules(root: torch.nn.Module, prefix: str, layers: str) -> list[str]:
    """Names of the Linear and Conv2d layers of `root` that a choice of `layers` trains (see LoraConfig.layers)."""
    names = [name for name, module in root.named_modules() if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d))]
    if layers == "all":
        return names
    wanted: tuple[str, ...] = _UNET_ATTENTION if prefix == "lora_unet_" else _TEXT_ATTENTION
    if layers == "attention+mlp":
        wanted += _UNET_MLP if prefix == "lora_unet_" else ("fc1", "fc2")
    return [name for name in names if name.endswith(tuple(f".{ending}" for ending in wanted))]


def _attach(root: Any, names: list[str], config: LoraConfig) -> None:
    from peft import LoraConfig as PeftConfig
    from peft import inject_adapter_in_model

    peft_config = PeftConfig(
        r=config.rank, lora_alpha=config.alpha, lora_dropout=config.dropout, target_modules=names, bias="none"
    )
    inject_adapter_in_model(peft_config, root, adapter_name=_NAME)
    for module in root.modules():
        if _is_lora_layer(module):
            module.lora_variant[_NAME] = FusedLora
            for matrix in _matrices(module):
                matrix.data = matrix.data.float()
                matrix.requires_grad_(True)


def _is_lora_layer(module: Any) -> bool:
    return _NAME in getattr(module, "lora_A", {})


def _matrices(layer: Any) -> tuple[torch.nn.Parameter, torch.nn.Parameter]:
    return layer.lora_A[_NAME].weight, layer.lora_B[_NAME].weight
