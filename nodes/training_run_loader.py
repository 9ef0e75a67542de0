"""Node TrainingRunLoader: opens a run that was trained before."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..lora_core.errors import RunError
from . import comfy_bridge
from .sockets import CATEGORY, TrainingRun, TrainingRunSocket, schema

LATEST = "(latest run)"


class TrainingRunLoader(io.ComfyNode):
    """Reopens a run, finished or cancelled."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="TrainingRunLoader",
            display_name="Training Run Loader",
            category=CATEGORY,
            description="Opens a training run from ComfyUI's output folder, so that its curves, checkpoints and LoRA "
            "can be used without training again.",
            inputs=[
                io.Combo.Input(
                    "run_name",
                    options=[LATEST, *comfy_bridge.run_names()],
                    tooltip="A run by its name, or the one trained last. Press R to refresh the list.",
                )
            ],
            outputs=[
                TrainingRunSocket.Output(
                    "run", display_name="run", tooltip="For ValidationLossPlot and CheckpointPicker."
                )
            ],
        )

    @classmethod
    def execute(cls, run_name: str) -> io.NodeOutput:
        if run_name == LATEST:
            names = comfy_bridge.run_names()
            if not names:
                raise RunError(
                    f"There is no training run in {comfy_bridge.runs_folder()} yet. Train one with LoRATrainer first."
                )
            run_name = names[0]
        return io.NodeOutput(TrainingRun(comfy_bridge.existing_run(run_name)))

    @classmethod
    def fingerprint_inputs(cls, run_name: str, **_inputs: Any) -> str:
        """Changes when another run becomes the latest."""
        return (comfy_bridge.run_names() or [""])[0] if run_name == LATEST else run_name
