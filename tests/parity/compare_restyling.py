"""Runs beside a ComfyUI checkout and prints, as JSON, how far StyledControlNetApply is from the chain of stock nodes.

    python compare_restyling.py COMFYUI_DIR [CHECKPOINT LINEART DEPTH]

For every combination of its parts, both chains are sampled from the same seed, and the largest difference of their
latents is told. Without files the pocket model is used, and ControlNets of its layout with random weights.
"""

from __future__ import annotations

import itertools
import json
import sys
import types
from dataclasses import asdict, dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROMPTS = ("a theatre of brick and zinc", "blurry")
SAMPLING = (7, 2, 4.0, "euler", "karras")  # seed, steps, cfg, sampler, scheduler
STRENGTHS = {"lineart": (0.8, 0.0, 0.7), "depth": (0.6, 0.2, 1.0)}
SIDE = 64
NOT_IN_CONTROL = ("out_channels", "transformer_depth_output", "disable_unet_model_creation")
"""What a ControlNet, the first half of a UNet, has no place for."""


@dataclass(frozen=True)
class Parts:
    """What is connected."""

    controls: tuple[str, ...]
    lora: bool
    mask: str
    photos: int


COMBINATIONS = [
    Parts(*parts)
    for parts in itertools.product(
        ((), ("lineart",), ("depth",), ("lineart", "depth")), (False, True), ("none", "blend", "strength"), (1, 2)
    )
]


def main(comfyui: str, checkpoint: str = "", *control_nets: str) -> None:
    sys.argv = [sys.argv[0], "--cpu", "--force-fp32", "--fp32-text-enc"]
    sys.path.insert(0, comfyui)
    import comfy.options

    comfy.options.enable_args_parsing()
    import torch

    torch.set_num_threads(1)  # small tensors: more threads would only wait for one another
    pack = types.ModuleType("lora_atelier")  # the pack without its routes, which need a server
    pack.__path__ = [str(REPOSITORY)]
    sys.modules["lora_atelier"] = pack
    combinations = COMBINATIONS
    with torch.inference_mode():  # as in a node
        if checkpoint:
            import comfy.controlnet
            import comfy.sd

            sockets = comfy.sd.load_checkpoint_guess_config(checkpoint)[:3]
            nets = dict(zip(STRENGTHS, map(comfy.controlnet.load_controlnet, control_nets), strict=True))
            combinations = [each for each in combinations if len(each.controls) != 1 and each.lora and each.photos == 1]
        else:
            from lora_atelier.nodes.host import pocket_model
            from lora_atelier.pocket.model import POCKET_MODEL

            sockets = pocket_model.load_checkpoint(POCKET_MODEL)
            nets = {name: _small_control_net(sockets[0], seed) for seed, name in enumerate(STRENGTHS)}
        found = [{**asdict(parts), **_compared(parts, sockets, nets)} for parts in combinations]
    print("RESULT " + json.dumps(found))


def _compared(parts: Parts, sockets, nets) -> dict[str, float]:
    import torch

    generator = torch.Generator().manual_seed(3)
    photo = torch.rand((parts.photos, SIDE, SIDE, 3), generator=generator)
    controls = {name: torch.rand((parts.photos, SIDE, SIDE, 3), generator=generator) for name in parts.controls}
    mask = None if parts.mask == "none" else torch.linspace(0, 2, SIDE).clamp(max=1).expand(1, SIDE, SIDE).clone()
    lora = _lora(sockets[0], generator) if parts.lora else None
    ours = _sampled(*_our_node(parts, sockets, nets, photo, controls, mask, lora))
    theirs = _sampled(*_stock_nodes(parts, sockets, nets, photo, controls, mask, lora))
    return {"difference": float((ours - theirs).abs().max()), "size": float(ours.double().square().mean())}


def _our_node(parts: Parts, sockets, nets, photo, controls, mask, lora):
    from lora_atelier.nodes.styled_controlnet_apply import StyledControlNetApply

    inputs = {
        "lora_strength": 0.9,
        "soft_mask": mask,
        "lora": lora,
        "mask_strength_per_pixel": parts.mask == "strength",
    }
    for name, (strength, start, end) in STRENGTHS.items():
        inputs |= {f"{name}_strength": strength, f"{name}_start": start, f"{name}_end": end}
        if name in controls:
            inputs |= {f"{name}_control_net": nets[name], name: controls[name]}
    model, clip, vae = sockets
    prompts = dict(zip(("prompt", "negative_prompt"), PROMPTS, strict=True))
    return StyledControlNetApply.execute(model=model, clip=clip, vae=vae, photo=photo, **prompts, **inputs).args[:4]


def _stock_nodes(parts: Parts, sockets, nets, photo, controls, mask, lora):
    """LoraLoader, CLIPTextEncode, ControlNetApplyAdvanced, VAEEncode, SetLatentNoiseMask and DifferentialDiffusion."""
    import comfy.sd
    from comfy_extras.nodes_differential_diffusion import DifferentialDiffusion

    import nodes

    model, clip, vae = sockets
    if lora is not None:
        model, clip = comfy.sd.load_lora_for_models(model, clip, lora, 0.9, 0.9)  # LoraLoader without the file
    conditions = tuple(nodes.CLIPTextEncode().encode(clip, text)[0] for text in PROMPTS)
    for name, picture in controls.items():
        conditions = nodes.ControlNetApplyAdvanced().apply_controlnet(
            *conditions, nets[name], picture, *STRENGTHS[name], vae=vae
        )
    (latent,) = nodes.VAEEncode().encode(vae, photo)
    if mask is not None:
        (latent,) = nodes.SetLatentNoiseMask().set_mask(latent, mask)
    if parts.mask == "strength":
        (model,) = DifferentialDiffusion.execute(model).args
    return (model, *conditions, latent)


def _sampled(model, positive, negative, latent):
    import nodes

    (sampled,) = nodes.KSampler().sample(model, *SAMPLING, positive, negative, latent, denoise=0.9)
    return sampled["samples"]


def _lora(model, generator):
    """A LoRA on one layer of the UNet and one of the text encoder, large enough to see."""
    import torch

    width = model.model.model_config.unet_config["context_dim"]
    lora = {}
    for name, rows in (
        ("lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k", None),
        ("lora_te_text_model_encoder_layers_0_self_attn_q_proj", width),
    ):
        rows = rows or model.model.diffusion_model.middle_block[1].transformer_blocks[0].attn2.to_k.weight.shape[0]
        lora[f"{name}.alpha"] = torch.tensor(2.0)
        lora[f"{name}.lora_down.weight"] = torch.randn((2, width), generator=generator)
        lora[f"{name}.lora_up.weight"] = torch.randn((rows, 2), generator=generator)
    return lora


def _small_control_net(model, seed: int):
    """A ControlNet of the model's own layout, with random weights, in its closing layers too."""
    import comfy.controlnet
    import comfy.ops
    import torch
    from comfy.cldm.cldm import ControlNet

    layout = {name: value for name, value in model.model.model_config.unet_config.items() if name not in NOT_IN_CONTROL}
    network = ControlNet(**layout, hint_channels=3, operations=comfy.ops.disable_weight_init)
    generator = torch.Generator().manual_seed(seed)
    for weight in network.parameters():
        fan_in = weight[0].numel()
        weight.data = torch.randn(weight.shape, generator=generator) * (weight.dim() > 1) / fan_in**0.5
    return comfy.controlnet.ControlNet(network)


if __name__ == "__main__":
    main(*sys.argv[1:])
