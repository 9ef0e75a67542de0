"""The pocket LoRAs of the paper's five styles: python -m pocket.pretraining.loras FOLDER --comfyui DIR

Draws each style's pictures, trains on them as `python -m lora_core train` does, with validation, and writes the epoch
that validates lowest as a small file beside the pocket model. What was drawn and the runs stay in FOLDER, where an
interrupted call goes on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lora_core import cli
from lora_core.dataset.captions import write_caption

from ..drawing import STYLES
from ..drawing.facades import draw
from ..model import POCKET_MODEL, SIDE, pocket_lora

PICTURES, HELD_OUT = 64, 1 / 8
"""Of a style, as the paper has them; the same as DrawnDataset's. And the share of them to validate with."""
RECIPE = {
    "rank": 4,
    "alpha": 4,
    "epochs": 60,
    "batch-size": 4,
    "learning-rate": 1e-3,
    "layers": "all",
    "preview-every-epochs": 0,
    "precision": "float32",
}
"""What differs from the paper's, by the flags of `python -m lora_core train`."""


def main() -> None:
    """Makes the files that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="keeps the pictures and the runs")
    parser.add_argument("--comfyui", type=Path, required=True, help="a ComfyUI checkout: CLIP's tokenizer")
    parser.add_argument("--model", type=Path, default=POCKET_MODEL, help="the model, if not the one that is shipped")
    parser.add_argument("--out", type=Path, default=POCKET_MODEL.parent, help="where the files go")
    parser.add_argument("--styles", nargs="+", choices=STYLES, default=STYLES)
    parser.add_argument("--pictures", type=int, default=PICTURES, help="of each style")
    parser.add_argument("--epochs", type=int, default=RECIPE["epochs"])
    asked = parser.parse_args()
    for style in asked.styles:
        out = asked.out / pocket_lora(style).name
        _call("export", train(style, asked), "--dtype", "float16", "--out", out)
        print(f"{out}: {out.stat().st_size:,} bytes")


def train(style: str, asked: argparse.Namespace) -> Path:
    """Trains on a style, or goes on with it; the folder of the run."""
    run: Path = asked.folder / "runs" / style
    if (run / "run.json").exists():
        _call("resume", run, "--device", "cpu")
        return run
    settings = {
        "data": draw_style(asked.folder / "datasets" / style, style, asked.pictures),
        "runs": run.parent,
        "resolution": SIDE,
        "validation-count": round(HELD_OUT * asked.pictures),
        "model": asked.model,
        "tokenizer": asked.comfyui,
        "device": "cpu",
        **RECIPE,
        "epochs": asked.epochs,
    }
    _call("train", *(f"--{name}={value}" for name, value in settings.items()))
    return run


def draw_style(folder: Path, style: str, pictures: int) -> Path:
    """Draws the style's pictures with their captions, those that are not there yet; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(pictures):
        picture = folder / f"{style}_{number + 1:03d}.png"
        if not picture.with_suffix(".txt").exists():
            facade = draw(style, number, (SIDE, SIDE))
            facade.image.save(picture)
            write_caption(picture, facade.caption, overwrite=True)
    return folder


def _call(*command: object) -> None:
    if cli.main([str(part) for part in command]):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
