"""The LoRA itself, named as kohya's scripts name it, so that ComfyUI's stock LoraLoader reads it.

h = W x + (alpha / r) B A x with W frozen (Hu et al. 2021, section 4.1; the paper's equation 2). Under kohya's names A
is `lora_down.weight` and B is `lora_up.weight`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import Conv2d, Linear

from ..config import LoraConfig
from ..errors import CheckpointError
from ..rng import stream_seed
from .base import BaseModel
from .lora_layer import LoraConv2d, LoraLayer, LoraLinear
from .lora_weights import LoraWeights

_UNET_ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
_UNET_MLP = ("ff.net.0.proj", "ff.net.2")
_TEXT_ATTENTION = ("q_proj", "k_proj", "v_proj", "out_proj")


@dataclass(frozen=True)
class LoraCopy:
    """A LoRA as it was at one moment. Copying is one operation; its matrices, a thousand windows, may come later."""

    vector: Tensor
    """All of it: float32, on the CPU."""
    _by_key: Callable[[Tensor], dict[str, Tensor]]

    def tensors(self) -> dict[str, Tensor]:
        """It under kohya's keys, as windows into the vector."""
        return self._by_key(self.vector)


class LoraAdapter:
    """The trainable A and B of every chosen layer of a base model."""

    def __init__(self, base: BaseModel, config: LoraConfig, seed: int) -> None:
        """Attaches a new LoRA to `base`: A is random, B zero, so it changes nothing yet."""
        self.alpha = config.alpha
        self.rank = config.rank
        self._roots: list[tuple[str, nn.Module]] = [("lora_unet_", base.unet)]
        if config.train_text_encoder:
            self._roots.append(("lora_te_", base.text_encoder))
        self._layers: dict[str, LoraLayer] = {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(stream_seed(seed, "lora_init"))
            for prefix, root in self._roots:
                for name in target_modules(root, prefix, config.layers):
                    self._layers[kohya_name(prefix, name)] = _attach(root, name, config)
        self.weights = LoraWeights(list(self._layers.values()))
        self._training: bool | None = None

    @property
    def module_names(self) -> list[str]:
        """kohya's names of the adapted layers, for instance lora_unet_down_blocks_0_attentions_0_proj_in."""
        return list(self._layers)

    def state_dict(self, vector: Tensor | None = None) -> dict[str, Tensor]:
        """The LoRA under kohya's keys, or another `vector` of its size: float32, as windows into one copy on the CPU.

        For a Linear lora_down is (r, in) and lora_up (out, r); for a Conv2d (r, in, k, k) and (out, r, 1, 1).
        """
        return self.copied(vector).tensors()

    def copied(self, vector: Tensor | None = None) -> LoraCopy:
        """What `state_dict` is made of."""
        return LoraCopy(self.weights.copied(self.weights.masters if vector is None else vector), self._state)

    def load_state_dict(self, state: Mapping[str, Tensor], vector: Tensor | None = None) -> None:
        """Copies values saved by `state_dict` back, into the LoRA or into another `vector` of its size.

        Raises:
            CheckpointError: the state is of other layers or another rank.
        """
        into = self.weights.masters.detach() if vector is None else vector
        matrices = self._by_key(into)
        got = {key for key in state if not key.endswith(".alpha")}
        if got != matrices.keys():
            raise CheckpointError(
                f"The saved LoRA has {len(got)} matrices, this run trains {len(matrices)}; they were made with other "
                "layers. Start a run under a new name."
            )
        for key, matrix in matrices.items():
            if state[key].shape != matrix.shape:
                raise CheckpointError(
                    f"The saved LoRA was made with another rank or for another model: {key} has the shape "
                    f"{tuple(state[key].shape)}, and {tuple(matrix.shape)} is needed for rank {self.rank}. Use the "
                    "settings it was made with, or start a run under a new name."
                )
        for key, matrix in matrices.items():
            matrix.copy_(state[key])
        self.weights.refresh()

    def _state(self, vector: Tensor) -> dict[str, Tensor]:
        alphas = {f"{name}.alpha": torch.tensor(float(self.alpha)) for name in self._layers}
        return alphas | self._by_key(vector)

    def _by_key(self, vector: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        for name, (a, b) in zip(self._layers, self.weights.matrices(vector), strict=True):
            found |= {f"{name}.lora_down.weight": a, f"{name}.lora_up.weight": b}
        return found

    def train(self, mode: bool) -> None:
        """Training mode turns LoRA dropout and gradient checkpointing on; calling this twice costs nothing."""
        if mode != self._training:  # walking a thousand modules takes a CPU longer than AdamW does
            for _, root in self._roots:
                root.train(mode)
            self._training = mode


def kohya_name(prefix: str, module_name: str) -> str:
    """kohya's name of a layer; transformers 5 dropped the "text_model." that the names of SD 1.5 LoRAs carry."""
    if prefix == "lora_te_" and not module_name.startswith("text_model."):
        module_name = f"text_model.{module_name}"
    return prefix + module_name.replace(".", "_")


def target_modules(root: nn.Module, prefix: str, layers: str) -> list[str]:
    """Names of the Linear and Conv2d layers of `root` that a choice of `layers` trains (see LoraConfig.layers)."""
    names = [name for name, module in root.named_modules() if isinstance(module, (Linear, Conv2d))]
    if layers == "all":
        return names
    wanted: tuple[str, ...] = _UNET_ATTENTION if prefix == "lora_unet_" else _TEXT_ATTENTION
    if layers == "attention+mlp":
        wanted += _UNET_MLP if prefix == "lora_unet_" else ("fc1", "fc2")
    return [name for name in names if name.endswith(tuple(f".{ending}" for ending in wanted))]


def _attach(root: nn.Module, name: str, config: LoraConfig) -> LoraLayer:
    """Replaces the layer of this name by a LoRA layer that contains it."""
    base = root.get_submodule(name)
    kind = LoraConv2d if isinstance(base, Conv2d) else LoraLinear
    layer = kind(base, config.rank, config.alpha, config.dropout)  # type: ignore[arg-type]
    parent, _, own_name = name.rpartition(".")
    setattr(root.get_submodule(parent), own_name, layer)
    return layer
