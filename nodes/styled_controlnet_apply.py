"""Node StyledControlNetApply: all that restyling a building needs, ready for the stock KSampler."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io

from ..lora_core.errors import ConfigError
from .host import stock
from .host.inputs import check_both, checked
from .host.masked_photo import about_control, masked_photo
from .host.sockets import CATEGORY, ESSENTIALS, advanced, remarks, schema


class StyledControlNetApply(io.ComfyNode):
    """Style LoRA, prompts, ControlNet Lineart and Depth, and a soft mask in one node."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="StyledControlNetApply",
            display_name="Styled ControlNet Apply",
            category=CATEGORY,
            description="Prepares the restyling of a building: applies the style's LoRA, encodes the prompts under "
            "it, holds the composition by ControlNet Lineart and Depth, and limits new pixels to a soft mask. "
            "Connect to KSampler.",
            search_aliases=["restyle", "controlnet", "lineart", "depth", "soft mask"],
            essentials_category=ESSENTIALS,
            has_intermediate_output=True,
            inputs=[*_required(), *_control("lineart", 0.8), *_control("depth", 0.6), *_optional()],
            outputs=[
                io.Model.Output("styled_model", display_name="MODEL", tooltip="The model with the style's LoRA."),
                io.Conditioning.Output("positive", display_name="positive", tooltip="For KSampler."),
                io.Conditioning.Output("negative", display_name="negative", tooltip="For KSampler."),
                io.Latent.Output(
                    "latent",
                    display_name="latent",
                    tooltip="The photograph with its soft mask, for KSampler.",
                ),
                io.Image.Output(
                    "cut_photo",
                    display_name="photo",
                    tooltip="The photograph as it was sampled, to put the new pixels into: destination of Image "
                    "Composite Masked.",
                ),
                io.Mask.Output(
                    "cut_mask",
                    display_name="mask",
                    tooltip="How much of the new picture to lay over the photo: mask of Image Composite Masked. Black "
                    "where the soft mask is black; all white without one.",
                ),
                io.Mask.Output(
                    "sampled_mask",
                    display_name="soft mask",
                    tooltip="The soft mask as it was sampled, inverted and feathered: for Restyle Passport.",
                ),
            ],
        )

    @classmethod
    @checked
    def execute(
        cls,
        model: Any,
        clip: Any,
        vae: Any,
        photo: torch.Tensor,
        prompt: str,
        negative_prompt: str,
        lora_strength: float,
        lineart_strength: float,
        lineart_start: float,
        lineart_end: float,
        depth_strength: float,
        depth_start: float,
        depth_end: float,
        lineart_control_net: Any = None,
        lineart: torch.Tensor | None = None,
        depth_control_net: Any = None,
        depth: torch.Tensor | None = None,
        soft_mask: torch.Tensor | None = None,
        lora: dict[str, torch.Tensor] | None = None,
        mask_strength_per_pixel: bool = True,
        mask_feather: int = 0,
        mask_invert: bool = False,
    ) -> io.NodeOutput:
        _paired("lineart", lineart_control_net, lineart, lineart_start, lineart_end)
        _paired("depth", depth_control_net, depth, depth_start, depth_end)
        lora_remark = ""
        if lora is not None:
            model, clip, lora_remark = stock.apply_lora(model, clip, lora, lora_strength, lora_strength)
        conditioning = (
            stock.encode_prompt(clip, prompt),
            stock.encode_prompt(clip, negative_prompt),
        )
        control_nets = {"lineart_control_net": lineart_control_net, "depth_control_net": depth_control_net}
        stock.check_parts(model, vae, conditioning[0], control_nets)
        if lineart is not None:
            conditioning = stock.apply_controlnet(
                conditioning, lineart_control_net, lineart, lineart_strength, lineart_start, lineart_end, vae
            )
        if depth is not None:
            conditioning = stock.apply_controlnet(
                conditioning, depth_control_net, depth, depth_strength, depth_start, depth_end, vae
            )
        masked = masked_photo(photo, soft_mask, feather=mask_feather, invert=mask_invert)
        latent = {"samples": vae.encode(masked.photo_BHWC)}
        if masked.mask_BHW is not None:
            latent["noise_mask"] = masked.mask_BHW[:, None]
            if mask_strength_per_pixel:
                model = stock.strength_per_pixel(model)
        overlay_BHW = masked.overlay_BHW(strength_per_pixel=mask_strength_per_pixel)
        mask_BHW = torch.ones_like(overlay_BHW) if masked.mask_BHW is None else masked.mask_BHW
        controls = [about_control(name, image, photo) for name, image in (("lineart", lineart), ("depth", depth))]
        said = remarks(lora_remark, *masked.remarks, *controls)
        return io.NodeOutput(model, *conditioning, latent, masked.photo_BHWC, overlay_BHW, mask_BHW, ui=said)


