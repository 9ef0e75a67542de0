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

from . import example_parts as parts
from .comfyui import find_checkout
from .console import Failure, plain_output, say, timed
from .example_parts import BLUE, GREEN, GREY, MODELS, ORANGE, PURPLE
from .home import make_home, remove_home
from .places import ROOT
from .server import ComfyServer
from .sheet import Sheet
from .workflow import ObjectInfo, Workflow

FOLDER = ROOT / "example_workflows"

POCKET_SIDE = 128
POCKET_ALPHA = 16.0
"""A scale of 1, at which the loss falls, lies flat, rises within the paper's 200 epochs. The paper names no alpha."""
POCKET_PREVIEW_STEPS = 12
POCKET_CFG = 4.0
POCKET_PROMPT = "a three-storey plaster house with large windows in front of a lawn under a clear blue sky in summer"


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
    base = parts.base_model(sheet)
    captioned = parts.pictures(sheet, "bauhaus")
    sheet.group("2  Train", ORANGE)
    sheet.column(520)
    trained = parts.trainer(sheet, base, captioned)
    sheet.group("3  Find the stopping point", GREEN)
    picked = parts.stopping_point(
        sheet, trained["run"], "lora_atelier/validation_loss", model=base["MODEL"], clip=base["CLIP"]
    )
    parts.with_and_without(sheet, base, picked, "building")
    return sheet.to_json()


def learn_without_a_gpu(info: ObjectInfo) -> Workflow:
    """Drawn pictures → LoRA on the pocket model → validation loss → the same prompt with and without the style."""
    sheet = Sheet("learn_without_a_gpu", info)
    sheet.group("1  Pocket model and drawn pictures", BLUE)
    sheet.column(400)
    sheet.note(
        "What to do",
        "**The whole loop in minutes, without a graphics card**\n\n"
        "Press **Run**. Nothing has to be downloaded: **Pocket Model Loader** gives a very small model that knows "
        "ordinary drawn buildings, and **Drawn Dataset** draws 64 pictures of a style that it does not know.\n\n"
        "1. Watch the curves grow in **LoRA Trainer**: 200 epochs, 2,800 steps, the paper's recipe, with an *alpha* of "
        "16.\n"
        "2. The validation loss falls, then rises: from there on the LoRA learns the 56 pictures by heart.\n"
        "3. **Checkpoint Picker** goes back to the best epoch and says why. Click on its curve to try another one.\n"
        "4. Group 4 shows the same prompt and seed with the style and without it.\n\n"
        "Then choose another *style*, or go on with **train_a_style**: the same graph for photographs and Stable "
        "Diffusion 1.5.",
        440,
    )
    base = sheet.add("PocketModelLoader")
    dataset = sheet.add("DrawnDataset", height=400)
    captioned = parts.captioned(sheet, dataset)
    sheet.group("2  Train", ORANGE)
    sheet.column(520)
    trained = parts.trainer(sheet, base, captioned, alpha=POCKET_ALPHA, preview_steps=POCKET_PREVIEW_STEPS)
    sheet.group("3  Find the stopping point", GREEN)
    picked = parts.stopping_point(
        sheet, trained["run"], "lora_atelier/pocket_validation_loss", model=base["MODEL"], clip=base["CLIP"]
    )
    size = {"width": POCKET_SIDE, "height": POCKET_SIDE, "batch_size": 4}
    parts.with_and_without(sheet, base, picked, POCKET_PROMPT, size, prefix="lora_atelier/pocket_", cfg=POCKET_CFG)
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
    base = parts.base_model(sheet)
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
    photo, mask = parts.building(sheet)
    sheet.group("3  Lines and depth", GREY)
    sheet.column(400)
    controls = parts.lines_and_depth(sheet, photo)
    sheet.group("4  Restyle", PURPLE)
    restyled = parts.restyle(sheet, base, photo, mask, controls, picked["lora"])
    sheet.column(640)
    parts.save(sheet, restyled, "The building in the style", "lora_atelier/restyled")
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
    base = parts.base_model(sheet)
    captioned = parts.pictures(sheet, "five_styles")
    sheet.group("2  Train five LoRAs", ORANGE)
    sheet.column(520)
    trained = parts.trainer(sheet, base, captioned)
    sheet.group("3  Five stopping points", GREEN)
    picked = parts.stopping_point(sheet, trained["run"], "lora_atelier/five_styles/validation_loss")
    sheet.group("4  One building", BLUE)
    sheet.column(400)
    photo, mask = parts.building(sheet)
    sheet.column(400)
    controls = parts.lines_and_depth(sheet, photo)
    sheet.group("5  Five styles", PURPLE)
    restyled = parts.restyle(sheet, base, photo, mask, controls, picked["lora"])
    sheet.column(640)
    parts.save(sheet, restyled, "One building, five styles", "lora_atelier/five_styles/restyled")
    return sheet.to_json()


WORKFLOWS: dict[str, Callable[[ObjectInfo], Workflow]] = {
    "learn_without_a_gpu": learn_without_a_gpu,
    "train_a_style": train_a_style,
    "restyle_a_building": restyle_a_building,
    "five_styles": five_styles,
}


def text_of(workflow: Workflow) -> str:
    """The file's content."""
    return json.dumps(workflow, indent=1, ensure_ascii=False) + "\n"


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
