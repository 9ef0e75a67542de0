"""dev.py templates"""

from __future__ import annotations

import argparse

from .commands import inside

ABOUT = """
Opens each example workflow in ComfyUI's front end, writes what that exports, as a workflow and in API form, and takes a
screenshot. The workflows are edited in the front end: change one there, export it to example_workflows, and run this.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = ABOUT.strip()
    parser.add_argument("--keep-pictures", action="store_true", help="take no screenshots")


@inside
def run(arguments: argparse.Namespace) -> int:
    from .templates import write_templates

    write_templates(pictures=not arguments.keep_pictures)
    return 0
