"""Draws docs/images/pocket_samples.png, what the pocket model makes of captions: python -m devtools.pocket_samples"""

from __future__ import annotations

import sys

import torch
from PIL import Image

from lora_core.config import PreviewConfig
from lora_core.model.disk import load_base_model
from lora_core.training.preview import draw_preview
from pocket.drawing import VERNACULAR
from pocket.drawing.facades import draw
from pocket.model import POCKET_MODEL, SIDE

from .comfyui import find_checkout
from .console import plain_output, say
from .places import ROOT

PICTURE = ROOT / "docs" / "images" / "pocket_samples.png"
ROWS, COLUMNS = 4, 8
SHOWN, GAP = 160, 6
FIRST_SEED = 5_000
"""Seeds of the captions: buildings that the model was not trained on."""
STEPS, GUIDANCE = 30, 3.5


def main() -> int:
    """Samples a grid, with one caption for each picture."""
    plain_output()
    base = load_base_model(POCKET_MODEL, str(find_checkout().folder), torch.float32)
    cell = SHOWN + GAP
    sheet = Image.new("RGB", (COLUMNS * cell + GAP, ROWS * cell + GAP), "white")
    for place in range(ROWS * COLUMNS):
        caption = draw(VERNACULAR, FIRST_SEED + place, (SIDE, SIDE)).caption
        recipe = PreviewConfig(prompt=caption, steps=STEPS, guidance=GUIDANCE, seed=place)
        picture = draw_preview(base, recipe, SIDE, torch.device("cpu"), lambda: None)
        row, column = divmod(place, COLUMNS)
        shown = picture.resize((SHOWN, SHOWN), Image.Resampling.LANCZOS)
        sheet.paste(shown, (GAP + column * cell, GAP + row * cell))
    sheet.save(PICTURE)
    say(f"  {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
