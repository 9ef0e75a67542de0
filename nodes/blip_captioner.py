"""Node BlipCaptioner: writes the captions that are missing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from comfy_api.latest import io

from ..lora_core.dataset.captions import compose_caption, unused_copies_folder, write_caption
from ..lora_core.dataset.contact_sheet import contact_sheet
from ..lora_core.dataset.pictures import open_picture
from ..lora_core.dataset.style import StyleDataset
from ..lora_core.errors import CaptionError, RunError
from ..lora_core.names import shown_name
from ..lora_core.requirements import BLIP
from ..lora_core.vision.blip import Captioner
from .host import device, progress
from .host.following import number
from .host.images import from_pil
from .host.inputs import checked
from .host.model_folder import downloadable, ensure_model, refused
from .host.plain_words import error_in_words
from .host.sockets import CATEGORY, LoraDataset, schema

REPOSITORIES = {
    "blip-image-captioning-large": "Salesforce/blip-image-captioning-large",
    "blip-image-captioning-base": "Salesforce/blip-image-captioning-base",
    "blip2-opt-2.7b": "Salesforce/blip2-opt-2.7b",
}
NO_MODEL = "none (trigger word and prefix only)"
BATCH = 4


class BlipCaptioner(io.ComfyNode):
    """Captions pictures with BLIP or BLIP-2."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema(
            node_id="BlipCaptioner",
            display_name="BLIP Captioner",
            category=CATEGORY,
            description="Describes each picture in words with BLIP or BLIP-2, for pictures that have no .txt "
            "caption, and adds a trigger word to all. The model is downloaded into ComfyUI/models/blip on first use.",
            search_aliases=["caption", "blip2", "trigger word"],
            is_input_list=True,  # all styles together, so that the model is loaded once
            inputs=[
                LoraDataset.Input("dataset", tooltip="Pictures from DatasetLoader."),
                io.Combo.Input(
                    "model",
                    options=[*downloadable("blip", REPOSITORIES), NO_MODEL],
                    tooltip="The paper used BLIP-2 (blip2-opt-2.7b, 15 GB). BLIP large (1.9 GB) describes buildings "
                    "nearly as well. Not loaded if every picture has a caption.",
                ),
                io.String.Input(
                    "trigger_word",
                    default="",
                    tooltip="A made-up word such as 'bauhs' put before each caption, to call the style by later. "
                    "Empty: none.",
                ),
                io.String.Input(
                    "prefix",
                    default="",
                    tooltip="Words the caption should begin with, such as 'a photo of a building'. BLIP continues from "
                    "there.",
                ),
                io.Combo.Input(
                    "existing_captions",
                    options=["keep", "overwrite"],
                    tooltip="keep: pictures with a .txt caption stay as they are. overwrite: all are captioned again; "
                    "the old captions are kept in a folder captions_before_1, 2, ... beside the pictures.",
                ),
                io.Boolean.Input(
                    "save_captions",
                    default=True,
                    tooltip="Write new captions as .txt files beside the pictures, so that they can be read and "
                    "corrected.",
                ),
            ],
            outputs=[
                LoraDataset.Output(
                    "captioned",
                    display_name="dataset",
                    is_output_list=True,
                    tooltip="The pictures with their captions.",
                ),
                io.String.Output(
                    "report", display_name="report", is_output_list=True, tooltip="Each picture's caption."
                ),
                io.Image.Output(
                    "overview",
                    display_name="overview",
                    is_output_list=True,
                    tooltip="The pictures with their captions; validation pictures are framed.",
                ),
            ],
        )

    @classmethod
    @checked
    def execute(
        cls,
        dataset: list[StyleDataset],
        model: list[str],
        trigger_word: list[str],
        prefix: list[str],
        existing_captions: list[str],
        save_captions: list[bool],
    ) -> io.NodeOutput:
        overwrite = existing_captions[0] == "overwrite"
        spoken = {
            picture.path: picture.caption
            for style in dataset
            for picture in style.pictures
            if picture.caption and not overwrite
        }
        silent = [picture.path for style in dataset for picture in style.pictures if picture.path not in spoken]
        copies = {folder: folder / unused_copies_folder(folder) for folder in {path.parent for path in silent}}
        notes: dict[Path, str] = {}
        shortages: list[str] = []
        for path, text in _captions(silent, model[0], prefix[0], shortages.append):
            spoken[path] = text
            if save_captions[0] and model[0] != NO_MODEL:
                notes |= _save(path, text, overwrite, copies[path.parent].name)
        captioned = [_captioned(style, spoken, trigger_word[0]) for style in dataset]
        kept = {folder for folder in copies.values() if folder.is_dir()}
        reports = [_report(style, set(silent), model[0], shortages, notes, kept) for style in captioned]
        return io.NodeOutput(captioned, reports, [from_pil(contact_sheet(style)) for style in captioned])

    @classmethod
    def validate_inputs(cls, model: list[str | None]) -> bool | str:
        """Says before a dataset is read if the model cannot be loaded."""
        return model[0] == NO_MODEL or refused(model[0], "blip", REPOSITORIES, BLIP)

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> int:
        """Changes when the files of a model that was used do. Pictures and captions are their loader's to follow."""
        return number(cls, inputs)


