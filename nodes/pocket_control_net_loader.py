"""Node PocketControlNetLoader: the pocket model's own ControlNets, for learning and testing without a graphics card."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..pocket.model import POCKET_CONTROL_NETS, POCKET_MODEL
from .host.following import number
from .host.inputs import checked
from .host.pocket_files import shipped
from .host.pocket_model import load_control_net
from .host.sockets import CATEGORY, schema


class PocketControlNetLoader(io.ComfyNode):
    """Loads one of the pocket model's ControlNets."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="PocketControlNetLoader",
            display_name="Pocket ControlNet Loader",
            category=CATEGORY,
            description="For learning and testing, with Pocket Model Loader: a ControlNet for the pocket model, in "
            "place of Load ControlNet Model.",
            search_aliases=["pocket sd", "control net", "lineart", "depth", "without gpu", "cpu"],
            inputs=[
                io.Combo.Input(
                    "kind",
                    options=list(POCKET_CONTROL_NETS),
                    tooltip="What holds the building: its lines, white on black as Lineart Map draws them, or its "
                    "depth, near parts bright.",
                )
            ],
            outputs=[
                io.ControlNet.Output(
                    "control_net",
                    display_name="CONTROL_NET",
                    tooltip="For Styled ControlNet Apply and Apply ControlNet, with the pocket model.",
                )
            ],
        )

    @classmethod
    @checked
    def execute(cls, kind: str) -> io.NodeOutput:
        return io.NodeOutput(load_control_net(shipped(POCKET_CONTROL_NETS[kind]), shipped(POCKET_MODEL)))

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when a file is replaced."""
        return number(cls, inputs)
