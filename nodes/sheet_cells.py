"""Node SheetCells: the LoRAs, strengths and seeds of a sheet, one after another, for the stock nodes to run through."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..lora_core.errors import ConfigError
from ..lora_core.names import FILE_BYTES
from ..lora_core.picking.weights import CHOICES
from ..lora_core.record.epochs import picked_style, styles_by_epoch
from ..lora_core.record.export import style_name
from ..lora_core.record.run_state import run_state
from ..lora_core.sheet.cells import COLUMNS, ROWS, Style, Variant, check_axes, lay_out
from ..lora_core.sheet.grid import read_epochs, read_numbers
from .host import stock
from .host.following import follow, number
from .host.inputs import check_choice, checked
from .host.seeds import counted_up, seed_input
from .host.sockets import CATEGORY, SheetGrid, TrainingRun, TrainingRunSocket, remarks, schema

_MOST = 10.0
"""The largest strength, as at the stock nodes."""


class SheetCells(io.ComfyNode):
    """Lists what varies over a sheet; ComfyUI runs every node behind it once for each cell."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="SheetCells",
            display_name="Sheet Cells",
            category=CATEGORY,
            description="Lists the cells of a sheet: rows of epochs or styles, columns of strengths, seeds or epochs. "
            "The nodes behind it run once for each cell, as if each cell had been queued by itself; Style Sheet lays "
            "the pictures out.",
            search_aliases=["xy plot", "grid", "contact sheet", "compare epochs"],
            has_intermediate_output=True,
            is_input_list=True,  # all styles together
            not_idempotent=True,
            inputs=[*_axes(), *_sockets()],
            outputs=_outputs(),
        )

    @classmethod
    @checked
    def execute(
        cls,
        rows: list[str],
        columns: list[str],
        strengths: list[str],
        seeds: list[int],
        epochs: list[str],
        strength: list[float],
        seed: list[int],
        weights: list[str],
        run: list[TrainingRun] | None = None,
        lora: list[dict[str, Any]] | None = None,
        lora_names: list[str] | None = None,
        model: list[Any] | None = None,
        clip: list[Any] | None = None,
    ) -> io.NodeOutput:
        _check_typed(rows[0], columns[0], strengths[0], epochs[0])
        for each in run or ():
            follow(run_state, each.folder)
        if "epochs" in (rows[0], columns[0]):
            styles = _by_epoch(run, epochs[0], weights[0])
        else:
            styles = _whole(run, lora, lora_names, weights[0])
        if columns[0] == "strengths":
            strength = read_numbers(strengths[0], "strengths", -_MOST, _MOST)
        counted = counted_up(seed[0], seeds[0] if columns[0] == "seeds" else 1)
        grid, cells = lay_out(rows[0], columns[0], styles, strength, counted)
        sockets = [each[0] if each else None for each in (model, clip)]
        styled = [stock.apply_lora(*sockets, cell.lora, cell.strength, cell.strength) for cell in cells]
        models, clips, sentences = (list(each) for each in zip(*styled, strict=True))
        loras, of_cells = [cell.lora for cell in cells], [(cell.strength, cell.seed) for cell in cells]
        said = remarks(*dict.fromkeys(sentences))
        return io.NodeOutput(models, clips, loras, *(list(each) for each in zip(*of_cells, strict=True)), grid, ui=said)

    @classmethod
    def validate_inputs(
        cls, rows: list[Any], columns: list[Any], strengths: list[Any], epochs: list[Any]
    ) -> bool | str:
        """Refuses what makes no sheet before anything is trained."""
        try:
            _check_typed(rows[0], columns[0], strengths[0], epochs[0])
        except ConfigError as error:
            return str(error)
        return True

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when a run of the sheet is trained further or deleted."""
        return number(cls, inputs)


def _check_typed(rows: Any, columns: Any, strengths: Any, epochs: Any) -> None:
    """Raises ConfigError for choices or numbers that make no sheet. None means that a value comes from another node."""
    for name, value, choices in (("rows", rows, ROWS), ("columns", columns, COLUMNS)):
        if value is not None:
            check_choice(name, value, choices)
    if rows is not None:
        check_axes(rows, columns)
    if columns == "strengths" and strengths is not None:
        read_numbers(str(strengths), "strengths", -_MOST, _MOST)
    if "epochs" in (rows, columns) and epochs is not None and str(epochs).strip():
        read_epochs(str(epochs))


def _by_epoch(run: list[TrainingRun] | None, epochs: str, weights: str) -> list[Style]:
    if not run:
        raise ConfigError("Epochs are those of a run: connect 'run' to LoRA Trainer or Training Run Loader.")
    return styles_by_epoch([each.folder for each in run], read_epochs(epochs) if epochs.strip() else None, weights)


def _whole(
    run: list[TrainingRun] | None, loras: list[dict[str, Any]] | None, names: list[str] | None, weights: str
) -> list[Style]:
    """Styles with one LoRA each: those that are connected, or else the picked ones of the runs."""
    if not loras:
        if not run:
            raise ConfigError("Rows of styles need LoRAs: connect 'lora' to Checkpoint Picker, or 'run' to a run.")
        return [picked_style(each.folder, weights) for each in run]
    names = [style_name(" ".join(name.splitlines())[:FILE_BYTES]) for name in names or ()]
    names = names or [f"style {number}" for number in range(1, len(loras) + 1)]
    if len(names) != len(loras):
        raise ConfigError(
            f"{len(names)} names for {len(loras)} LoRAs. Connect 'lora_names' to the 'file name' of the same "
            "Checkpoint Picker, or leave it."
        )
    return [Style(name, [Variant(name, lora)]) for name, lora in zip(names, loras, strict=True)]


def _axes() -> list[io.Input]:
    return [
        io.Combo.Input(
            "rows", options=list(ROWS), tooltip="epochs: of one run. styles: several LoRAs, or the picked ones of runs."
        ),
        io.Combo.Input(
            "columns",
            options=list(COLUMNS),
            tooltip="What differs from left to right: strengths of the LoRA, seeds, or epochs.",
        ),
        io.String.Input(
            "strengths",
            default="0, 0.5, 1",
            tooltip="The columns' strengths of the LoRA, with commas between them; 0 is the plain model.",
        ),
        io.Int.Input(
            "seeds",
            default=3,
            min=1,
            max=100,
            tooltip="How many columns of seeds, counted up from 'seed'. More show what is chance, and take longer.",
        ),
        io.String.Input(
            "epochs",
            default="",
            tooltip="Epochs with commas between them. Empty: five, evenly over those that are kept, with the picked "
            "one.",
        ),
        io.Float.Input(
            "strength",
            default=1.0,
            min=-_MOST,
            max=_MOST,
            step=0.05,
            tooltip="The strength of all cells where the columns are something else.",
        ),
        seed_input("The seed of all cells, or the first of the columns. Another one draws other pictures."),
        io.Combo.Input(
            "weights",
            options=list(CHOICES),
            tooltip="Of a run's checkpoints. best: averaged or raw, as the validation loss picks.",
        ),
    ]


def _sockets() -> list[io.Input]:
    return [
        TrainingRunSocket.Input(
            "run", optional=True, tooltip="The run whose epochs are the rows, of LoRA Trainer or Training Run Loader."
        ),
        io.LoraModel.Input(
            "lora", optional=True, tooltip="One or several LoRAs, such as Checkpoint Picker's, as rows."
        ),
        io.String.Input(
            "lora_names",
            optional=True,
            force_input=True,
            tooltip="What their rows are called: 'file name' of the same Checkpoint Picker.",
        ),
        io.Model.Input("model", optional=True, tooltip="Connect it to get it back with each cell's LoRA applied."),
        io.Clip.Input("clip", optional=True, tooltip="Connect it to get it back with each cell's LoRA applied."),
    ]


def _outputs() -> list[io.Output]:
    def listed(kind: Any, name: str, shown: str, tooltip: str) -> io.Output:
        return kind.Output(name, display_name=shown, is_output_list=True, tooltip=tooltip)

    return [
        listed(io.Model, "styled_model", "MODEL", "The model with each cell's LoRA, for KSampler."),
        listed(io.Clip, "styled_clip", "CLIP", "The text encoder with each cell's LoRA, for the prompts."),
        listed(io.LoraModel, "cell_lora", "lora", "Each cell's LoRA by itself, for Styled ControlNet Apply."),
        listed(
            io.Float, "cell_strength", "strength", "Each cell's strength: lora_strength of Styled ControlNet Apply."
        ),
        listed(io.Int, "cell_seed", "seed", "Each cell's seed, for KSampler."),
        SheetGrid.Output("grid", display_name="cells", tooltip="The names of rows and columns, for Style Sheet."),
    ]
