"""dev.py comfy: ComfyUI with the pack in the foreground, until Ctrl+C."""

from __future__ import annotations

import argparse
from pathlib import Path

from .comfyui import find_checkout
from .commands import inside
from .console import say, timed
from .home import development_home, offer_checkpoint
from .server import ComfyServer
from .standins import Standins


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8188, help="port on 127.0.0.1 (default 8188)")
    parser.add_argument("--standins", action="store_true", help="put stand-in models (random weights) into models/")
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="a Stable Diffusion 1.5 checkpoint to make available"
    )


@inside
def run(arguments: argparse.Namespace) -> int:
    checkout = find_checkout()
    home = development_home(checkout.version)
    if arguments.standins:
        Standins(checkout).install(home)
    if arguments.checkpoint:
        say(f"Checkpoint: {offer_checkpoint(home, arguments.checkpoint)}")
    log = home / "comfyui.log"
    log.unlink(missing_ok=True)
    server = ComfyServer(checkout, home, log=log, port=arguments.port)
    with timed(f"Starting ComfyUI {checkout.version}"):
        server.start()
    say(f"\n  {server.address}\n\nModels, pictures and results: {home}\nCtrl+C stops it.\n")
    return server.serve()
