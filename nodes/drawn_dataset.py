"""Node DrawnDataset: a captioned style to train the pocket model on, drawn by the pack itself."""

from __future__ import annotations

import io as files
from pathlib import Path
from typing import Any

from comfy_api.latest import io, ui

from ..lora_core.dataset.captions import write_caption
from ..lora_core.dataset.contact_sheet import contact_sheet
from ..lora_core.dataset.folder_scan import fingerprint, list_folder, names
from ..lora_core.dataset.load import VALIDATION_COUNT, load_style
from ..lora_core.dataset.report import report
from ..lora_core.errors import DatasetError
from ..lora_core.files import atomic_write
from ..lora_core.paths import is_link
from ..pocket.drawing import STYLES
from ..pocket.model import SIDE
from .host import folders, graph, progress
from .host.following import follow, number
from .host.images import from_pil
from .host.inputs import checked
from .host.sockets import CATEGORY, LoraDataset, schema


class DrawnDataset(io.ComfyNode):
    """Draws the pictures of a style, or finds those drawn before."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="DrawnDataset",
            display_name="Drawn Dataset",
            category=CATEGORY,
            description="For learning and testing, with Pocket Model Loader: draws buildings in one of the paper's "
            "five styles, 128 x 128 pixels, with captions, in place of Dataset Loader. The pictures are kept in "
            "ComfyUI's datasets folder.",
            search_aliases=["drawn facades", "synthetic dataset", "pocket sd"],
            has_intermediate_output=True,
            inputs=[
                io.Combo.Input(
                    "style",
                    options=list(STYLES),
                    tooltip="What is drawn: one of the paper's five architectural styles.",
                ),
                io.Int.Input(
                    "pictures",
                    default=64,
                    min=2,
                    max=1000,
                    tooltip="How many pictures; fewer overfit sooner. The paper has 64 of each style. They are "
                    "always the same.",
                ),
                io.Int.Input(
                    "validation_count",
                    default=VALIDATION_COUNT,
                    min=1,
                    max=1000,
                    tooltip="How many of them are held out: never trained on, they show when to stop. 8 in the "
                    "paper. More measure more surely and leave fewer to train on.",
                ),
            ],
            outputs=[
                LoraDataset.Output("dataset", display_name="dataset", tooltip="For LoRA Trainer or BLIP Captioner."),
                io.String.Output("report", display_name="report", tooltip="How the pictures were split."),
                io.Image.Output(
                    "overview",
                    display_name="overview",
                    tooltip="The pictures with their captions; validation pictures are framed.",
                ),
            ],
        )

    @classmethod
    @checked
    def execute(cls, style: str, pictures: int, validation_count: int) -> io.NodeOutput:
        folder = folders.dataset_roots()[0] / f"drawn_{style}_{pictures}"
        _check_ours(folder, {_picture(folder, style, number) for number in range(pictures)})
        progress.one_by_one(lambda number: _draw(folder, style, number), range(pictures))
        follow(fingerprint, folder)
        dataset = load_style(folder, resolution=SIDE, validation_count=validation_count)
        sheet = from_pil(contact_sheet(dataset))
        shown = None if graph.overview_is_taken() else ui.PreviewImage(sheet, cls=cls)
        return io.NodeOutput(dataset, report(dataset), sheet, ui=shown)

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when a drawn picture or its caption is deleted or edited."""
        return number(cls, inputs)


def _picture(folder: Path, style: str, number: int) -> Path:
    return folder / f"{style}_{number + 1:03d}.png"


def _check_ours(folder: Path, drawn: set[Path]) -> None:
    """Raises DatasetError if the folder is a link or has other pictures, which must be somebody's own."""
    listing = list_folder(folder) if folder.is_dir() and not is_link(folder) else None
    others = sorted({*listing.pictures, *listing.elsewhere} - drawn) if listing else []
    if is_link(folder) or others:
        what = f"has pictures that were not drawn: {names(others)}" if others else "is a link"
        raise DatasetError(
            f"The folder {folder.name} in ComfyUI's datasets folder is where the drawn pictures belong, but it {what}. "
            "Rename it, and the node draws into a new one."
        )


def _draw(folder: Path, style: str, number: int) -> None:
    """Writes a picture and its caption, each unless it exists.

    The caption does not name the style: the LoRA learns what all pictures share and no word explains.
    """
    picture = _picture(folder, style, number)
    if picture.exists() and picture.with_suffix(".txt").exists():
        return
    from ..pocket.drawing.facades import draw  # which would make ComfyUI start later

    facade = draw(style, number, (SIDE, SIDE))
    if not picture.exists():
        encoded = files.BytesIO()
        facade.image.save(encoded, "PNG")
        atomic_write(picture, encoded.getvalue())
    if not picture.with_suffix(".txt").exists():
        write_caption(picture, facade.caption, overwrite=False)
