"""Node StrengthCurve: how strongly to apply a LoRA, by the validation loss at several strengths."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io, ui

from ..lora_core.changes import file_state
from ..lora_core.dataset.style import StyleDataset
from ..lora_core.lettering import notice
from ..lora_core.picking.strength import StrengthCurve as Curve
from ..lora_core.picking.strength import fit_strengths
from ..lora_core.record.canvas import to_array
from ..lora_core.record.run_file import RunFile
from ..lora_core.record.run_state import run_state
from ..lora_core.record.strength_figure import draw_strengths
from ..lora_core.record.strengths import StrengthEntry
from ..lora_core.record.view import PickedCheckpoint
from ..lora_core.requirements import CLIP, MATPLOTLIB
from ..lora_core.run_folder import STRENGTHS_FILE
from ..lora_core.tensors import DTYPES
from ..lora_core.training.strength import known_strengths, measure_strengths
from .host import device, folders, models, progress
from .host.following import follow, number
from .host.images import from_arrays, from_pil
from .host.inputs import checked
from .host.rules import accepts_rule, inputs_to_use_again, picked_view
from .host.sockets import CATEGORY, TrainingRun, TrainingRunSocket, schema

_PLOT = 800, 450


class StrengthCurve(io.ComfyNode):
    """Measures the validation loss of a checkpoint at strengths from 0 to 1.5."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="StrengthCurve",
            display_name="Strength Curve",
            category=CATEGORY,
            description="Measures the validation loss of the picked LoRA at strengths from 0 to 1.5 on the run's own "
            "held-out pictures, and gives the strength where it is lowest. What was measured once is kept in the run.",
            search_aliases=["lora strength", "lora weight", "auto strength"],
            is_output_node=True,
            not_idempotent=True,
            inputs=inputs_to_use_again("The run to measure, of LoRA Trainer or Training Run Loader."),
            outputs=[
                io.Float.Output(
                    "strength",
                    display_name="strength",
                    tooltip="Where the loss is lowest: lora_strength of Styled ControlNet Apply, or strength of "
                    "Checkpoint Picker.",
                ),
                TrainingRunSocket.Output(
                    "measured_run",
                    display_name="run",
                    tooltip="The same run, for Checkpoint Picker, which then shows the curve.",
                ),
                io.Image.Output("plot", display_name="plot", tooltip="The curve with error bars."),
                io.String.Output("report", display_name="report", tooltip="Which strength, and how certain that is."),
            ],
        )

    @classmethod
    @checked
    def execute(
        cls,
        model: Any,
        clip: Any,
        vae: Any,
        dataset: StyleDataset,
        run: TrainingRun,
        rule: str,
        epoch: int,
        weights: str,
    ) -> io.NodeOutput:
        follow(run_state, run.folder)
        picked = picked_view(run.folder, rule, epoch, weights).picked()
        entry = known_strengths(run.folder, picked)
        if entry is None:
            CLIP.require()
            with device.borrowed() as place:
                entry = _measure(run, picked, (model, clip, vae), dataset, place)
        follow(file_state, run.folder / STRENGTHS_FILE)
        curve = fit_strengths(entry.strengths, entry.losses)
        title = f"{run.folder.name}, epoch {picked.epoch}, {picked.weights} weights"
        plot = _plot(curve, title)
        report = f"{title}: {curve.reason}"
        return io.NodeOutput(curve.lowest, run, plot, report, ui=ui.PreviewImage(plot, cls=cls))

    @classmethod
    def validate_inputs(cls, rule: object, weights: object) -> bool | str:
        """Refuses an unknown choice before anything runs."""
        return accepts_rule(rule, weights)

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when the run is trained further, or what was measured is deleted."""
        return number(cls, inputs)


def _measure(
    run: TrainingRun,
    picked: PickedCheckpoint,
    sockets: tuple[Any, Any, Any],
    dataset: StyleDataset,
    place: torch.device,
) -> StrengthEntry:
    """In a function of its own, so that the model is gone when it returns."""
    show = progress.progress_bar()
    precision = DTYPES[RunFile.read(run.folder).config.training.precision]
    return measure_strengths(
        run.folder,
        picked,
        models.load_base_model(*sockets, precision),
        dataset,
        folders.cache_folder(),
        place,
        lambda done, total: show(done, total, None),
        progress.raise_if_interrupted,
    )


def _plot(curve: Curve, title: str) -> torch.Tensor:
    problem = MATPLOTLIB.problem()
    if problem:  # the number is there: only the picture is missing
        return from_pil(notice(problem, *_PLOT))
    return from_arrays([to_array(draw_strengths(curve, title, *_PLOT))])
