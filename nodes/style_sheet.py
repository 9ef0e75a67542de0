"""Node StyleSheet: the pictures of a sheet laid out in labelled rows and columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from comfy_api.latest import io, ui

from ..lora_core.sheet.drawing import draw_sheet
from ..lora_core.sheet.grid import Grid
from .host.images import from_arrays, to_arrays
from .host.inputs import checked
from .host.sockets import CATEGORY, SheetGrid, schema


class StyleSheet(io.ComfyNode):
    """Draws one sheet of all pictures."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="StyleSheet",
            display_name="Style Sheet",
            category=CATEGORY,
            description="Lays the pictures that were made from Sheet Cells out in rows and columns with their names, "
            "the photograph first. The pictures themselves are not changed.",
            search_aliases=["xy plot", "image grid", "contact sheet", "comparison"],
            is_input_list=True,  # all cells together
            is_output_node=True,
            inputs=[
                io.Image.Input("images", tooltip="The pictures, from VAE Decode: one for each cell."),
                SheetGrid.Input("cells", tooltip="From the Sheet Cells that the pictures were made from."),
                io.String.Input(
                    "title",
                    default="",
                    tooltip="What stands above the sheet. Empty: the run or the styles, what varies, and what "
                    "stays the same.",
                ),
                io.Int.Input(
                    "cell_size",
                    default=0,
                    min=0,
                    max=2048,
                    step=8,
                    tooltip="Longest side of a cell in pixels: less makes a lighter sheet. 0: the pictures as they "
                    "are, value by value.",
                ),
                io.Image.Input("photo", optional=True, tooltip="What was restyled; it comes first."),
                io.String.Input(
                    "notes",
                    optional=True,
                    force_input=True,
                    tooltip="A few words below each cell: a list with one text for each.",
                ),
            ],
            outputs=[io.Image.Output("sheet", display_name="sheet", tooltip="The sheet, ready for Save Image.")],
        )

    @classmethod
    @checked
    def execute(
        cls,
        images: list[torch.Tensor],
        cells: list[Grid],
        title: list[str],
        cell_size: list[int],
        photo: list[torch.Tensor] | None = None,
        notes: list[str] | None = None,
    ) -> io.NodeOutput:
        grid = replace(cells[0], title=title[0].strip() or cells[0].title)
        pictures = _all(images)
        above = _all(photo[:1])[0] if photo else None
        sheet = from_arrays([draw_sheet(grid, pictures, above, notes or (), cell_size[0])])
        return io.NodeOutput(sheet, ui=ui.PreviewImage(sheet, cls=cls))


def _all(images: list[torch.Tensor]) -> list[np.ndarray]:
    """Every picture of a list of batches."""
    return [picture for batch in images for picture in to_arrays(batch)]
