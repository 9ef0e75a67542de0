"""Node TrainingRunLoader: opens an earlier run."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..lora_core.errors import RunError
from ..lora_core.names import OLD_RUN, check_name
from ..lora_core.record.run_state import run_state
from .host import folders
from .host.following import follow, number
from .host.inputs import checked
from .host.sockets import CATEGORY, TrainingRun, TrainingRunSocket, schema

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
                    options=[LATEST, *folders.run_names()],
                    tooltip="A run by its name, or the latest one. Press R to refresh the list.",
                )
            ],
            outputs=[
                TrainingRunSocket.Output(
                    "run", display_name="run", tooltip="For Validation Loss Plot and Checkpoint Picker."
                )
            ],
        )

    @classmethod
    @checked
    def execute(cls, run_name: str) -> io.NodeOutput:
        if run_name == LATEST:
            follow(_latest)
            run_name = _latest()
            if not run_name:
                raise RunError("There is no training run yet. Train one with LoRA Trainer first.")
        run = TrainingRun(folders.existing_run(run_name))
        follow(run_state, run.folder)
        return io.NodeOutput(run)

    @classmethod
    def validate_inputs(cls, run_name: object) -> bool | str:
        """Refuses what can't be a run's name before anything runs; whether the run exists is checked later."""
        if run_name is None:  # it comes from another node
            return True
        try:
            check_name(run_name, limit=OLD_RUN)
        except RunError as error:
            return str(error)
        return True

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when the run is trained further or deleted, and when another becomes the latest."""
        return number(cls, inputs)


def _latest() -> str:
    """The name of the run that was written last, "" if there is none."""
    return next(iter(folders.run_names()), "")
