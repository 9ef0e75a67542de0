"""Node LoRATrainer: trains a LoRA on the stock MODEL, CLIP and VAE, watched by the validation loss."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..lora_core.base_model import DTYPES
from ..lora_core.checkpoints import checkpoint_path, load_lora
from ..lora_core.dataset import StyleDataset
from ..lora_core.errors import RunError
from ..lora_core.requirements import CLIP
from ..lora_core.run_record import check_run_name
from ..lora_core.run_view import run_view
from ..lora_core.trainer import Trainer, check_captions
from . import comfy_bridge
from .recipe import advanced_inputs, main_inputs, recipe
from .sockets import CATEGORY, LoraDataset, TrainingRun, TrainingRunSocket, schema
from .watcher import NodeWatcher


class LoRATrainer(io.ComfyNode):
    """Trains, validates, saves and resumes."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="LoRATrainer",
            display_name="LoRA Trainer",
            category=CATEGORY,
            description="Trains a LoRA for Stable Diffusion 1.5 and measures the validation loss after each epoch. The "
            "defaults are the paper's recipe. Cancel loses nothing: running the same graph again goes on from there.",
            search_aliases=["train lora", "fine-tune", "validation"],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=[*_sockets(), *main_inputs(), *advanced_inputs()],
            outputs=[
                TrainingRunSocket.Output(
                    "run", display_name="run", tooltip="For ValidationLossPlot and CheckpointPicker."
                ),
                io.LoraModel.Output(
                    "lora",
                    display_name="last lora",
                    tooltip="The LoRA of the last epoch; CheckpointPicker finds a better one.",
                ),
            ],
        )

    @classmethod
    def execute(
        cls, model: Any, clip: Any, vae: Any, dataset: StyleDataset, run_name: str, **settings: Any
    ) -> io.NodeOutput:
        CLIP.require()
        run_folder = comfy_bridge.run_folder(run_name.replace("{style}", dataset.name).strip())
        config = recipe(**settings)
        check_captions(dataset)
        base = comfy_bridge.load_base_model(model, clip, vae, DTYPES[config.training.precision])
        watcher = NodeWatcher(cls.hidden.unique_id, run_folder)
        trainer = Trainer(
            config, dataset, base, run_folder, comfy_bridge.cache_folder(), comfy_bridge.device(), watcher
        )
        trainer.train()
        view = run_view(run_folder)
        lora, _ = load_lora(checkpoint_path(run_folder, view["checkpoints"][-1]))
        return io.NodeOutput(TrainingRun(run_folder), lora, ui={"lora_atelier_view": [view]})

    @classmethod
    def validate_inputs(cls, run_name: str) -> bool | str:
        """Refuses a name that cannot be a folder's, and packages that cannot train, before anything runs."""
        try:
            if run_name is not None:  # else it comes from another node
                check_run_name(run_name.replace("{style}", "style").strip())
        except RunError as error:
            return str(error)
        return CLIP.problem() or True


def _sockets() -> list[io.Input]:
    return [
        io.Model.Input("model", tooltip="Stable Diffusion 1.5 or a fine-tune of it, from the Load Checkpoint node."),
        io.Clip.Input("clip", tooltip="The CLIP of the same checkpoint; its LoRA is trained too, as in the paper."),
        io.Vae.Input("vae", tooltip="The VAE of the same checkpoint."),
        LoraDataset.Input(
            "dataset", tooltip="Captioned pictures. Several styles give several runs, one after another."
        ),
        io.String.Input(
            "run_name",
            default="{style}",
            tooltip="Name of the run's folder; {style} stands for the dataset's name. The same name with the same "
            "settings goes on where it stopped; with other settings it is refused, and nothing is overwritten.",
        ),
    ]
