"""dev.py templates"""

from __future__ import annotations

import argparse

from .commands import inside

ABOUT = """
Opens each example workflow in ComfyUI's front end, writes what that exports, as a workflow and in API form, and draws
the cards of the template browser. The workflows are edited in the front end: change one there, export it to
example_workflows, and run this.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = ABOUT.strip()


@inside
def run(arguments: argparse.Namespace) -> int:
    from .templates import write_templates

    write_templates()
    return 0
