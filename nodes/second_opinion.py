"""Node SecondOpinion: pictures of the epochs that the validation loss can't tell apart, and what is seen in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from comfy_api.latest import io, ui
from PIL import Image

from ..lora_core.dataset.buckets import fit_to_bucket
from ..lora_core.dataset.pictures import open_picture
from ..lora_core.dataset.style import Picture, StyleDataset
from ..lora_core.names import shown_name
from ..lora_core.record.run_file import RunFile
from ..lora_core.record.run_state import run_state
from ..lora_core.requirements import CLIP
from ..lora_core.resemblance.copied import find_copies
from ..lora_core.restyle.opinion import Row, report, see, see_real
from ..lora_core.sheet.drawing import draw_sheet
from ..lora_core.sheet.grid import Grid
from ..lora_core.tensors import DTYPES
from ..lora_core.training.candidates import Candidate, draw_candidates, find_candidates
from .host import device, models, progress
from .host.following import follow, number
from .host.images import from_arrays, from_pil, to_arrays
from .host.inputs import checked
from .host.rules import accepts_rule, inputs_to_use_again, picked_view
from .host.seeds import seed_input
from .host.sockets import CATEGORY, TrainingRun, remarks, schema
from .host.vision import features, held_out_features


class SecondOpinion(io.ComfyNode):
    """Draws the same few pictures with each of the best epochs and sets beside the loss what is seen in them."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="SecondOpinion",
            display_name="Second Opinion",
            category=CATEGORY,
            description="The lowest loss is not always the prettiest picture. Draws the same pictures with each of a "
            "few epochs that the validation loss can't tell apart, for the captions of held-out pictures, and says "
            "beside the loss how near they are to the style, how much they vary, and whether one is a copy of a "
            "training picture. The choice is yours: click on that epoch in Checkpoint Picker.",
            search_aliases=["compare epochs", "fid", "diversity", "memorization", "overfitting"],
            is_output_node=True,
            not_idempotent=True,
            inputs=_inputs(),
            outputs=[
                io.Image.Output(
                    "sheet",
                    display_name="sheet",
                    tooltip="Held-out pictures, the same captions without a LoRA, and with each epoch.",
                ),
                io.String.Output("report", display_name="report", tooltip="The same figures in sentences."),
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
        pictures: int,
        seed: int,
        clip_vision: Any = None,
    ) -> io.NodeOutput:
        follow(run_state, run.folder)
        candidates = find_candidates(picked_view(run.folder, rule, epoch, weights))
        real = dataset.validation[:pictures]
        CLIP.require()
        with device.borrowed() as place:
            drawn = _draw(run, candidates, (model, clip, vae), dataset, real, seed, place)
        style_ND = None if clip_vision is None else held_out_features(clip_vision, dataset)
        first = Row("held-out pictures", seen=None if style_ND is None else see_real(style_ND))
        rows = _rows(candidates, drawn, _copies(drawn, dataset), clip_vision, style_ND)
        pick = next(row for row, each in zip(rows[1:], candidates, strict=True) if each.picked)
        sheet = _sheet(f"{run.folder.name}, second opinion, seed {seed}", [first, *rows], real, drawn)
        said = report(first, rows, pick)
        return io.NodeOutput(sheet, said, ui=ui.PreviewImage(sheet, cls=cls).as_dict() | remarks(*said.splitlines()))

    @classmethod
    def validate_inputs(cls, rule: object, weights: object) -> bool | str:
        """Refuses an unknown choice before anything runs."""
        return accepts_rule(rule, weights)

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when the run is trained further."""
        return number(cls, inputs)


def _inputs() -> list[io.Input]:
    return [
        *inputs_to_use_again("The run to look at, of LoRA Trainer or Training Run Loader."),
        io.Int.Input(
            "pictures",
            default=4,
            min=1,
            max=16,
            tooltip="For how many held-out pictures' captions each epoch draws one. More tell more and take longer.",
        ),
        seed_input(
            "Of the noise, which is the same for all epochs. Another one draws other pictures of the same captions."
        ),
        io.ClipVision.Input(
            "clip_vision",
            optional=True,
            tooltip="A vision model, from Load CLIP Vision, to measure style and variety with. Without it: the "
            "loss and copies alone.",
        ),
    ]


def _draw(
    run: TrainingRun,
    candidates: Sequence[Candidate],
    sockets: tuple[Any, Any, Any],
    dataset: StyleDataset,
    real: Sequence[Picture],
    seed: int,
    place: torch.device,
) -> list[list[Image.Image]]:
    """In a function of its own, so that the model is gone when it returns."""
    precision = DTYPES[RunFile.read(run.folder).config.training.precision]
    base = models.load_base_model(*sockets, precision)
    prompts = [each.caption or "" for each in real]
    show = progress.progress_bar()

    def told(done: int, total: int) -> None:
        show(done, total, None)  # a picture of this would stay in front of the sheet

    return draw_candidates(
        run.folder, candidates, base, dataset, prompts, seed, place, told, progress.raise_if_interrupted
    )


def _rows(
    candidates: Sequence[Candidate],
    drawn: Sequence[Sequence[Image.Image]],
    copies: Sequence[Sequence[str]],
    clip_vision: Any,
    style_ND: torch.Tensor | None,
) -> list[Row]:
    """Of the pictures without a LoRA and with each candidate."""

    def row(place: int) -> Row:
        candidate = candidates[place - 1] if place else None
        name, improvement = (candidate.name, candidate.improvement) if candidate else ("no LoRA", None)
        if style_ND is None:
            return Row(name, improvement, copies=copies[place])
        seen = torch.stack([features(clip_vision, from_pil(each)[0]) for each in drawn[place]])
        return Row(name, improvement, see(seen, style_ND), copies[place])

    return progress.one_by_one(row, range(len(drawn)))


def _copies(drawn: Sequence[Sequence[Image.Image]], dataset: StyleDataset) -> list[list[str]]:
    """For each picture the name of the training picture that it is a copy of, "" for none."""
    training = (open_picture(each.path) for each in dataset.training)
    found = find_copies([each for row in drawn for each in row], training, lambda *_: progress.raise_if_interrupted())
    names = [shown_name(dataset.training[indices[0]].path) if indices else "" for indices in found]
    columns = len(drawn[0])
    return [names[start : start + columns] for start in range(0, len(names), columns)]


def _sheet(
    title: str, rows: Sequence[Row], real: Sequence[Picture], drawn: Sequence[Sequence[Image.Image]]
) -> torch.Tensor:
    """A row for the held-out pictures, then one for each that was drawn; what each row has, beside it."""
    grid = Grid(title, tuple(row.label for row in rows), tuple(Path(shown_name(each.path)).stem for each in real))
    first = [fit_to_bucket(open_picture(each.path), each.bucket) for each in real]
    cells = [to_arrays(from_pil(each))[0] for row in (first, *drawn) for each in row]
    notes = [note for row in rows for note in row.notes or [""] * len(real)]
    return from_arrays([np.asarray(draw_sheet(grid, cells, notes=notes if any(notes) else ()))])
