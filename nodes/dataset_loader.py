"""Node DatasetLoader: a folder of pictures becomes a captioned, bucketed, split dataset."""

from __future__ import annotations

import hashlib
from typing import Any

from comfy_api.latest import io

from ..lora_core.dataset import load_style
from . import comfy_bridge
from .sockets import CATEGORY, LoraDataset, advanced, schema


class DatasetLoader(io.ComfyNode):
    """Loads the pictures of a style and holds some of them out for validation."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="DatasetLoader",
            display_name="Dataset Loader",
            category=CATEGORY,
            description="Loads the pictures of one style, or of several (a folder of folders), with their .txt "
            "captions, and holds some out for validation. Put the folder into ComfyUI's datasets or input folder.",
            search_aliases=["training images", "style folder", "lora dataset"],
            inputs=[
                io.Combo.Input(
                    "folder",
                    options=comfy_bridge.dataset_choices(),
                    tooltip="A folder of pictures inside ComfyUI/datasets or ComfyUI/input; press R to refresh the "
                    "list. A folder of folders gives one style a folder: one graph then trains them all.",
                ),
                io.Int.Input(
                    "resolution",
                    default=512,
                    min=64,
                    max=1024,
                    step=64,
                    tooltip="Short side of the pictures in pixels. Stable Diffusion 1.5 was made for 512.",
                ),
                io.Boolean.Input(
                    "aspect_buckets",
                    default=True,
                    tooltip="On: wide and tall pictures keep their shape (768x512 beside 512x512). Off: all are cut "
                    "square.",
                ),
                io.Int.Input(
                    "validation_count",
                    default=8,
                    min=1,
                    max=1000,
                    tooltip="Pictures that are never trained on and tell when to stop. The paper holds out 8 of 64. "
                    "A val folder inside the style's folder replaces this choice.",
                ),
                advanced(
                    io.Int.Input,
                    "seed",
                    default=0,
                    min=0,
                    max=2**31 - 1,
                    tooltip="Another seed holds out other pictures.",
                ),
            ],
            outputs=[
                LoraDataset.Output(
                    "dataset", display_name="dataset", is_output_list=True, tooltip="One dataset a style."
                ),
                io.String.Output(
                    "report",
                    display_name="report",
                    is_output_list=True,
                    tooltip="What was found, how it was split, and what was left out and why.",
                ),
            ],
        )

    @classmethod
    def execute(
        cls, folder: str, resolution: int, aspect_buckets: bool, validation_count: int, seed: int
    ) -> io.NodeOutput:
        show = comfy_bridge.progress_bar()

        def progress(done: int, total: int) -> None:
            comfy_bridge.raise_if_interrupted()
            show(done, total, None)

        datasets = [
            load_style(
                style,
                resolution=resolution,
                aspect_buckets=aspect_buckets,
                validation_count=validation_count,
                seed=seed,
                progress=progress,
            )
            for style in comfy_bridge.style_folders(folder)
        ]
        return io.NodeOutput(datasets, [dataset.report() for dataset in datasets])

    @classmethod
    def fingerprint_inputs(cls, folder: str, **_settings: Any) -> str:
        """Changes when a picture or a caption is added, removed or edited."""
        digest = hashlib.blake2b(digest_size=16)
        for style in comfy_bridge.style_folders(folder):
            for path in sorted(style.rglob("*")):
                status = path.stat()
                digest.update(f"{path}{status.st_size}{status.st_mtime_ns}".encode())
        return digest.hexdigest()
