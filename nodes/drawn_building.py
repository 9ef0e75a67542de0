"""Node DrawnBuilding: a building to restyle, with its mask and control pictures, drawn by the pack itself."""

from __future__ import annotations

import numpy as np
from comfy_api.latest import io, ui

from ..lora_core.vision.lineart import lineart
from ..pocket.drawing import STYLES, VERNACULAR
from .host.images import from_arrays, from_pil
from .host.inputs import checked
from .host.sockets import CATEGORY, schema


class DrawnBuilding(io.ComfyNode):
    """Draws one building; the same number, style and size are the same pictures on every machine."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="DrawnBuilding",
            display_name="Drawn Building",
            category=CATEGORY,
            description="For trying and testing: draws a building as a photograph would show it, with the mask, the "
            "lines and the exact depth that restyling it needs. In place of Load Image, Lineart Map and Depth Map.",
            search_aliases=["drawn facade", "example picture", "synthetic building"],
            has_intermediate_output=True,
            inputs=[
                io.Combo.Input(
                    "style",
                    options=[VERNACULAR, *STYLES],
                    default=VERNACULAR,
                    tooltip="What it looks like before: vernacular is an ordinary house, the others are the paper's "
                    "five styles.",
                ),
                io.Int.Input(
                    "number",
                    default=2,
                    min=0,
                    max=1_000_000,
                    tooltip="Which building: another number draws another one of the same style.",
                ),
                _side("width", 768),
                _side("height", 512),
            ],
            outputs=[
                io.Image.Output("photo", display_name="photo", tooltip="The building, for Styled ControlNet Apply."),
                io.Mask.Output("mask", display_name="mask", tooltip="White where the building is: a soft_mask."),
                io.Image.Output("lineart", display_name="lineart", tooltip="Its lines, as Lineart Map draws them."),
                io.Image.Output("depth", display_name="depth", tooltip="Its depth, near parts bright, without error."),
                io.String.Output("caption", display_name="caption", tooltip="What is drawn, without the style's name."),
            ],
        )

    @classmethod
    @checked
    def execute(cls, style: str, number: int, width: int, height: int) -> io.NodeOutput:
        from ..pocket.drawing.facades import draw  # which would make ComfyUI start later

        facade = draw(style, number, (width, height))
        photo = from_pil(facade.image)
        mask = from_arrays([np.asarray(facade.mask.convert("L"))])[..., 0]
        lines = from_arrays([lineart(photo[0].numpy())])
        shown = ui.PreviewImage(photo, cls=cls)
        return io.NodeOutput(photo, mask, lines, from_pil(facade.depth), facade.caption, ui=shown)


def _side(name: str, pixels: int) -> io.Input:
    return io.Int.Input(
        name,
        default=pixels,
        min=64,
        max=2048,
        step=8,
        tooltip=f"{name.capitalize()} of the drawing in pixels, a multiple of 8. Choose what the model was made for: "
        "128 for the pocket model, 512 and more for Stable Diffusion 1.5.",
    )
