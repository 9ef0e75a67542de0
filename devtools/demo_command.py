"""dev.py demo"""

from __future__ import annotations

import argparse
from pathlib import Path

from .commands import inside

STYLES = ("bauhaus", "deconstructivist", "parametric", "renaissance", "neoclassical")
ABOUT = """
From a bare Python to a style: makes the environment, fetches ComfyUI, and runs the example workflow
learn_without_a_gpu in it at full length: 64 drawn pictures, 200 epochs with validation, the best epoch picked, and
pictures with and without the style. Then restyle_without_a_gpu draws one building in five styles. With the pocket
model this takes minutes on two CPU cores.

--checkpoint FILE trains a real Stable Diffusion 1.5 instead, on pieces of real photographs, and restyles a building,
at a smaller size so that two CPU cores need only minutes. --standin does the same with stand-ins that have the exact
shape of Stable Diffusion 1.5 and random weights: everything works as with the real model, but the pictures are noise.

A second demo starts at once: environment, models and pictures are kept, and so is a finished run on the pocket model.
A run that was stopped is resumed. --new trains from the start.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = ABOUT.strip()
    parser.add_argument("--style", choices=STYLES, default=STYLES[0], help="what is drawn (default: %(default)s)")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="a real Stable Diffusion 1.5 to train")
    parser.add_argument("--standin", action="store_true", help="train a model of random weights in SD 1.5's shape")
    parser.add_argument("--new", action="store_true", help="start a new run, whatever the state of the last one")
    parser.add_argument("--keep", action="store_true", help="leave ComfyUI running at the end, until Ctrl+C")
    parser.add_argument("--port", type=int, help="port on 127.0.0.1 (default: 8188 with --keep, otherwise a free one)")


@inside
def run(arguments: argparse.Namespace) -> int:
    from .demo import show

    return show(arguments)
