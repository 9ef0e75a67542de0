"""A ControlNet as the pre-training has it, as the pack's loader has it, and as the stock loader has the same file.

Part of compare_with_comfyui.py, in its process.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

REPOSITORY = Path(__file__).resolve().parents[2]


def compared(comfyui: Path, checkpoint: Path, work: Path, model, clip) -> dict[str, float | str]:
    """Relative distances between them, of a ControlNet with random weights for the pocket model, and what the loader
    says where there is no file."""
    sys.path.append(str(REPOSITORY))  # behind ComfyUI's, whose module `nodes` is meant; the pre-training is not shipped
    import comfy.controlnet
    from safetensors.torch import save_file

    from lora_atelier.lora_core.errors import BaseModelError
    from lora_atelier.nodes import pocket_control_net_loader
    from pocket.pretraining import control, control_file, file

    pocket_control_net_loader.POCKET_CONTROL_NETS = {"lineart": work / "gone.safetensors"}
    try:
        missing = str(pocket_control_net_loader.PocketControlNetLoader.execute(kind="lineart"))
    except BaseModelError as error:
        missing = str(error)
    unet = file.read(checkpoint, comfyui).unet
    trained = control.new_control(unet)
    _randomize(trained)
    path = work / "pocket_control_lineart.safetensors"
    save_file(control_file.checkpoint(trained, file.unet_keys(comfyui)), path)
    trained = control_file.read_control(path, unet, comfyui)  # as float16 has it
    pocket_control_net_loader.POCKET_CONTROL_NETS = {"lineart": path}
    (loaded,) = pocket_control_net_loader.PocketControlNetLoader.execute(kind="lineart").result

    generator = torch.Generator().manual_seed(4)
    noisy, hint = torch.randn((1, 4, 16, 16), generator=generator), torch.rand((1, 3, 128, 128), generator=generator)
    context, timesteps = torch.randn((1, 77, 64), generator=generator), torch.tensor([601.0])
    down, middle = trained(noisy, timesteps, context, hint, return_dict=False)
    told = loaded.control_model(x=noisy, hint=hint, timesteps=timesteps, context=context)
    pairs = zip([*told["output"], *told["middle"]], [*down, middle], strict=True)

    picture = hint.movedim(1, -1)
    with_ours, again = _sampled(model, clip, loaded, picture), _sampled(model, clip, loaded, picture)
    with_stock = _sampled(model, clip, comfy.controlnet.load_controlnet(str(path)), picture)
    return {
        "control_net": max(_relative(theirs, ours) for theirs, ours in pairs),
        "control_net_repeated": _relative(again, with_ours),
        "control_net_by_the_stock_loader": _relative(with_stock, with_ours),
        "control_net_missing": missing,
        "effect_of_the_control_net": _relative(_sampled(model, clip, None, picture), with_ours),
    }


def _randomize(trained) -> None:
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in trained.parameters():
            if parameter.requires_grad and not parameter.any():
                parameter.copy_(0.05 * torch.randn(parameter.shape, generator=generator))


def _sampled(model, clip, control_net, picture_BHWC: torch.Tensor) -> torch.Tensor:
    """Latents by the stock nodes ControlNetApplyAdvanced and KSampler."""
    from nodes import ControlNetApplyAdvanced, KSampler

    prompts = tuple(clip.encode_from_tokens_scheduled(clip.tokenize(text)) for text in ("a house", ""))
    if control_net is not None:
        prompts = ControlNetApplyAdvanced().apply_controlnet(*prompts, control_net, picture_BHWC, 1.0, 0.0, 1.0)
    latent = {"samples": torch.zeros((1, 4, 16, 16))}
    (sampled,) = KSampler().sample(model, 7, 2, 4.0, "euler", "normal", *prompts, latent, 1.0)
    return sampled["samples"]


def _relative(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a.float() - b.float()).norm() / b.float().norm())
