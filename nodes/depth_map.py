"""Node DepthMap: how far away each part of a photograph is, for ControlNet Depth."""

from __future__ import annotations

import contextlib
from typing import Any

from comfy_api.latest import io

from ..lora_core.requirements import DEPTH
from ..lora_core.vision.depth import DepthEstimator
from .host import device, progress
from .host.following import number
from .host.images import from_arrays, to_pil
from .host.inputs import checked
from .host.model_folder import downloadable, ensure_model, refused
from .host.sockets import CATEGORY, schema

REPOSITORIES = {"Depth-Anything-V2-Small-hf": "depth-anything/Depth-Anything-V2-Small-hf"}


class DepthMap(io.ComfyNode):
    """Near is bright."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="DepthMap",
            display_name="Depth Map",
            category=CATEGORY,
            description="Estimates depth from a photograph, near parts bright, for ControlNet Depth. The "
            "model is downloaded into ComfyUI/models/depth_anything on first use (100 MB).",
            search_aliases=["depth anything", "preprocessor", "midas"],
            inputs=[
                io.Image.Input("image", tooltip="A photograph of the building."),
                io.Combo.Input(
                    "model",
                    options=downloadable("depth_anything", REPOSITORIES),
                    tooltip="Which model estimates the depth. Depth Anything V2 Small is fetched on first use; "
                    "another one is a folder in models/depth_anything, and a larger one is finer and "
                    "slower.",
                ),
            ],
            outputs=[io.Image.Output("depth", display_name="depth", tooltip="For Styled ControlNet Apply.")],
        )

    @classmethod
    @checked
    def execute(cls, image: io.Image.Type, model: str) -> io.NodeOutput:
        DEPTH.require()
        folder = ensure_model("depth_anything", model, REPOSITORIES)
        with device.borrowed(whole=False) as place, contextlib.closing(DepthEstimator(folder, place)) as estimator:
            return io.NodeOutput(from_arrays(progress.one_by_one(estimator.depth, to_pil(image))))

    @classmethod
    def validate_inputs(cls, model: str | None) -> bool | str:
        """Says before anything runs if depth cannot be estimated."""
        return refused(model, "depth_anything", REPOSITORIES, DEPTH)

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when the model's files do."""
        return number(cls, inputs)
