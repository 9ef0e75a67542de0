#!/usr/bin/env python3
"""Everything a developer does with LoRA Atelier: python dev.py test, python dev.py demo, python dev.py --help.

Starts with the standard library alone, on any Python from 3.10, and makes its own environment under .dev.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 10):  # noqa: UP036 - this file is run by whatever Python a machine has
    sys.exit("LoRA Atelier needs Python 3.10 or newer: run dev.py with a newer one than " + sys.version.split()[0])

import argparse
import importlib

from devtools.console import Failure, plain_output

# A command is a module with `configure(parser)` and `run(arguments) -> exit code`. It is imported only when it runs
# and may import nothing but the standard library and devtools; what needs the environment goes through
# devtools.commands.in_environment.
COMMANDS = {
    "test": ("devtools.checks", "run every check: ruff, mypy, the front end's types, pytest"),
    "demo": ("devtools.demo_command", "train, pick and restyle in a real ComfyUI, from nothing to pictures"),
    "comfy": ("devtools.comfy_command", "start ComfyUI with the pack, to develop in"),
    "bench": ("devtools.bench_command", "measure: the benchmarks in tests/benchmarks"),
    "gpu": ("devtools.gpu_command", "check and measure training on the GPU at hand"),
    "stacks": ("devtools.stacks_command", "install the pack's requirements as users do and see what changes"),
    "matrix": ("devtools.matrix_command", "run the tests with the oldest and the newest packages, on every Python"),
    "registry": ("devtools.registry_command", "check what is published, with the registry's tools and the Manager"),
    "templates": ("devtools.templates_command", "rewrite the example workflows with the real front end"),
    "env": ("devtools.env_command", "make the development environment and nothing else"),
    "format": ("devtools.format_command", "let ruff fix and format the Python sources"),
}


def main() -> int:
    plain_output()
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description=__doc__.splitlines()[0],
        epilog="Variables: ATELIER_DEV_DIR (where the environment and the models go, default .dev), COMFYUI_DIR (your "
        "own ComfyUI checkout instead of 0.3.75), FRONTEND_DIR (another front end), ATELIER_CPU=1 (do not use a GPU).",
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    for name, (_, about) in COMMANDS.items():
        commands.add_parser(name, help=about, add_help=False)
    chosen = parser.parse_args(sys.argv[1:2]).command
    module, about = COMMANDS[chosen]
    command = importlib.import_module(module)
    own = argparse.ArgumentParser(prog=f"dev.py {chosen}", description=f"{about[0].upper()}{about[1:]}.")
    command.configure(own)
    arguments = own.parse_args(sys.argv[2:])
    try:
        return int(command.run(arguments))
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
