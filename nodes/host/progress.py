"""The running node's progress bar, and Cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import comfy.model_management
from comfy_execution.utils import get_executing_context
from PIL import Image


def prompt_id() -> str:
    """The id of the prompt that the running node belongs to."""
    context = get_executing_context()
    return context.prompt_id if context else ""


def node_id() -> str:
    """The id of the node that ComfyUI runs, or asks for its fingerprint."""
    context = get_executing_context()
    return context.node_id if context else ""


def raise_if_interrupted() -> None:
    """Raises ComfyUI's own exception after the user pressed Cancel."""
    comfy.model_management.throw_exception_if_processing_interrupted()


def progress_bar() -> Callable[[float, float, Image.Image | None], None]:
    """A function (value, total, picture or None) that moves the running node's own progress bar."""
    from comfy_api.latest import ComfyAPISync

    api = ComfyAPISync()

    def show(value: float, total: float, picture: Image.Image | None = None) -> None:
        api.execution.set_progress(value, total, preview_image=picture)

    return show


def one_by_one(function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """The function's result for every item, showing progress and honouring Cancel in between."""
    show = progress_bar()
    results = []
    for item in items:
        raise_if_interrupted()
        results.append(function(item))
        show(len(results), len(items), None)
    return results
