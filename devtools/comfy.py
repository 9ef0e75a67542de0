"""ComfyUI with the pack in the foreground, until Ctrl+C: python -m devtools.comfy, in the environment."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .comfyui import find_checkout
from .console import Failure, plain_output, say, timed
from .home import development_home, offer_checkpoint
from .server import ComfyServer
from .standins import Standins


def main() -> int:
    plain_output()
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8188)
    parser.add_argument("--standins", action="store_true")
    parser.add_argument("--checkpoint", type=Path)
    arguments = parser.parse_args()
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


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        sys.exit(1)
