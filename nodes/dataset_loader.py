"""Node DatasetLoader: a folder of pictures becomes a captioned, bucketed, split dataset."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io, ui

from ..lora_core.dataset.buckets import STEP
from ..lora_core.dataset.contact_sheet import contact_sheet
from ..lora_core.dataset.folder_scan import fingerprint
from ..lora_core.dataset.load import RESOLUTION, VALIDATION_COUNT
from ..lora_core.dataset.report import report
from ..lora_core.errors import DatasetError
from .host import folders, graph, progress
from .host.following import follow, number
from .host.images import from_pil
from .host.inputs import checked
from .host.loaded import Settings, load
from .host.plain_words import error_in_words
from .host.sockets import CATEGORY, ESSENTIALS, LoraDataset, advanced, schema


class DatasetLoader(io.ComfyNode):
    """Loads the pictures of a style and holds some of them out for validation."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="DatasetLoader",
            display_name="Dataset Loader",
            category=CATEGORY,
            description="Loads the pictures of one style, or of several (a folder of folders), with their .txt "
            "captions, and holds some out for validation. Put the folder into ComfyUI's datasets or input folder. "
            "Copies and crops of one picture never land on both sides of the split.",
            search_aliases=["training images", "style folder", "lora dataset"],
            essentials_category=ESSENTIALS,
            has_intermediate_output=True,
            inputs=[
                io.Combo.Input(
                    "folder",
                    options=folders.dataset_choices(),
                    tooltip="A folder of pictures inside ComfyUI/datasets or ComfyUI/input; press R to refresh the "
                    "list, or drop a folder from your desktop onto the node. In a folder of folders each is a style: "
                    "one graph then trains them all.",
                ),
                io.Int.Input(
                    "resolution",
                    default=RESOLUTION,
                    min=STEP,
                    max=1024,
                    step=STEP,
                    tooltip="Short side of the pictures in pixels. Stable Diffusion 1.5 was made for 512. Smaller "
                    "trains faster and loses detail; larger takes more memory and time.",
                ),
                io.Boolean.Input(
                    "aspect_buckets",
                    default=True,
                    tooltip="On: wide and tall pictures keep their shape (768x512 beside 512x512). Off: all are cut "
                    "square.",
                ),
                io.Int.Input(
                    "validation_count",
                    default=VALIDATION_COUNT,
                    min=1,
                    max=1000,
                    tooltip="Pictures that are never trained on and show when to stop. The paper holds out 8 of "
                    "64. More measure more surely and leave fewer to train on. A val folder inside the "
                    "style's folder replaces this choice.",
                ),
                advanced(
                    io.Int.Input,
                    "seed",
                    default=0,
                    min=0,
                    max=2**31 - 1,
                    control_after_generate=False,
                    tooltip="Another seed holds out other pictures; losses of runs with different ones can't be "
                    "compared picture by picture.",
                ),
            ],
            outputs=[
                LoraDataset.Output(
                    "dataset", display_name="dataset", is_output_list=True, tooltip="One dataset per style."
                ),
                io.String.Output(
                    "report",
                    display_name="report",
                    is_output_list=True,
                    tooltip="What was found, how it was split, and what was left out and why.",
                ),
                io.Image.Output(
                    "overview",
                    display_name="overview",
                    is_output_list=True,
                    tooltip="The pictures as they are cut for training, with captions; validation pictures are framed.",
                ),
            ],
        )

    @classmethod
    @checked
    def execute(
        cls, folder: str, resolution: int, aspect_buckets: bool, validation_count: int, seed: int
    ) -> io.NodeOutput:
        follow(_contents, folder)
        show = progress.progress_bar()

        def read(done: int, total: int) -> None:
            progress.raise_if_interrupted()
            if done % 10 == 0 or done == total:
                show(done, total, None)

        settings = Settings(resolution, aspect_buckets, validation_count, seed)
        datasets = [load(style, settings, read) for style in folders.style_folders(folder)]
        sheets = [from_pil(contact_sheet(dataset)) for dataset in datasets]
        shown = None if graph.overview_is_taken() else ui.PreviewImage([sheet[0] for sheet in sheets], cls=cls)
        return io.NodeOutput(datasets, [report(dataset) for dataset in datasets], sheets, ui=shown)

    @classmethod
    def validate_inputs(cls, folder: str) -> bool | str:
        """Refuses a folder that is missing or has no pictures before anything runs."""
        if folder is None:  # it comes from another node
            return True
        try:
            folders.style_folders(folder)
        except DatasetError as error:
            return str(error_in_words(error))
        return True

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when a picture, a caption or a style is added, removed or edited."""
        return number(cls, inputs)


def _contents(folder: str) -> str:
    return " ".join(fingerprint(style) for style in folders.style_folders(folder))
