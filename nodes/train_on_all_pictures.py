"""Node TrainOnAllPictures: the picked point again, with the held-out pictures given back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from comfy_api.latest import io

from ..lora_core.dataset.style import StyleDataset
from ..lora_core.errors import ConfigError
from ..lora_core.record.checkpoints import checkpoint_path, load_lora
from ..lora_core.record.reader import read_view
from ..lora_core.record.run_state import run_state
from ..lora_core.requirements import CLIP
from ..lora_core.tensors import DTYPES
from ..lora_core.training.all_pictures import WAYS, plan_on_all
from ..lora_core.training.preflight import PlannedRun, check_plans, check_runs
from ..lora_core.training.trainer import Trainer
from .host import device, folders, models
from .host.following import follow, number
from .host.inputs import check_choice, checked
from .host.rules import check_rule, inputs_to_use_again, picked_view
from .host.sockets import CATEGORY, TrainingRun, TrainingRunSocket, chart, schema
from .host.watcher import NodeWatcher

_WAYS = {words: way for way, words in WAYS.items()}


class TrainOnAllPictures(io.ComfyNode):
    """Trains a second run, on all pictures, to the point that was picked in the first."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="TrainOnAllPictures",
            display_name="Train on All Pictures",
            category=CATEGORY,
            description="Trains to the picked point once more, on all pictures, the held-out ones included. "
            "Recipe and seed are the run's own. The result is a run of its own, named after it with -all at the end.",
            search_aliases=["no validation", "full dataset", "retrain"],
            is_output_node=True,
            not_idempotent=True,
            hidden=[io.Hidden.unique_id],
            inputs=[
                *inputs_to_use_again("The run to repeat, of LoRA Trainer or Training Run Loader."),
                io.Combo.Input(
                    "way",
                    options=list(_WAYS),
                    tooltip="each picture as often: as many epochs as at the picked point. as many steps: somewhat "
                    "fewer epochs. go on from the picked LoRA: a few epochs more, the quickest, "
                    "and worse than the picked LoRA where it was measured.",
                ),
            ],
            outputs=[
                TrainingRunSocket.Output(
                    "whole_run",
                    display_name="run",
                    tooltip="The run on all pictures. Checkpoint Picker takes its end and writes the LoRA file.",
                ),
                io.LoraModel.Output(
                    "lora", display_name="lora", tooltip="For Styled ControlNet Apply and Load LoRA Model."
                ),
                io.String.Output("report", display_name="report", tooltip="What it was trained on, and how long."),
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
        way: str,
    ) -> io.NodeOutput:
        follow(run_state, run.folder)
        picked = picked_view(run.folder, rule, epoch, weights).picked()
        plan = plan_on_all(run.folder, picked, dataset, _WAYS[way])
        plan = replace(plan, folder=folders.run_folder(plan.folder.name))
        CLIP.require()
        check_plans([plan])
        with device.borrowed() as place:
            _train(plan, (model, clip, vae), place, cls.hidden.unique_id)
        follow(run_state, plan.folder)
        view = read_view(plan.folder)
        end = view.picked()
        lora = load_lora(checkpoint_path(plan.folder, end.epoch, end.weights))[0]
        return io.NodeOutput(TrainingRun(plan.folder, run.one_of_several), lora, end.reason, ui=chart(view))

    @classmethod
    def validate_inputs(cls, rule: object, weights: object, way: object) -> bool | str:
        """Refuses an unknown choice before anything runs."""
        try:
            check_rule(rule, weights)
            if way is not None:  # otherwise it comes from another node
                check_choice("way", way, list(_WAYS))
        except ConfigError as error:
            return str(error)
        return True

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when either run is deleted or trained further elsewhere."""
        return number(cls, inputs)


def _train(plan: PlannedRun, sockets: tuple[Any, Any, Any], place: torch.device, node_id: str) -> None:
    """In a function of its own, so that the model is gone when it returns."""
    base = models.load_base_model(*sockets, DTYPES[plan.config.training.precision])
    check_runs([plan], lambda _: base)
    cache, start = folders.cache_folder(), plan.start
    with NodeWatcher(node_id, plan.folder) as watcher:
        Trainer(
            plan.config, plan.dataset, base, plan.folder, cache, place, watcher, start=start, repeats=plan.repeats
        ).train()
