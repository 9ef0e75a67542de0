"""Node BlipCaptioner: writes the captions that are missing."""

from __future__ import annotations

from pathlib import Path

from comfy_api.latest import io

from ..lora_core.blip import Captioner
from ..lora_core.captions import compose_caption, write_caption
from ..lora_core.dataset import StyleDataset
from ..lora_core.errors import RunError
from ..lora_core.pictures import open_picture
from . import comfy_bridge
from .model_folder import downloadable, ensure_model
from .sockets import CATEGORY, LoraDataset, schema

REPOSITORIES = {
    "blip-image-captioning-large": "Salesforce/blip-image-captioning-large",
    "blip-image-captioning-base": "Salesforce/blip-image-captioning-base",
    "blip2-opt-2.7b": "Salesforce/blip2-opt-2.7b",
}


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
            inputs=[
                LoraDataset.Input("dataset", tooltip="Pictures from DatasetLoader."),
                io.Combo.Input(
                    "model",
                    options=downloadable("blip", REPOSITORIES),
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
                    tooltip="Words the caption shall begin with, such as 'a photo of a building'. BLIP goes on from "
                    "there.",
                ),
                io.Combo.Input(
                    "existing_captions",
                    options=["keep", "overwrite"],
                    tooltip="keep: pictures with a .txt caption stay as they are. overwrite: all are captioned anew.",
                ),
                io.Boolean.Input(
                    "save_captions",
                    default=True,
                    tooltip="Write new captions as .txt files beside the pictures, so that they can be read and "
                    "corrected.",
                ),
            ],
            outputs=[
                LoraDataset.Output("captioned", display_name="dataset", tooltip="The pictures with their captions."),
                io.String.Output("report", display_name="report", tooltip="Each picture's caption."),
            ],
        )

    @classmethod
    def execute(
        cls,
        dataset: StyleDataset,
        model: str,
        trigger_word: str,
        prefix: str,
        existing_captions: str,
        save_captions: bool,
    ) -> io.NodeOutput:
        spoken = {picture.path: picture.caption for picture in dataset.pictures if picture.caption}
        if existing_captions == "overwrite":
            spoken = {}
        silent = [picture.path for picture in dataset.pictures if picture.path not in spoken]
        notes = []
        if silent:
            captions = _caption(silent, model, prefix)
            spoken |= captions
            if save_captions:
                notes = _save(captions)
        captioned = dataset.with_captions(
            {path: compose_caption(text, trigger_word, "") for path, text in spoken.items()}
        )
        lines = [f"{picture.path.name}: {picture.caption}" for picture in captioned.pictures]
        heading = f"{captioned.name}: {len(silent)} of {len(lines)} pictures captioned by {model}."
        return io.NodeOutput(captioned, "\n".join([heading, *notes, *lines]))


def _caption(paths: list[Path], model: str, prefix: str) -> dict[Path, str]:
    captioner = Captioner(ensure_model("blip", model, REPOSITORIES), comfy_bridge.device())
    show = comfy_bridge.progress_bar()
    captions = {}
    try:
        for done, path in enumerate(paths):
            comfy_bridge.raise_if_interrupted()
            show(done, len(paths), None)
            captions[path] = captioner.caption(open_picture(path), prefix)
    finally:
        captioner.close()
    return captions


def _save(captions: dict[Path, str]) -> list[str]:
    try:
        for path, text in captions.items():
            write_caption(path, text)
    except RunError as error:
        return [f"Captions are used but could not be saved: {error}"]
    return []
