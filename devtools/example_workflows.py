"""Writes the example workflows: python -m devtools.example_workflows, in the environment.

They are drawn here and not by hand, so that every widget starts with the node's own default (the paper's recipe) and
every link fits the nodes as they are. A change of a node is followed by running this again; a test compares.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .comfyui import find_checkout
from .console import Failure, plain_output, say, timed
from .home import make_home, remove_home
from .places import ROOT
from .server import ComfyServer
from .sheet import Output, Placed, Sheet
from .workflow import ObjectInfo, Workflow

FOLDER = ROOT / "example_workflows"

HUGGING_FACE = "https://huggingface.co"
CONTROL_NETS = f"{HUGGING_FACE}/comfyanonymous/ControlNet-v1-1_fp16_safetensors/resolve/main"
CHECKPOINT = {
    "name": "v1-5-pruned-emaonly-fp16.safetensors",
    "url": f"{HUGGING_FACE}/Comfy-Org/stable-diffusion-v1-5-archive/resolve/main/v1-5-pruned-emaonly-fp16.safetensors",
    "directory": "checkpoints",
}
LINEART = {
    "name": "control_v11p_sd15_lineart_fp16.safetensors",
    "url": f"{CONTROL_NETS}/control_v11p_sd15_lineart_fp16.safetensors",
    "directory": "controlnet",
}
DEPTH = {
    "name": "control_v11f1p_sd15_depth_fp16.safetensors",
    "url": f"{CONTROL_NETS}/control_v11f1p_sd15_depth_fp16.safetensors",
    "directory": "controlnet",
}
SAMPLING = {
    "seed": 0,
    "seed: control_after_generate": "fixed",
    "steps": 20,
    "cfg": 7.5,
    "sampler_name": "dpmpp_2m",
    "scheduler": "karras",
}
CAPTIONS, DEPTH_MODEL = "blip-image-captioning-large", "Depth-Anything-V2-Small-hf"
MODELS = (CHECKPOINT, LINEART, DEPTH)
MEGAPIXELS = 0.38  # 768 x 512

BLUE, GREEN, ORANGE, PURPLE, GREY = "#3f789e", "#4f7f52", "#a1662f", "#6c5a9c", "#5b6470"


def train_a_style(info: ObjectInfo) -> Workflow:
    """Pictures → captions → LoRA → validation loss → the same prompt with and without the style."""
    sheet = Sheet("train_a_style", info)
    sheet.group("1  Pictures", BLUE)
    sheet.column(400)
    sheet.note(
        "What to do",
        "**Train a LoRA on a style of buildings**\n\n"
        "1. Put about **64 clean pictures** of one style into a folder inside **ComfyUI/datasets** and press **R**.\n"
        "2. Choose that folder in **Dataset Loader**. 8 pictures are held out and never trained on.\n"
        "3. Press **Run** and watch the curves grow in **LoRA Trainer**. *Cancel* loses nothing: the next Run goes on "
        "from there.\n"
        "4. **Checkpoint Picker** takes the epoch with the lowest validation loss and puts its LoRA into "
        "**models/loras**. Click on its curve to choose another one.\n\n"
        "All values are the paper's recipe: 200 epochs, 2,800 steps.",
        390,
    )
    base = _base_model(sheet)
    captioned = _pictures(sheet, "bauhaus")
    sheet.group("2  Train", ORANGE)
    sheet.column(520)
    trained = _trainer(sheet, base, captioned)
    sheet.group("3  Find the stopping point", GREEN)
    picked = _stopping_point(
        sheet, trained["run"], "lora_atelier/validation_loss", model=base["MODEL"], clip=base["CLIP"]
    )
    sheet.group("4  See the style", PURPLE)
    sheet.column(340)
    prompt = sheet.add("PrimitiveStringMultiline", "Prompt", height=120, grows=True, value="building")
    styled = _encode(sheet, picked["CLIP"], prompt["STRING"], "with the style")
    latent = sheet.add("EmptyLatentImage", height=120)
    plain = _encode(sheet, base["CLIP"], prompt["STRING"], "without it")
    sheet.column(340)
    with_style = _sample(sheet, picked["MODEL"], styled, latent["LATENT"], "Sample with the style", grows=True)
    with_style = sheet.add("VAEDecode", height=60, samples=with_style, vae=base["VAE"])["IMAGE"]
    without = _sample(sheet, base["MODEL"], plain, latent["LATENT"], "Sample without it", grows=True)
    without = sheet.add("VAEDecode", height=60, samples=without, vae=base["VAE"])["IMAGE"]
    sheet.column(520)
    _save(sheet, with_style, "With the style", "lora_atelier/with_style")
    _save(sheet, without, "Without it: same prompt, same seed", "lora_atelier/without_style")
    return sheet.to_json()


def restyle_a_building(info: ObjectInfo) -> Workflow:
    """A photograph, its lines and its depth, a trained style and a soft mask → the building in that style."""
    sheet = Sheet("restyle_a_building", info)
    sheet.group("1  Style", GREEN)
    sheet.column(400)
    sheet.note(
        "What to do",
        "**Give a building the style you trained**\n\n"
        "1. **Training Run Loader** opens the run trained last; choose another one there.\n"
        "2. Load a **photograph** of the building and a **soft mask** of the same shape: white where new pixels may "
        "come, black where the photograph stays, grey for a soft passage. No mask? Delete that node.\n"
        "3. Write the prompt in **Styled ControlNet Apply** and press **Run**. Begin it with the trigger word if the "
        "style was trained with one.\n\n"
        "The lines and the depth of the photograph hold the composition.",
        360,
    )
    base = _base_model(sheet)
    run = sheet.add("TrainingRunLoader")
    sheet.note(
        "Models",
        "ComfyUI offers to download what is missing:\n\n"
        + "".join(f"- **models/{model['directory']}**: [{model['name']}]({model['url']})\n" for model in MODELS)
        + "\nDepth Map fetches its own model (100 MB) on first use.",
        220,
        grows=True,
    )
    sheet.column(520)
    picked = sheet.add("CheckpointPicker", height=610, run=run["run"])
    sheet.add("PreviewAny", "Why this epoch", height=150, grows=True, source=picked["reason"])
    sheet.group("2  Building", BLUE)
    sheet.column(400)
    photo, mask = _building(sheet)
    sheet.group("3  Lines and depth", GREY)
    sheet.column(400)
    controls = _lines_and_depth(sheet, photo)
    sheet.group("4  Restyle", PURPLE)
    restyled = _restyle(sheet, base, photo, mask, controls, picked["lora"])
    sheet.column(640)
    _save(sheet, restyled, "The building in the style", "lora_atelier/restyled")
    return sheet.to_json()


def five_styles(info: ObjectInfo) -> Workflow:
    """The paper in one graph: five folders → five LoRAs → five curves → one building in five styles."""
    sheet = Sheet("five_styles", info)
    sheet.group("1  Five folders", BLUE)
    sheet.column(400)
    sheet.note(
        "What to do",
        "**The paper's experiment in one graph**\n\n"
        "1. Make a folder of five folders in **ComfyUI/datasets**, about **64 pictures** each, and press **R**:\n\n"
        "```\n"
        "five_styles/\n"
        "    Bauhaus/\n"
        "    Deconstructivist Architecture/\n"
        "    Parametric Architecture/\n"
        "    Renaissance/\n"
        "    Neoclassical Architecture/\n"
        "```\n\n"
        "2. Load a **photograph** and its **soft mask** in group 4.\n"
        "3. Press **Run**. Dataset Loader gives one dataset a folder, and every node after it runs once for each: five "
        "trainings, five curves, five pictures. *Cancel* loses nothing.",
        450,
    )
    base = _base_model(sheet)
    captioned = _pictures(sheet, "five_styles")
    sheet.group("2  Train five LoRAs", ORANGE)
    sheet.column(520)
    trained = _trainer(sheet, base, captioned)
    sheet.group("3  Five stopping points", GREEN)
    picked = _stopping_point(sheet, trained["run"], "lora_atelier/five_styles/validation_loss")
    sheet.group("4  One building", BLUE)
    sheet.column(400)
    photo, mask = _building(sheet)
    sheet.column(400)
    controls = _lines_and_depth(sheet, photo)
    sheet.group("5  Five styles", PURPLE)
    restyled = _restyle(sheet, base, photo, mask, controls, picked["lora"])
    sheet.column(640)
    _save(sheet, restyled, "One building, five styles", "lora_atelier/five_styles/restyled")
    return sheet.to_json()


WORKFLOWS: dict[str, Callable[[ObjectInfo], Workflow]] = {
    "train_a_style": train_a_style,
    "restyle_a_building": restyle_a_building,
    "five_styles": five_styles,
}


def text_of(workflow: Workflow) -> str:
    """The file's content."""
    return json.dumps(workflow, indent=1, ensure_ascii=False) + "\n"


