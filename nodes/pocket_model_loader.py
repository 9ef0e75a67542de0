"""Node PocketModelLoader: the pack's own small model, for learning and testing without a graphics card."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..pocket.model import POCKET_MODEL
from .host.following import number
from .host.inputs import checked
from .host.pocket_files import shipped
from .host.pocket_model import load_checkpoint
from .host.sockets import CATEGORY, schema


class PocketModelLoader(io.ComfyNode):
    """Loads the pocket model that comes with the pack."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="PocketModelLoader",
            display_name="Pocket Model Loader",
            category=CATEGORY,
            description="For learning and testing: a model built like Stable Diffusion 1.5 but a hundred times "
            "smaller and fast on a CPU, in place of Load Checkpoint. It knows only drawn buildings at 128 x 128 "
            "pixels. For real pictures use Stable Diffusion 1.5.",
            search_aliases=["pocket sd", "small model", "without gpu", "cpu"],
            inputs=[],
            outputs=[
                io.Model.Output("model", display_name="MODEL", tooltip="The UNet, for KSampler and LoRA Trainer."),
                io.Clip.Output("clip", display_name="CLIP", tooltip="The text encoder of the same model."),
                io.Vae.Output("vae", display_name="VAE", tooltip="The autoencoder of the same model."),
            ],
        )

    @classmethod
    @checked
    def execute(cls) -> io.NodeOutput:
        return io.NodeOutput(*load_checkpoint(shipped(POCKET_MODEL, "The pocket model")))

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when the file is replaced."""
        return number(cls, inputs)
