"""Node PocketLoRALoader: the pocket model's own LoRAs of the paper's five styles."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io
from torch import Tensor

from ..lora_core.model.disk import read_checkpoint
from ..pocket.drawing import STYLES
from ..pocket.model import pocket_lora
from .host.following import number
from .host.inputs import checked
from .host.pocket_files import shipped
from .host.sockets import CATEGORY, schema

_ALL = "all five"


class PocketLoRALoader(io.ComfyNode):
    """Loads one of the pocket model's LoRAs, or all of them as a list, with their names."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="PocketLoRALoader",
            display_name="Pocket LoRA Loader",
            category=CATEGORY,
            description="For learning and testing, with Pocket Model Loader: the paper's five styles as LoRAs that are "
            "trained already, in place of Checkpoint Picker.",
            search_aliases=["pocket sd", "styles", "without gpu", "cpu"],
            inputs=[
                io.Combo.Input(
                    "style",
                    options=[_ALL, *STYLES],
                    tooltip="One of the paper's styles, or all five one after another: what follows runs once for "
                    "each.",
                )
            ],
            outputs=[
                io.LoraModel.Output(
                    "lora",
                    display_name="lora",
                    is_output_list=True,
                    tooltip="For Sheet Cells, Styled ControlNet Apply and Load LoRA Model, with the pocket model. No "
                    "trigger word is needed.",
                ),
                io.String.Output(
                    "style_name",
                    display_name="name",
                    is_output_list=True,
                    tooltip="The style's name: lora_names of Sheet Cells.",
                ),
            ],
        )

    @classmethod
    @checked
    def execute(cls, style: str) -> io.NodeOutput:
        styles = STYLES if style == _ALL else (style,)
        return io.NodeOutput([_read(each) for each in styles], [each.capitalize() for each in styles])

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when a file is replaced."""
        return number(cls, inputs)


def _read(style: str) -> dict[str, Tensor]:
    return {key: value.float() for key, value in read_checkpoint(shipped(pocket_lora(style))).items()}
