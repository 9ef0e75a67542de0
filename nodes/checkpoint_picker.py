"""Node CheckpointPicker: the LoRA of the epoch that the validation loss favours."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..lora_core.changes import file_state
from ..lora_core.errors import ConfigError, RunError
from ..lora_core.names import LORA_FILE, check_name, lora_file
from ..lora_core.record.companions import write_companions
from ..lora_core.record.export import default_name, export_lora
from ..lora_core.record.run_file import RunFile
from ..lora_core.record.trigger_words import word_metadata
from ..lora_core.run_folder import STRENGTHS_FILE
from .host import folders, stock
from .host.following import follow, number
from .host.inputs import checked
from .host.rules import check_rule, picked_view, rule_inputs
from .host.sockets import CATEGORY, ESSENTIALS, TrainingRun, TrainingRunSocket, chart, remarks, saved, schema


class CheckpointPicker(io.ComfyNode):
    """Picks a checkpoint, puts it into the loras folder and applies it."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="CheckpointPicker",
            display_name="Checkpoint Picker",
            category=CATEGORY,
            description="Picks the epoch whose LoRA generalises best by the validation loss, copies it into "
            "ComfyUI's loras folder and says why. Click on the curve to choose another epoch.",
            search_aliases=["best checkpoint", "early stopping", "select epoch"],
            essentials_category=ESSENTIALS,
            is_output_node=True,
            not_idempotent=True,
            inputs=[
                TrainingRunSocket.Input("run", tooltip="The run to pick from, of LoRA Trainer or Training Run Loader."),
                *rule_inputs("a click on the curve sets it."),
                io.Float.Input(
                    "strength_model",
                    default=1.0,
                    min=-10.0,
                    max=10.0,
                    step=0.05,
                    tooltip="How strongly the LoRA changes the UNet, which draws: 1 as trained, 0 not at all, "
                    "above 1 exaggerated.",
                ),
                io.Float.Input(
                    "strength_clip",
                    default=1.0,
                    min=-10.0,
                    max=10.0,
                    step=0.05,
                    tooltip="How strongly it changes the text encoder, which reads the prompt: 1 as trained, 0 not "
                    "at all.",
                ),
                io.String.Input(
                    "file_name",
                    default="",
                    tooltip="Name of the file in ComfyUI/models/loras. Empty: run name, epoch and weights, such as "
                    "bauhaus-epoch-0084-averaged. A LoRA of another run that has this name is kept beside it. With "
                    "several styles the run's name is added.",
                ),
                io.Model.Input("model", optional=True, tooltip="Connect it to get it back with the LoRA applied."),
                io.Clip.Input("clip", optional=True, tooltip="Connect it to get it back with the LoRA applied."),
            ],
            outputs=[
                io.Model.Output("styled_model", display_name="MODEL", tooltip="The model with the LoRA."),
                io.Clip.Output("styled_clip", display_name="CLIP", tooltip="The text encoder with the LoRA."),
                io.LoraModel.Output(
                    "lora", display_name="lora", tooltip="For Styled ControlNet Apply and Load LoRA Model."
                ),
                io.String.Output("picked_file", display_name="file name", tooltip="The file in the loras folder."),
                io.Int.Output("picked_epoch", display_name="epoch", tooltip="The picked epoch."),
                io.String.Output("reason", display_name="reason", tooltip="Why this epoch, and how certain that is."),
            ],
        )

    @classmethod
    @checked
    def execute(
        cls,
        run: TrainingRun,
        rule: str,
        epoch: int,
        weights: str,
        strength_model: float,
        strength_clip: float,
        file_name: str,
        model: Any = None,
        clip: Any = None,
    ) -> io.NodeOutput:
        follow(file_state, run.folder / STRENGTHS_FILE)
        view = picked_view(run.folder, rule, epoch, weights)
        picked = view.picked()
        chosen = _given_name(file_name)
        name = _file_of(chosen, run) if chosen else default_name(run.folder.name, picked.epoch, picked.weights)
        target = folders.loras_folder() / name
        lora = export_lora(run.folder, view, target, more=word_metadata(RunFile.read(run.folder)))
        beside = write_companions(target, run.folder, view)
        follow(file_state, target)
        styled_model, styled_clip, remark = stock.apply_lora(model, clip, lora, strength_model, strength_clip)
        shown = chart(view) | saved(run, picked.epoch, str(picked.weights), target.name) | remarks(remark, beside)
        reason = f"{picked.reason} {view.strength.reason}" if view.strength else picked.reason
        return io.NodeOutput(styled_model, styled_clip, lora, target.name, picked.epoch, reason, ui=shown)

    @classmethod
    def validate_inputs(cls, rule: object, weights: object, file_name: object) -> bool | str:
        """Refuses an unknown choice and an impossible file name before anything runs."""
        try:
            check_rule(rule, weights)
            _given_name(file_name)
        except (ConfigError, RunError) as error:
            return str(error)
        return True

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when the file in the loras folder is deleted or overwritten."""
        return number(cls, inputs)


def _file_of(chosen: str, run: TrainingRun) -> str:
    """The file that a name means; with several styles in a graph each has one of its own."""
    return lora_file(f"{chosen}-{run.folder.name}" if run.one_of_several else chosen)


def _given_name(file_name: object) -> str:
    """The file's name without its ending, "" if the user leaves it to the node. Raises RunError if it can't be one."""
    if file_name is None:  # it comes from another node
        return ""
    if isinstance(file_name, str):
        file_name = file_name.strip().removesuffix(".safetensors")
    return check_name(file_name, "file name", LORA_FILE) if file_name != "" else ""
