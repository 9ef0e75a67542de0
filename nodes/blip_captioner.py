"""Node BlipCaptioner: writes the captions that are missing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comfy_api.latest import io

from ..lora_core.dataset.building_captions import describe_buildings
from ..lora_core.dataset.captions import compose_caption, write_caption
from ..lora_core.dataset.contact_sheet import contact_sheet
from ..lora_core.dataset.overwriting import Overwriting
from ..lora_core.dataset.pictures import open_picture
from ..lora_core.dataset.style import StyleDataset
from ..lora_core.dataset.style_words import read_words, without_words
from ..lora_core.errors import CaptionError, RunError
from ..lora_core.names import shown_name
from ..lora_core.outline import outline
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
    "blip2-flan-t5-xl": "Salesforce/blip2-flan-t5-xl",
    "blip2-flan-t5-xxl": "Salesforce/blip2-flan-t5-xxl",
}
NO_MODEL = "none (trigger word and prefix only)"
BATCH = 4
DESCRIBE = ("as the model sees it", "materials, openings, roof, setting")


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
                LoraDataset.Input("dataset", tooltip="The pictures to describe, from Dataset Loader."),
                io.Combo.Input(
                    "model",
                    options=[*downloadable("blip", REPOSITORIES), NO_MODEL],
                    tooltip="The paper used BLIP-2 (blip2-opt-2.7b, 15 GB). BLIP large (1.9 GB) describes buildings "
                    "nearly as well. blip2-flan-t5-xl (16 GB) and blip2-flan-t5-xxl (49 GB) answer questions best. Not "
                    "loaded if every picture has a caption.",
                ),
                io.String.Input(
                    "trigger_word",
                    default="",
                    tooltip="A made-up word such as 'bauhs' put before each caption: in a prompt it then calls the "
                    "style. A real word brings its own look along. Empty: the style comes without being "
                    "called.",
                ),
                io.String.Input(
                    "prefix",
                    default="",
                    tooltip="Words that each new caption begins with, such as 'a photo of a building'. BLIP "
                    "continues from there, so they steer what it describes. Empty: it begins by itself.",
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
                    tooltip="On: new captions are written as .txt files beside the pictures, so that they can be "
                    "read and corrected. Off: nothing is written, and they are gone when ComfyUI is "
                    "closed.",
                ),
                io.String.Input(
                    "leave_out",
                    default="",
                    optional=True,
                    tooltip="Words that new captions must not name, with commas between them, such as 'art deco': what "
                    "all pictures share is left to the trigger word. {style} is the dataset's name.",
                ),
                io.Combo.Input(
                    "describe",
                    options=list(DESCRIBE),
                    optional=True,
                    tooltip="as the model sees it: one sentence. materials, openings, roof, setting: for "
                    "buildings. BLIP-2 is asked about each of them as well, and BLIP continues a sentence "
                    "about each. Takes five times as long.",
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
        leave_out: list[str] | None = None,
        describe: list[str] | None = None,
    ) -> io.NodeOutput:
        wanted = _Wanted(model[0], prefix[0], (leave_out or [""])[0], (describe or [DESCRIBE[0]])[0])
        overwrite, saves = existing_captions[0] == "overwrite", save_captions[0] and model[0] != NO_MODEL
        styles = {picture.path: style.name for style in dataset for picture in style.pictures}
        spoken = {
            picture.path: picture.caption
            for style in dataset
            for picture in style.pictures
            if picture.caption and not overwrite
        }
        silent = [path for path in styles if path not in spoken]
        begun = {}
        if overwrite and saves:
            begun = {folder: Overwriting(folder, str(wanted)) for folder in {path.parent for path in silent}}
            spoken |= {path: text for path in silent if (text := begun[path.parent].written(path))}
        notes: dict[Path, str] = {}
        shortages: list[str] = []
        for path, said in _captions([path for path in silent if path not in spoken], wanted, shortages.append):
            spoken[path] = text = wanted.without_style(said, styles[path])
            if saves:
                notes |= _save(path, text, begun.get(path.parent))
        for each in begun.values():
            each.finish()
        captioned = [_captioned(style, spoken, trigger_word[0]) for style in dataset]
        kept = {copies for folder, each in begun.items() if (copies := folder / each.copies).is_dir()}
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


@dataclass(frozen=True)
class _Wanted:
    """What decides what a new caption says."""

    model: str
    prefix: str
    leave_out: str
    describe: str

    def without_style(self, said: str, style: str) -> str:
        """A caption without the words that are to be left out, unless nothing else is in it."""
        return (self.model != NO_MODEL and without_words(said, read_words(self.leave_out, style))) or said


def _captions(paths: list[Path], wanted: _Wanted, told: Callable[[str], None]) -> Iterator[tuple[Path, str]]:
    """Each picture's caption as soon as it is known, so that a cancelled run keeps what it has written."""
    if not paths or wanted.model == NO_MODEL:
        yield from ((path, wanted.prefix) for path in paths)
        return
    BLIP.require()
    folder = ensure_model("blip", wanted.model, REPOSITORIES)
    describe = Captioner.captions if wanted.describe == DESCRIBE[0] else describe_buildings
    show = progress.progress_bar()
    with device.borrowed() as place, contextlib.closing(Captioner(folder, place, told=told)) as captioner:
        for start in range(0, len(paths), BATCH):
            progress.raise_if_interrupted()
            batch = paths[start : start + BATCH]
            captions = describe(captioner, [open_picture(path) for path in batch], wanted.prefix)
            yield from zip(batch, captions, strict=True)
            show(start + len(batch), len(paths), None)


def _save(path: Path, text: str, overwriting: Overwriting | None) -> dict[Path, str]:
    """A remark if the caption could not be saved; it is used nevertheless."""
    try:
        write_caption(path, text, overwrite=overwriting is not None, copies=overwriting.copies if overwriting else None)
        if overwriting:
            overwriting.add(path)
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
    title = f"{style.name}: {new} of {len(lines)} pictures captioned by {model}."
    return outline(title, [*shortages, *copies, *remarks, *lines])
