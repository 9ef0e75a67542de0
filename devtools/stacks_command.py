"""dev.py stacks"""

from __future__ import annotations

import argparse

from .commands import in_environment
from .stack_table import STACKS

ABOUT = """
Installs the pack's requirements into environments like those of users, by `pip install -r` and line by line as
ComfyUI-Manager does, and stops before each line. After each call of pip, every package that was there must still have
its version, and transformers must import. Then ComfyUI is started with the pack in it, and the pocket model is trained,
plotted, picked from and exported; without matplotlib, `plot` must say so. Fails if any version changed or anything
broke. torch is linked, not installed again; all of it takes about half an hour.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = ABOUT.strip()
    parser.add_argument("names", nargs="*", metavar="STACK", help=f"of these: {', '.join(s.name for s in STACKS)}")
    parser.add_argument("--requirements", metavar="FILE", help="a file to use instead of the pack's requirements.txt")
    parser.add_argument("--json", metavar="FILE", help="where to write the table as JSON")
    parser.add_argument("--install-only", action="store_true", help="neither start ComfyUI nor train")
    parser.add_argument("--plan", action="store_true", help="only ask pip what it would do: half a minute for them all")


def run(arguments: argparse.Namespace) -> int:
    options = list(arguments.names)
    for name in ("requirements", "json"):
        if getattr(arguments, name):
            options += [f"--{name}", getattr(arguments, name)]
    options += ["--install-only"] * arguments.install_only + ["--plan"] * arguments.plan
    return in_environment("devtools.stacks", options)
