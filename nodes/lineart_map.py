"""Node LineartMap: a photograph as a line drawing for ControlNet Lineart."""

from __future__ import annotations

import numpy as np
from comfy_api.latest import io
from PIL import Image

from ..lora_core.vision.lineart import lineart
from .host import progress
from .host.images import from_arrays, to_pil
from .host.inputs import checked
from .host.sockets import CATEGORY, schema


class LineartMap(io.ComfyNode):
    """White lines on black."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="LineartMap",
            display_name="Lineart Map",
            category=CATEGORY,
            description="Turns a photograph into white lines on black, for ControlNet Lineart. Needs no model.",
            search_aliases=["line drawing", "preprocessor", "edges"],
            inputs=[
                io.Image.Input("image", tooltip="A photograph of the building."),
                io.Float.Input(
                    "detail",
                    default=0.5,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    tooltip="0: outlines only. 1: the finest lines too. Raise it if windows are missing; lower it "
                    "if brickwork and foliage become lines.",
                ),
            ],
            outputs=[io.Image.Output("lineart", display_name="lineart", tooltip="For Styled ControlNet Apply.")],
        )

    @classmethod
    @checked
    def execute(cls, image: io.Image.Type, detail: float) -> io.NodeOutput:
        def drawn(photo: Image.Image) -> np.ndarray:
            return lineart(np.asarray(photo, dtype=np.float32) / 255.0, detail=detail)

        return io.NodeOutput(from_arrays(progress.one_by_one(drawn, to_pil(image))))