def _captions(paths: list[Path], model: str, prefix: str, told: Callable[[str], None]) -> Iterator[tuple[Path, str]]:
    """Each picture's caption as soon as it is known, so that a cancelled run keeps what it has written."""
    if not paths or model == NO_MODEL:
        yield from ((path, prefix) for path in paths)
        return
    BLIP.require()
    folder = ensure_model("blip", model, REPOSITORIES)
    show = progress.progress_bar()
    with device.borrowed() as place, contextlib.closing(Captioner(folder, place, told=told)) as captioner:
        for start in range(0, len(paths), BATCH):
            progress.raise_if_interrupted()
            batch = paths[start : start + BATCH]
            yield from zip(batch, captioner.captions([open_picture(path) for path in batch], prefix), strict=True)
            show(start + len(batch), len(paths), None)


def _save(path: Path, text: str, overwrite: bool, copies: str) -> dict[Path, str]:
    """A remark if the caption could not be saved; it is used nevertheless."""
    try:
        write_caption(path, text, overwrite=overwrite, copies=copies)
    except (CaptionError, RunError) as error:
        shown = error_in_words(error)
        return {path: f"The caption of {shown_name(path)} is used but was not saved: {shown}"}
    return {}


def _captioned(style: StyleDataset, spoken: dict[Path, str], trigger_word: str) -> StyleDataset:
    """The style with its captions after the trigger word.

    Raises:
        CaptionError: a picture's caption is empty after all.
    """
    captions = {picture.path: compose_caption(spoken[picture.path], trigger_word) for picture in style.pictures}
    empty = [path for path, caption in captions.items() if not caption]
    if empty:
        raise CaptionError(
            f"No caption for {shown_name(empty[0])} in {style.folder}: give a trigger word or prefix, or pick a model."
        )
    return style.with_captions(captions)


def _report(
    style: StyleDataset,
    silent: set[Path],
    model: str,
    shortages: Sequence[str],
    notes: dict[Path, str],
    kept: set[Path],
) -> str:
    lines = [f"{shown_name(picture.path)}: {picture.caption}" for picture in style.pictures]
    new = sum(picture.path in silent for picture in style.pictures)
    remarks = [notes[picture.path] for picture in style.pictures if picture.path in notes]
    own = {picture.path.parent for picture in style.pictures}
    copies = [
        f"The captions that were replaced are in {folder.name}." for folder in sorted(kept) if folder.parent in own
    ]
    return "\n".join(
        [f"{style.name}: {new} of {len(lines)} pictures captioned by {model}.", *shortages, *copies, *remarks, *lines]
    )
