"""Node LoRATrainer: trains a LoRA on the stock MODEL, CLIP and VAE, and measures the validation loss."""

from __future__ import annotations

from typing import Any

import torch
from comfy_api.latest import io
from torch import Tensor

from ..lora_core.errors import AtelierError, RunError
from ..lora_core.record.checkpoints import checkpoint_path, load_lora
from ..lora_core.record.reader import read_view
from ..lora_core.record.run_state import run_state
from ..lora_core.record.view import RunView
from ..lora_core.requirements import CLIP
from ..lora_core.training.preflight import PlannedRun, check_plans, check_runs
from ..lora_core.training.trainer import Trainer
from .host import device, folders, models
from .host.following import follow, number
from .host.inputs import check_inputs, checked_but
from .host.jobs import BaseModels, Job, job, one_by_one
from .host.neighbours import check_neighbours
from .host.plain_words import error_in_words, in_words
from .host.recipe import inputs
from .host.sockets import CATEGORY, ESSENTIALS, LoraDataset, TrainingRun, TrainingRunSocket, charts, schema
from .host.watcher import NodeWatcher


class LoRATrainer(io.ComfyNode):
    """Trains, validates, saves and resumes."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="LoRATrainer",
            display_name="LoRA Trainer",
            category=CATEGORY,
            description="Trains a LoRA for Stable Diffusion 1.5 and measures the validation loss after each epoch. The "
            "defaults are the paper's recipe. Cancel loses nothing: running the same graph again resumes from there.",
            search_aliases=["train lora", "fine-tune", "validation"],
            essentials_category=ESSENTIALS,
            is_output_node=True,
            is_input_list=True,  # all styles together, so that all are checked before the first is trained
            hidden=[io.Hidden.unique_id, io.Hidden.prompt],
            inputs=[*_sockets(), *inputs(), _start()],
            outputs=[
                TrainingRunSocket.Output(
                    "run",
                    display_name="run",
                    is_output_list=True,
                    tooltip="For Validation Loss Plot and Checkpoint Picker.",
                ),
                io.LoraModel.Output(
                    "lora",
                    display_name="last lora",
                    is_output_list=True,
                    tooltip="The LoRA of the last epoch; Checkpoint Picker finds a better one.",
                ),
            ],
        )

    @classmethod
    def check_lazy_status(cls, **inputs: Any) -> list[str]:
        """Looks at the model before the pictures are asked for: captioning them may take hours."""
        try:
            check_neighbours(cls.hidden.prompt or {})
            waiting = list(inputs["dataset"]) == [None]
            sockets = {name: inputs[name] for name in ("model", "clip", "vae")}
            check_inputs(cls, {name: values for name, values in sockets.items() if list(values) != [None]})
            for each in one_by_one(sockets) if waiting else ():
                if each["model"] is not None:
                    models.check_sockets(**each)
        except (AtelierError, OSError) as error:
            raise error_in_words(error) from error
        return ["dataset"] if waiting else []

    @classmethod
    # A checkpoint of another family may have neither CLIP nor VAE: loading it says which family that is. The recipe has
    # limits of its own, wider than what the interface offers.
    @checked_but("clip", "vae", "start_from", ranges=False)
    def execute(cls, **inputs: Any) -> io.NodeOutput:
        CLIP.require()
        check_neighbours(cls.hidden.prompt or {})
        jobs = [job(each) for each in one_by_one(inputs)]
        plans = [each.plan for each in jobs]
        check_plans(plans)
        with device.borrowed() as place:
            _train(jobs, place, cls.hidden.unique_id)
        for plan in plans:
            follow(run_state, plan.folder)
        views = [read_view(plan.folder) for plan in plans]
        runs = [TrainingRun(plan.folder, one_of_several=len(plans) > 1) for plan in plans]
        return io.NodeOutput(runs, [_last_lora(*each) for each in zip(plans, views, strict=True)], ui=charts(views))

    @classmethod
    def validate_inputs(cls, run_name: list[str | None]) -> bool | str:
        """Refuses a name that can't be a folder's, and packages that can't train, before anything runs."""
        try:
            for name in run_name:
                if name is not None:  # otherwise it comes from another node
                    folders.run_folder(str(name).replace("{style}", "style").strip())
        except RunError as error:
            return str(error_in_words(error))
        return in_words(CLIP.problem()) or True

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when the run is deleted or trained further elsewhere."""
        return number(cls, inputs)


def _train(jobs: list[Job], place: torch.device, node_id: str) -> None:
    """In a function of its own, so that the models are gone when it returns."""
    plans, bases = [each.plan for each in jobs], BaseModels(jobs)
    check_runs(plans, bases.look)
    for plan in plans:
        base, cache = bases.take(plan), folders.cache_folder()
        with NodeWatcher(node_id, plan.folder) as watcher:
            Trainer(plan.config, plan.dataset, base, plan.folder, cache, place, watcher, start=plan.start).train()
        del base  # before the next one is loaded


def _last_lora(plan: PlannedRun, view: RunView) -> dict[str, Tensor]:
    last = view.last_checkpoint()
    return load_lora(checkpoint_path(plan.folder, last.epoch, last.weights))[0]


def _sockets() -> list[io.Input]:
    return [
        io.Model.Input("model", tooltip="Stable Diffusion 1.5 or a fine-tune of it, from the Load Checkpoint node."),
        io.Clip.Input("clip", tooltip="The CLIP of the same checkpoint; its LoRA is trained too, as in the paper."),
        io.Vae.Input("vae", tooltip="The VAE of the same checkpoint."),
        LoraDataset.Input(
            "dataset",
            lazy=True,  # the model is looked at first
            tooltip="Captioned pictures. Several styles give several runs, one after another.",
        ),
        io.String.Input(
            "run_name",
            default="{style}",
            tooltip="Name of the run's folder; {style} is replaced by the dataset's name. The same name with the same "
            "settings resumes where it stopped; with other settings it is refused, and nothing is overwritten.",
        ),
    ]


def _start() -> io.Input:
    return io.LoraModel.Input(
        "start_from",
        optional=True,
        tooltip="A LoRA to start from instead of from zero, such as Checkpoint Picker's: under another run name it "
        "continues what can't be resumed.",
    )
