"""Where the command line finds the pictures and the base model of a run again."""

from __future__ import annotations

import argparse
from dataclasses import replace

from .errors import RunError
from .names import is_on_another_computer, quoted
from .record.run_file import Origin, RunFile


def find_origin(run: RunFile, options: argparse.Namespace, in_comfyui: str) -> Origin:
    """What run.json names, unless --data, --model or --tokenizer name something else.

    A run.json may be a stranger's: a place on another computer, which Windows would send the user's login, is looked
    at only if the user names it.

    Args:
        run: to be gone on with.
        options: of the command, with these three.
        in_comfyui: what to do instead with a run that was started there, a sentence.

    Raises:
        RunError: it was started in ComfyUI, or run.json names another computer.
    """
    if run.origin is None:
        raise RunError(f"The run {run.name!r} was started in ComfyUI. {in_comfyui}")
    origin = run.origin
    data = str(options.data.resolve()) if options.data else _on_this_computer(run, "data", origin.data)
    model = str(options.model.resolve()) if options.model else _on_this_computer(run, "model", origin.model)
    tokenizer = options.tokenizer or (origin.tokenizer and _on_this_computer(run, "tokenizer", origin.tokenizer))
    return replace(origin, data=data, model=model, tokenizer=tokenizer)


def _on_this_computer(run: RunFile, name: str, place: str) -> str:
    if is_on_another_computer(place):
        raise RunError(
            f"The run.json of the run {run.name!r} names {quoted(place)} as its {name}. It is on another computer, "
            f"which would be sent your login. If you trust it, name it yourself: --{name} {place}"
        )
    return place
