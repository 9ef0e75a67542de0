"""Node RestylePassport: in figures, what was kept of a building and what became of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from comfy_api.latest import io
from torch import Tensor
from torch.nn.functional import interpolate

from ..lora_core.dataset.pictures import open_picture
from ..lora_core.dataset.style import StyleDataset
from ..lora_core.errors import ConfigError
from ..lora_core.restyle.change import mask_correlation, may_change, outside
from ..lora_core.restyle.passport import METADATA, Passport, picture_id, report, to_text
from ..lora_core.restyle.relief import depth_error
from ..lora_core.restyle.stamp import stamped
from ..lora_core.restyle.structure import edge_agreement, ssim
from ..lora_core.restyle.style import style_distance, style_gain
from ..lora_core.vision.lineart import lineart as draw_lines
from .host import graph, progress
from .host.images import from_pil, opaque, to_pil
from .host.inputs import checked
from .host.masked_photo import masked_photo
from .host.sockets import CATEGORY, LoraDataset, remarks, schema


class RestylePassport(io.ComfyNode):
    """Measures restyled pictures against their photograph; the figures go into the PNG that Save Image writes."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="RestylePassport",
            display_name="Restyle Passport",
            category=CATEGORY,
            description="Measures a restyled picture: how far lines and depth of the building were kept, whether the "
            "photograph outside the mask is untouched, how the soft mask was followed, and how much nearer the style "
            "is. Connect its picture to Save Image: the PNG then carries the figures.",
            search_aliases=["measure", "metrics", "ssim", "score", "compare"],
            inputs=_inputs(),
            outputs=[
                io.Image.Output(
                    "same_picture", display_name="picture", tooltip="The picture as it came in, for Save Image."
                ),
                io.String.Output("report", display_name="report", tooltip="The figures in sentences."),
                io.String.Output("passports", display_name="passports", tooltip="The figures as JSON, a list."),
                io.Image.Output("stamp", display_name="stamp", tooltip="The picture with the figures below it."),
            ],
            hidden=[io.Hidden.extra_pnginfo],
        )

    @classmethod
    @checked
    def execute(
        cls,
        photo: Tensor,
        picture: Tensor,
        soft_mask: Tensor | None = None,
        lineart: Tensor | None = None,
        depth: Tensor | None = None,
        picture_depth: Tensor | None = None,
        clip_vision: Any = None,
        dataset: StyleDataset | None = None,
        plain_picture: Tensor | None = None,
    ) -> io.NodeOutput:
        _check_pairs(depth=depth, picture_depth=picture_depth)
        _check_pairs(clip_vision=clip_vision, dataset=dataset)
        masked = masked_photo(photo, soft_mask)
        pictures_BHWC = opaque(picture)
        _check_size(masked.photo_BHWC, pictures_BHWC)
        style_ND = None if dataset is None else _held_out(clip_vision, dataset)
        found = []
        for number, pil in enumerate(progress.one_by_one(lambda each: each, to_pil(pictures_BHWC))):
            photo_HWC, picture_HWC = _at(masked.photo_BHWC, number), pictures_BHWC[number]
            mask_HW = None if masked.mask_BHW is None else _at(masked.mask_BHW, number)
            where_HW = may_change(mask_HW)
            drawing_HW = _lines(photo_HWC) if lineart is None else _fitted(_at(lineart, number), picture_HWC)
            lines_HW = _lines(picture_HWC)
            edges = edge_agreement(drawing_HW, lines_HW, where_HW)
            kept = None if mask_HW is None else outside(photo_HWC, picture_HWC, mask_HW)
            distance = plain_distance = None
            if style_ND is not None:
                distance = style_distance(_features(clip_vision, picture_HWC), style_ND)
                if plain_picture is not None:
                    plain_distance = style_distance(_features(clip_vision, _at(plain_picture, number)), style_ND)
            found.append(
                Passport(
                    picture=picture_id(pil),
                    line_ssim=ssim(drawing_HW, lines_HW, where_HW),
                    edge_precision=edges.precision,
                    edge_recall=edges.recall,
                    edge_f1=edges.f1,
                    depth_rmse=None,
                    outside_max=kept and kept.largest,
                    outside_mean=kept and kept.mean,
                    mask_correlation=None,
                    style_distance=distance,
                    style_gain=None,
                )
            )
        return io.NodeOutput(picture)
