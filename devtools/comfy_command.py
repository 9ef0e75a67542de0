"""dev.py comfy"""

from __future__ import annotations

import argparse

from .commands import in_environment


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8188, help="port on 127.0.0.1 (default 8188)")
    parser.add_argument("--standins", action="store_true", help="put stand-in models (random weights) into models/")
    parser.add_argument("--checkpoint", metavar="FILE", help="a Stable Diffusion 1.5 checkpoint to offer")


def run(arguments: argparse.Namespace) -> int:
    options = ["--port", str(arguments.port)]
    if arguments.standins:
        options.append("--standins")
    if arguments.checkpoint:
        options += ["--checkpoint", arguments.checkpoint]
    return in_environment("devtools.comfy", options)
