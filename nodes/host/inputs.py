"""Every input of every node is checked before the node works with it.

ComfyUI checks ranges and choices of what is typed into a node, but not in every version, not what another node sends,
and not NaN from an API caller. Here everything is checked, in one place, against the node's own schema.
"""

from __future__ import annotations

import functools
import inspect
import math
import numbers
from collections.abc import Callable, Sequence
from typing import Any

from comfy_api.latest import io

from ...lora_core.dataset.style import StyleDataset
from ...lora_core.errors import AtelierError, ConfigError
from ...lora_core.names import quoted, why_not_text
from .plain_words import error_in_words, in_words
from .sockets import LoraDataset, TrainingRun, TrainingRunSocket

_OWN_TYPES = {LoraDataset.io_type: StyleDataset, TrainingRunSocket.io_type: TrainingRun}

Execute = Callable[..., io.NodeOutput]


def checked(execute: Execute) -> Execute:
    """A node's `execute` that checks its inputs first, and whose errors don't show the server's paths."""
    return checked_but()(execute)


def checked_but(*may_be_empty: str) -> Callable[[Execute], Execute]:
    """The same for a node that has better words than ours for nothing arriving at these inputs."""
    return lambda execute: _checked(execute, may_be_empty)


def _checked(execute: Execute, may_be_empty: Sequence[str]) -> Execute:
    @functools.wraps(execute)
    def run(cls: type[io.ComfyNode], **inputs: Any) -> io.NodeOutput:
        try:
            arrived = {name: each for name, each in inputs.items() if each is not None or name not in may_be_empty}
            check_inputs(cls, arrived)
            output = execute(cls, **inputs)
        except (AtelierError, OSError) as error:
            raise error_in_words(error) from error
        if isinstance(output.ui, dict):
            output.ui = in_words(output.ui)
        return output

    return run


def check_inputs(node: type[io.ComfyNode], inputs: dict[str, Any]) -> None:
    """Checks a node's inputs against its schema. Choices among the arguments of `validate_inputs` are left to the node.

    Raises:
        ConfigError: an input is missing, of the wrong type, out of its range or not one of its choices.
    """
    schema = node.define_schema()
    judged_there = inspect.signature(node.validate_inputs).parameters
    for each in schema.inputs:
        if each.id not in inputs or (inputs[each.id] is None and each.optional):
            continue
        values = inputs[each.id] if schema.is_input_list else [inputs[each.id]]
        if not values:
            raise ConfigError(f"{each.id} got nothing. Connect or set it.")
        for value in values:
            _check(each, value, isinstance(each, io.Combo.Input) and each.id in judged_there)


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raises ConfigError, naming the choices, unless the value is one of them."""
    if not isinstance(value, str) or value not in choices:
        shown = ", ".join(map(repr, choices[:20])) or "nothing, since there is nothing to choose from"
        raise ConfigError(f"{name} must be one of {shown}, got {quoted(value)}.")


def _check(each: io.Input, value: Any, judged_by_node: bool) -> None:
    if value is None:
        raise ConfigError(f"{each.id} got nothing. Connect it, or see why the node before it returned nothing.")
    if isinstance(each, io.Combo.Input):
        if not judged_by_node:
            check_choice(each.id, value, each.options)
    elif isinstance(each, io.String.Input):
        if reason := why_not_text(value):
            raise ConfigError(f"{each.id} {reason}. Type it again.")
    elif isinstance(each, io.Boolean.Input):
        if not isinstance(value, (bool, int)) or value not in (True, False):
            raise ConfigError(f"{each.id} must be on or off, got {quoted(value)}.")
    elif isinstance(each, (io.Int.Input, io.Float.Input)):
        _check_number(each, value)
    elif not isinstance(value, _OWN_TYPES.get(each.get_io_type(), object)):
        raise ConfigError(f"{each.id} must come from a node of LoRA Atelier, got {type(value).__name__}.")


def _check_number(each: Any, value: Any) -> None:
    kind, what = (numbers.Integral, "a whole number") if isinstance(each, io.Int.Input) else (numbers.Real, "a number")
    if not isinstance(value, kind) or isinstance(value, bool) or not math.isfinite(value):
        raise ConfigError(f"{each.id} must be {what}, got {quoted(value)}.")
    if not each.min <= value <= each.max:
        raise ConfigError(f"{each.id} must be from {each.min} to {each.max}, got {quoted(value)}.")