# Parts that the sheets share


def _base_model(sheet: Sheet) -> Placed:
    return sheet.add(
        "CheckpointLoaderSimple", "Stable Diffusion 1.5", models=[CHECKPOINT], ckpt_name=CHECKPOINT["name"]
    )


def _pictures(sheet: Sheet, folder: str) -> Output:
    """The captioned dataset, with what was found beside it in words and pictures."""
    dataset = sheet.add("DatasetLoader", height=200, folder=folder)
    captioned = sheet.add("BlipCaptioner", height=220, grows=True, dataset=dataset["dataset"], model=CAPTIONS)
    sheet.column(460)
    sheet.add("PreviewImage", "Pictures and captions", height=600, grows=True, images=captioned["overview"])
    sheet.add("PreviewAny", "What was found", height=300, source=dataset["report"])
    return captioned["dataset"]


def _trainer(sheet: Sheet, base: Placed, dataset: Output) -> Placed:
    sockets = {"model": base["MODEL"], "clip": base["CLIP"], "vae": base["VAE"], "dataset": dataset}
    return sheet.add("LoRATrainer", height=1130, grows=True, **sockets)


def _stopping_point(sheet: Sheet, run: Output, prefix: str, **sockets: Output) -> Placed:
    """The curves, the picked epoch, the figure as a file and the reason in words."""
    sheet.column(520)
    plot = sheet.add("ValidationLossPlot", height=460, run=run)
    picked = sheet.add("CheckpointPicker", height=610, grows=True, run=run, **sockets)
    sheet.column(460)
    sheet.add("SaveImage", "Save the figure", height=460, images=plot["plot"], filename_prefix=prefix)
    sheet.add("PreviewAny", "Why this epoch", height=200, grows=True, source=picked["reason"])
    return picked


