"""The pack's own socket types, and schemas that older versions of ComfyUI understand."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from comfy_api.latest import io

from ...lora_core.record.thinning import thinned
from ...lora_core.record.view import RunView
from .messages import SavedCheckpoint

CATEGORY = "LoRA Atelier"

ESSENTIALS = "Image Generation"
"""In the newer node library's Essentials: the group with ComfyUI's own loaders of models and LoRAs."""

LoraDataset = io.Custom("LORA_DATASET")
"""lora_core.dataset.load.StyleDataset: the pictures of one style, split and captioned."""

TrainingRunSocket = io.Custom("TRAINING_RUN")
"""A TrainingRun."""

SheetGrid = io.Custom("SHEET_CELLS")
"""lora_core.sheet.grid.Grid: the rows and columns of a sheet."""

DialStepsSocket = io.Custom("DIAL_STEPS")
"""lora_core.restyle.dial_path.DialSteps: which picture of a calibration was made how."""


@dataclasses.dataclass(frozen=True)
class TrainingRun:
    """A run, finished or not: everything about it is read from its folder."""

    folder: Path
    one_of_several: bool = False
    """Whether the graph trains several styles, one run each: what is named once must be named for each run."""

    def __str__(self) -> str:
        """Without the path: ComfyUI shows a node's inputs beside its errors."""
        return self.folder.name


def chart(view: RunView) -> dict[str, Any]:
    """What a node passes to its chart in the browser, as the `ui` of its output."""
    return charts([view])


def charts(views: Sequence[RunView]) -> dict[str, Any]:
    """The same of a node that has worked on several runs."""
    return {"lora_atelier_view": [thinned(view).to_json() for view in views]}


def saved(run: TrainingRun, epoch: int, weights: str, file: str) -> dict[str, Any]:
    """Which checkpoint of a run was put into the loras folder under which name, as the `ui` of a node's output."""
    return {"lora_atelier_saved": [dataclasses.asdict(SavedCheckpoint(run.folder.name, epoch, weights, file))]}


def remarks(*sentences: str) -> dict[str, Any]:
    """Sentences that a node shows below its inputs, as the `ui` of its output. None of them clears what it showed."""
    return {"text": [sentence for sentence in sentences if sentence]}


def schema(**arguments: Any) -> io.Schema:
    """An io.Schema that is found by the pack's name too, without the arguments that this ComfyUI does not know yet."""
    arguments["search_aliases"] = [*arguments.get("search_aliases", []), CATEGORY]  # newer than 0.3.75, as others are
    known = {field.name for field in dataclasses.fields(io.Schema)}
    return io.Schema(**{name: value for name, value in arguments.items() if name in known})


def advanced(kind: type[io.Input], *arguments: Any, **keywords: Any) -> io.Input:
    """An input that the front end folds away under "advanced"."""
    if "advanced" in inspect.signature(kind).parameters:
        return kind(*arguments, advanced=True, **keywords)
    made = kind(*arguments, **keywords)
    made.extra_dict["advanced"] = True  # older versions have no argument for it but pass it on
    return made
