"""Node RestylePassport: in figures, what was kept of a building and what became of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from comfy_api.latest import io
from torch import Tensor
from torch.nn.functional import interpolate

from ..lora_core.dataset.style import StyleDataset
from ..lora_core.errors import ConfigError
from ..lora_core.restyle.measure import Looks, Restyled, passport_of
from ..lora_core.restyle.passport import METADATA, Passport, label, report, to_text
from ..lora_core.restyle.stamp import stamped
from ..lora_core.vision.lineart import lineart as draw_lines
from .host import graph, progress
from .host.images import from_arrays, opaque, to_pil
from .host.inputs import check_both, checked
from .host.masked_photo import masked_photo
from .host.sockets import CATEGORY, LoraDataset, remarks, schema
from .host.vision import features, held_out_features


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
            has_intermediate_output=True,
            inputs=_inputs(),
            outputs=[
                io.Image.Output(
                    "same_picture", display_name="picture", tooltip="The picture as it came in, for Save Image."
                ),
                io.String.Output("report", display_name="report", tooltip="The figures in sentences."),
                io.String.Output("passports", display_name="passports", tooltip="The figures as JSON, a list."),
                io.Image.Output("stamp", display_name="stamp", tooltip="The picture with the figures below it."),
                io.String.Output(
                    "labels",
                    display_name="labels",
                    is_output_list=True,
                    tooltip="Short figures for each picture: notes of Style Sheet.",
                ),
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
        check_both("depth", depth, "picture_depth", picture_depth)
        check_both("clip_vision", clip_vision, "dataset", dataset)
        masked = masked_photo(photo, soft_mask)
        pictures_BHWC = opaque(picture)
        _check_size(masked.photo_BHWC, pictures_BHWC)
        style_ND = None if dataset is None else held_out_features(clip_vision, dataset)

        def passport(number: int) -> Passport:
            before, seen = _at(masked.photo_BHWC, number), pictures_BHWC[number]
            restyled = Restyled(
                photo_HWC=before,
                picture_HWC=seen,
                photo_lines_HW=_lines(before) if lineart is None else _map(lineart, number, seen),
                picture_lines_HW=_lines(seen),
                mask_HW=None if masked.mask_BHW is None else _at(masked.mask_BHW, number),
                photo_depth_HW=None if depth is None else _map(depth, number, seen),
                picture_depth_HW=None if picture_depth is None else _map(picture_depth, number, seen),
            )
            if style_ND is None:
                return passport_of(restyled)
            plain_D = None if plain_picture is None else features(clip_vision, _at(plain_picture, number))
            return passport_of(restyled, Looks(features(clip_vision, seen), style_ND, plain_D))

        passports = progress.one_by_one(passport, range(len(pictures_BHWC)))
        _into_metadata(cls.hidden.extra_pnginfo, passports)
        texts = [report(each) for each in passports]
        pairs = zip(to_pil(pictures_BHWC), passports, strict=True)
        stamps = from_arrays([np.asarray(stamped(*pair)) for pair in pairs])
        labels = [label(each) for each in passports]
        return io.NodeOutput(picture, "\n\n".join(texts), to_text(passports), stamps, labels, ui=remarks(*texts))

    @classmethod
    def fingerprint_inputs(cls, **_inputs: Any) -> str:
        """Changes when a node behind the picture does: what it saves needs the passports of its own run."""
        return graph.behind(output=0)


def _inputs() -> list[io.Input]:
    return [
        io.Image.Input("photo", tooltip="The photo of the building: the output photo of Styled ControlNet Apply."),
        io.Image.Input("picture", tooltip="The restyled pictures, as they are to be saved."),
        io.Mask.Input(
            "soft_mask",
            optional=True,
            tooltip="Where the photo was allowed to change: the output soft mask of Styled ControlNet Apply.",
        ),
        io.Image.Input(
            "lineart",
            optional=True,
            tooltip="The photo's lines, if they are not to be drawn again as Lineart Map does.",
        ),
        io.Image.Input("depth", optional=True, tooltip="The photo's depth; needs picture_depth too."),
        io.Image.Input(
            "picture_depth",
            optional=True,
            tooltip="The picture's depth, from a second Depth Map of the same model.",
        ),
        io.ClipVision.Input(
            "clip_vision",
            optional=True,
            tooltip="A vision model, from Load CLIP Vision, to measure the style with; needs dataset too.",
        ),
        LoraDataset.Input(
            "dataset", optional=True, tooltip="The style: its held-out pictures are what the picture should be near."
        ),
        io.Image.Input(
            "plain_picture",
            optional=True,
            tooltip="The same picture without the style's LoRA, to measure what the LoRA gained.",
        ),
    ]


def _check_size(photo_BHWC: Tensor, pictures_BHWC: Tensor) -> None:
    if photo_BHWC.shape[1:3] != pictures_BHWC.shape[1:3]:
        (height, width), (new_height, new_width) = photo_BHWC.shape[1:3], pictures_BHWC.shape[1:3]
        raise ConfigError(
            f"The picture has {new_width} x {new_height} pixels, the photo {width} x {height}. Connect the photo that "
            "the picture was made from: the output photo of Styled ControlNet Apply."
        )


def _at(batch: Tensor, number: int) -> Tensor:
    """The entry for a picture; the last one serves the pictures that have none of their own."""
    return batch[min(number, len(batch) - 1)]


def _lines(picture_HWC: Tensor) -> Tensor:
    return torch.from_numpy(draw_lines(picture_HWC.cpu().numpy()))


def _map(images_BHWC: Tensor, number: int, picture_HWC: Tensor) -> Tensor:
    """The grey (H, W) of a control picture, in the size of the picture."""
    grey_HW = opaque(_at(images_BHWC, number)[None])[0].mean(dim=-1)
    height, width = picture_HWC.shape[:2]
    if grey_HW.shape == (height, width):
        return grey_HW
    return interpolate(grey_HW[None, None], size=(height, width), mode="bilinear", antialias=True)[0, 0]


def _into_metadata(extra_pnginfo: Any, passports: list[Passport]) -> None:
    """Adds the passports to what Save Image writes into each PNG, where who queued the graph sent a place for it."""
    if isinstance(extra_pnginfo, dict):
        before = extra_pnginfo.get(METADATA)  # whoever queued the graph may have sent anything
        others = before if isinstance(before, list) else []
        extra_pnginfo[METADATA] = [*others, *(each.to_json() for each in passports)]
