"""Node LoRATrainer: trains a LoRA on the stock MODEL, CLIP and VAE, and measures the validation loss."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..lora_core.dataset.style import StyleDataset
from ..lora_core.errors import RunError
from ..lora_core.record.checkpoints import checkpoint_path, load_lora
from ..lora_core.record.reader import read_view
from ..lora_core.requirements import CLIP
from ..lora_core.tensors import DTYPES
from ..lora_core.training.trainer import Trainer, check_captions
from .host import device, folders, models
from .host.inputs import checked_but
from .host.plain_words import error_in_words, in_words
from .host.recipe import inputs, recipe
from .host.sockets import CATEGORY, LoraDataset, TrainingRun, TrainingRunSocket, chart, schema
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
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=[*_sockets(), *inputs()],
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
    # A checkpoint of another family may have neither CLIP nor VAE: loading it says which family that is. The recipe has
    # limits of its own, wider than what the interface offers.
    @checked_but("clip", "vae", ranges=False)
    def execute(
        cls, model: Any, clip: Any, vae: Any, dataset: StyleDataset, run_name: str, **settings: Any
    ) -> io.NodeOutput:
        CLIP.require()
        run_folder = folders.run_folder(run_name.replace("{style}", dataset.name).strip())
        config = recipe(settings)
        check_captions(dataset)
        base = models.load_base_model(model, clip, vae, DTYPES[config.training.precision])
        watcher = NodeWatcher(cls.hidden.unique_id, run_folder)
        trainer = Trainer(config, dataset, base, run_folder, folders.cache_folder(), device.torch_device(), watcher)
        try:
            trainer.train()
        finally:
            watcher.ended()
        view = read_view(run_folder)
        last = view.last_checkpoint()
        lora, _ = load_lora(checkpoint_path(run_folder, last.epoch, last.weights))
        return io.NodeOutput(TrainingRun(run_folder), lora, ui=chart(view))

    @classmethod
    def validate_inputs(cls, run_name: str) -> bool | str:
        """Refuses a name that can't be a folder's, and packages that can't train, before anything runs."""
        try:
            if run_name is not None:  # otherwise it comes from another node
                folders.run_folder(run_name.replace("{style}", "style").strip())
        except RunError as error:
            return str(error_in_words(error))
        return in_words(CLIP.problem()) or True


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
            tooltip="Name of the run's folder; {style} is replaced by the dataset's name. The same name with the same "
            "settings resumes where it stopped; with other settings it is refused, and nothing is overwritten.",
        ),
    ]