def _required() -> list[io.Input]:
    return [
        io.Model.Input("model", tooltip="Stable Diffusion 1.5 from Load Checkpoint, without the LoRA."),
        io.Clip.Input("clip", tooltip="The CLIP of the same checkpoint."),
        io.Vae.Input("vae", tooltip="The VAE of the same checkpoint."),
        io.Image.Input("photo", tooltip="The building to restyle; sides are cut to a multiple of 8 pixels."),
        io.String.Input(
            "prompt",
            multiline=True,
            default="Building of the city theater, summer atmosphere",
            tooltip="What to see. Begin with the trigger word if the style was trained with one.",
        ),
        io.String.Input(
            "negative_prompt",
            multiline=True,
            default="",
            tooltip="What not to see, such as 'blurry, people'. Empty: nothing is kept away.",
        ),
        io.Float.Input(
            "lora_strength",
            default=1.0,
            min=-10.0,
            max=10.0,
            step=0.05,
            tooltip="How strong the style is: 1 as trained, less for a hint of it; 0 leaves it out.",
        ),
    ]


_WHAT_CONTROLS_DO = {
    "lineart": (
        "How firmly the photo's lines are followed. Raise it if walls and windows move; lower it if the style can't "
        "unfold.",
        "the lines begin",
        "the lines let go. Earlier leaves the details",
    ),
    "depth": (
        "How firmly the photo's depth is followed: it keeps masses and distances, and leaves the lines free.",
        "the depth begins",
        "the depth lets go. Earlier leaves more",
    ),
}
"""Of their strength, start and end, for the tooltips."""


def _control(name: str, strength: float) -> list[io.Input]:
    title = name.capitalize()
    firmly, holding, letting_go = _WHAT_CONTROLS_DO[name]
    return [
        io.ControlNet.Input(
            f"{name}_control_net",
            optional=True,
            tooltip=f"ControlNet {title} for SD 1.5, from Load ControlNet Model.",
        ),
        io.Image.Input(
            name,
            optional=True,
            tooltip=f"The {name} picture of the photo, from {title} Map or any preprocessor.",
        ),
        io.Float.Input(
            f"{name}_strength",
            default=strength,
            min=0.0,
            max=10.0,
            step=0.05,
            tooltip=firmly,
        ),
        advanced(
            io.Float.Input,
            f"{name}_start",
            default=0.0,
            min=0.0,
            max=1.0,
            step=0.01,
            tooltip=f"Share of the sampling after which {holding} to hold. Later lets the style choose the large "
            "shapes.",
        ),
        advanced(
            io.Float.Input,
            f"{name}_end",
            default=1.0,
            min=0.0,
            max=1.0,
            step=0.01,
            tooltip=f"Share of the sampling after which {letting_go} to the style.",
        ),
    ]


def _optional() -> list[io.Input]:
    return [
        io.Mask.Input(
            "soft_mask",
            optional=True,
            tooltip="White: new pixels. Black: the photo stays. Grey: so much change, pixel by pixel. The mask of Load "
            "Image, painted in its mask editor, fits.",
        ),
        io.LoraModel.Input(
            "lora", optional=True, tooltip="The style, from Checkpoint Picker. Without it: the plain model."
        ),
        io.Boolean.Input(
            "mask_strength_per_pixel",
            default=True,
            optional=True,
            tooltip="On: grey is how much a pixel may change (Differential Diffusion). Off: grey blends old and new.",
        ),
        io.Int.Input(
            "mask_feather",
            default=0,
            min=0,
            max=512,
            optional=True,
            tooltip="Pixels over which the mask's edges become soft, inside what is white: black stays black. More "
            "hides the seam; 0 keeps the edges as painted.",
        ),
        io.Boolean.Input(
            "mask_invert",
            default=False,
            optional=True,
            tooltip="On: black is where new pixels come, and white stays.",
        ),
    ]


def _paired(name: str, control_net: Any, image: Any, start: float, end: float) -> None:
    check_both(f"{name}_control_net", control_net, name, image)
    if start > end:
        raise ConfigError(f"{name}_start ({start}) is after {name}_end ({end}). Swap them.")