def _encode(sheet: Sheet, clip: Output, prompt: Output, which: str) -> tuple[Output, Output]:
    positive = sheet.add("CLIPTextEncode", f"Prompt, {which}", height=130, clip=clip, text=prompt)
    negative = sheet.add("CLIPTextEncode", f"Negative prompt, {which}", height=130, clip=clip)
    return positive["CONDITIONING"], negative["CONDITIONING"]


def _sample(
    sheet: Sheet, model: Output, prompts: tuple[Output, Output], latent: Output, title: str | None = None, **size: Any
) -> Output:
    positive, negative = prompts
    sockets = {"model": model, "positive": positive, "negative": negative, "latent_image": latent}
    return sheet.add("KSampler", title, **sockets, **SAMPLING, **size)["LATENT"]


def _save(sheet: Sheet, image: Output, title: str, prefix: str) -> None:
    sheet.add("SaveImage", title, height=400, grows=True, images=image, filename_prefix=prefix)


def _building(sheet: Sheet) -> tuple[Output, Output]:
    """The photograph at the size that SD 1.5 was made for, and the soft mask."""
    loaded = sheet.add("LoadImage", "Photograph", height=380, grows=True, image="theatre.png")
    photo = sheet.add(
        "ImageScaleToTotalPixels",
        "Size for SD 1.5",
        image=loaded["IMAGE"],
        upscale_method="lanczos",
        megapixels=MEGAPIXELS,
    )
    mask = sheet.add("LoadImageMask", "Soft mask", height=380, grows=True, image="theatre_mask.png", channel="red")
    return photo["IMAGE"], mask["MASK"]


def _lines_and_depth(sheet: Sheet, photo: Output) -> dict[str, Output]:
    lineart = sheet.add("LineartMap", image=photo)
    sheet.add("PreviewImage", "Lines", height=220, grows=True, images=lineart["lineart"])
    depth = sheet.add("DepthMap", image=photo, model=DEPTH_MODEL)
    sheet.add("PreviewImage", "Depth", height=220, grows=True, images=depth["depth"])
    lineart_net = sheet.add(
        "ControlNetLoader", "ControlNet Lineart", models=[LINEART], control_net_name=LINEART["name"]
    )
    depth_net = sheet.add("ControlNetLoader", "ControlNet Depth", models=[DEPTH], control_net_name=DEPTH["name"])
    return {
        "lineart_control_net": lineart_net["CONTROL_NET"],
        "lineart": lineart["lineart"],
        "depth_control_net": depth_net["CONTROL_NET"],
        "depth": depth["depth"],
    }


def _restyle(
    sheet: Sheet, base: Placed, photo: Output, mask: Output, controls: dict[str, Output], lora: Output
) -> Output:
    sheet.column(400)
    sockets = {"model": base["MODEL"], "clip": base["CLIP"], "vae": base["VAE"], "photo": photo, **controls}
    applied = sheet.add("StyledControlNetApply", height=600, soft_mask=mask, lora=lora, **sockets)
    sheet.note(
        "If it is not right yet",
        "- **Too little style**: raise *lora_strength*, or pick a later epoch.\n"
        "- **Too far from the building**: raise *lineart_strength* and *depth_strength*.\n"
        "- **Too close to it**: lower them.\n"
        "- **Good, but not this one**: another *seed* in KSampler.",
        200,
        grows=True,
    )
    sheet.column(340)
    prompts = applied["positive"], applied["negative"]
    latent = _sample(sheet, applied["MODEL"], prompts, applied["latent"])
    return sheet.add("VAEDecode", height=60, samples=latent, vae=base["VAE"])["IMAGE"]


def main() -> int:
    plain_output()
    home = make_home(Path(tempfile.mkdtemp(prefix="atelier-examples-")))
    try:
        with timed("Asking ComfyUI about its nodes"), ComfyServer(find_checkout(), home, offline=True) as server:
            info: dict[str, Any] = server.object_info()
    finally:
        remove_home(home)
    FOLDER.mkdir(exist_ok=True)
    for name, draw in WORKFLOWS.items():
        path = FOLDER / f"{name}.json"
        path.write_text(text_of(draw(info)), encoding="utf-8", newline="\n")
        say(f"  {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        sys.exit(1)
