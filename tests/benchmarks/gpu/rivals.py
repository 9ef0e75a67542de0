"""How other trainers make a step, on the weights of our UNet: diffusers with peft, and kohya's scripts and OneTrainer.

The latter two are imported from folders that the user names; nothing of them is part of this repository. Each trainer
brings its own network and its own LoRA layers, with A and B in float32 under autocast, as all three have it by default.
What is around them is the same for all, and less than any of them does: latents and text are there already, AdamW is
torch's, the gradient is not clipped, and nothing is read back.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from devtools.console import Failure
from lora_core.model.unet import UNet
from tests.benchmarks.step_counts import RANK, TOKENS

from .material import Checkouts, Scale
from .ways import Way

NAMES = ("peft", "kohya's scripts", "OneTrainer")
_PROOF = {"kohya": "networks/lora.py", "onetrainer": "modules/module/LoRAModule.py"}
"""A file that a checkout has."""


class NotHereError(Exception):
    """A trainer cannot be timed in this Python; says why."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that `checkouts` reads."""
    parser.add_argument("--kohya", type=Path, metavar="FOLDER", help="time kohya-ss/sd-scripts, checked out there, too")
    parser.add_argument("--onetrainer", type=Path, metavar="FOLDER", help="time Nerogar/OneTrainer as well")


def checkouts(arguments: argparse.Namespace) -> Checkouts:
    """The folders that were named.

    Raises:
        Failure: one of them is something else.
    """
    named = {name: getattr(arguments, name) for name in _PROOF}
    for name, folder in named.items():
        if folder is not None and not (folder / _PROOF[name]).is_file():
            raise Failure(f"--{name} {folder}: that is no checkout of it, which would have {_PROOF[name]}.")
    return Checkouts(**{name: folder and folder.resolve() for name, folder in named.items()})


