"""dev.py demo"""

from __future__ import annotations

import argparse

from .commands import in_environment

ABOUT = """
From nothing but Python to pictures: makes the environment, fetches ComfyUI, builds stand-in models, cuts a small
dataset out of real photographs, and then runs the two example workflows in a real ComfyUI, made smaller so that two
CPU cores need minutes: caption, train, validate, pick, restyle.

The stand-ins have the exact shape of Stable Diffusion 1.5 and random weights: everything works as with the real model,
and the pictures are noise. --checkpoint trains a real one.

A second demo starts at once: environment, models and pictures are kept. It trains a new run (demo-2, demo-3, ...) from
the start; a run that was stopped is gone on with instead, unless --new is given.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = ABOUT.strip()
    parser.add_argument("--checkpoint", metavar="FILE", help="a real Stable Diffusion 1.5 checkpoint to train")
    parser.add_argument("--new", action="store_true", help="begin a new run even if the last one was stopped")
    parser.add_argument("--keep", action="store_true", help="leave ComfyUI running at the end, until Ctrl+C")
    parser.add_argument("--port", type=int, help="port on 127.0.0.1 (default: 8188 with --keep, otherwise a free one)")


def run(arguments: argparse.Namespace) -> int:
    options = [f"--{name}" for name in ("new", "keep") if getattr(arguments, name)]
    if arguments.checkpoint:
        options += ["--checkpoint", arguments.checkpoint]
    if arguments.port:
        options += ["--port", str(arguments.port)]
    return in_environment("devtools.demo", options)