@dataclass(frozen=True)
class Adapted:
    """Another trainer's network with its LoRA in place."""

    network: Any
    """Takes latents, timesteps and the text's context."""
    trained: list[Tensor]
    """All A and B."""

    def loss(self, scale: Scale) -> Callable[[], Tensor]:
        """A forward pass, on inputs that are there already. If nothing is trained, the text has a gradient."""
        for weight in self.trained:
            weight.requires_grad_()
        self.network.train()
        size = (scale.batch, 4, scale.pixels // 8, scale.pixels // 8)
        noisy, noise = (torch.randn(size, device=scale.device) for _ in range(2))
        context = torch.randn((scale.batch, TOKENS, scale.layout.context), device=scale.device, dtype=scale.dtype)
        context.requires_grad_(not self.trained)
        timesteps = torch.randint(1000, (scale.batch,), device=scale.device)

        def forward() -> Tensor:
            with torch.autocast(scale.device.type, scale.dtype, enabled=scale.dtype is not torch.float32):
                predicted = self.network(noisy, timesteps, context).sample
            result: Tensor = (predicted.float() - noise).square().mean()
            return result

        return forward

    def way(self, scale: Scale) -> Way:
        """A whole step."""
        loss = self.loss(scale)
        if not self.trained:
            return Way(lambda: loss().backward())
        adamw = torch.optim.AdamW(self.trained, lr=3e-4, fused=scale.device.type == "cuda")

        def step() -> None:
            loss().backward()
            adamw.step()
            adamw.zero_grad()

        return Way(step)


Build = Callable[[Scale, UNet], Adapted]


def rivals(checkouts: Checkouts) -> dict[str, Build]:
    """Those there are, by name. Building one raises NotHereError where something that it needs is missing."""
    peft, kohya, onetrainer = (f"{name}, float32 adapters under autocast" for name in NAMES)
    found: dict[str, Build] = {peft: with_peft}
    if checkouts.kohya is not None:
        found[kohya] = partial(with_kohya, checkouts.kohya)
    if checkouts.onetrainer is not None:
        found[onetrainer] = partial(with_onetrainer, checkouts.onetrainer)
    return found


def without_lora(scale: Scale, unet: UNet) -> Adapted:
    """Diffusers' UNet as it is: what its layers cost before any adapter."""
    return Adapted(_diffusers_unet("diffusers", scale, unet), [])


def with_peft(scale: Scale, unet: UNet) -> Adapted:
    """Diffusers' UNet with peft's adapters."""
    (peft,) = _imported(NAMES[0], None, "peft")
    theirs = _diffusers_unet(NAMES[0], scale, unet)
    names = [name for name, module in theirs.named_modules() if isinstance(module, (nn.Linear, nn.Conv2d))]
    recipe = peft.LoraConfig(r=RANK, lora_alpha=1, target_modules=names, bias="none")
    peft.inject_adapter_in_model(recipe, theirs)
    trained = [weight for name, weight in theirs.named_parameters() if "lora_" in name]
    for weight in trained:
        weight.data = weight.data.float()
    for module in theirs.modules():  # otherwise peft itself casts what autocast should
        if hasattr(module, "cast_input_dtype_enabled"):
            module.cast_input_dtype_enabled = False
    theirs.to(scale.device)
    return Adapted(theirs, trained)


def with_kohya(folder: Path, scale: Scale, unet: UNet) -> Adapted:
    """The UNet and the LoRA of kohya-ss/sd-scripts, with its option --sdpa."""
    networks, lora = _imported(NAMES[1], folder, "library.original_unet", "networks.lora")
    layout = scale.layout
    attends = ["CrossAttn" if each else "" for each in layout.attention]
    sizes = {  # constants of that module, which has SD 1.5's
        "BLOCK_OUT_CHANNELS": layout.channels,
        "TIMESTEP_INPUT_DIM": layout.channels[0],
        "TIME_EMBED_DIM": 4 * layout.channels[0],
        "LAYERS_PER_BLOCK": layout.blocks,
        "LAYERS_PER_BLOCK_UP": layout.blocks + 1,
        "DOWN_BLOCK_TYPES": [f"{kind}DownBlock2D" for kind in attends],
        "UP_BLOCK_TYPES": [f"{kind}UpBlock2D" for kind in reversed(attends)],
    }
    vars(networks).update(sizes)
    with torch.device("meta"):
        theirs = networks.UNet2DConditionModel(
            sample_size=scale.pixels // 8, attention_head_dim=layout.heads[0], cross_attention_dim=layout.context
        )
    theirs.load_state_dict(unet.state_dict(), assign=True)
    theirs.requires_grad_(False)
    theirs.set_use_sdpa(True)
    # By itself it leaves out the first and the last convolution and the two layers of the time.
    lora.LoRANetwork.UNET_TARGET_REPLACE_MODULE = [type(theirs).__name__]
    lora.LoRANetwork.UNET_TARGET_REPLACE_MODULE_CONV2D_3X3 = []
    adapters = lora.LoRANetwork([], theirs, lora_dim=RANK, alpha=1, conv_lora_dim=RANK, conv_alpha=1)
    adapters.apply_to([], theirs, apply_text_encoder=False)
    adapters.to(scale.device)
    return Adapted(theirs, list(adapters.parameters()))


def with_onetrainer(folder: Path, scale: Scale, unet: UNet) -> Adapted:
    """Diffusers' UNet with OneTrainer's LoRA, its layer filter "full", without checkpointing."""
    configs, lora = _imported(NAMES[2], folder, "modules.util.config.TrainConfig", "modules.module.LoRAModule")
    theirs = _diffusers_unet(NAMES[2], scale, unet)
    config = configs.TrainConfig.default_values()
    config.lora_rank, config.lora_alpha = RANK, 1.0
    adapters = lora.LoRAModuleWrapper(theirs, "unet", config)
    adapters.to(scale.device, torch.float32)
    adapters.hook_to_module()
    return Adapted(theirs, list(adapters.parameters()))


def _imported(trainer: str, folder: Path | None, *names: str) -> list[ModuleType]:
    """Modules of a trainer, from its checkout or, without one, from where Python has it."""
    kept = list(sys.path)
    if folder is not None:
        sys.path.insert(0, str(folder))
    try:
        return [importlib.import_module(name) for name in names]
    except ImportError as error:
        where = f" for {folder}" if folder is not None else ""
        raise NotHereError(f"{trainer} cannot be imported in {sys.executable} ({error}). Install it{where}.") from error
    finally:
        sys.path[:] = kept


def _diffusers_unet(trainer: str, scale: Scale, unet: UNet) -> Any:
    (diffusers,) = _imported(trainer, None, "diffusers")
    layout = scale.layout
    attends = ["CrossAttn" if each else "" for each in layout.attention]
    with torch.device("meta"):
        theirs = diffusers.UNet2DConditionModel(
            block_out_channels=layout.channels,
            layers_per_block=layout.blocks,
            cross_attention_dim=layout.context,
            attention_head_dim=layout.heads[0],
            down_block_types=[f"{kind}DownBlock2D" for kind in attends],
            up_block_types=[f"{kind}UpBlock2D" for kind in reversed(attends)],
        )
    theirs.load_state_dict(unet.state_dict(), assign=True)
    return theirs.requires_grad_(False)
