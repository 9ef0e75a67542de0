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

import numpy as np
from comfy_api.latest import io

from ...lora_core.dataset.style import StyleDataset
from ...lora_core.errors import AtelierError, ConfigError
from ...lora_core.names import quoted, why_not_text
from ...lora_core.restyle.dial_path import DialSteps
from ...lora_core.sheet.grid import Grid
from .plain_words import error_in_words, in_words
from .seeds import LARGEST_SEED
from .sockets import DialStepsSocket, LoraDataset, SheetGrid, TrainingRun, TrainingRunSocket

_OWN_TYPES = {
    LoraDataset.io_type: StyleDataset,
    SheetGrid.io_type: Grid,
    DialStepsSocket.io_type: DialSteps,
    TrainingRunSocket.io_type: TrainingRun,
}


def _has(name: str) -> Callable[[Any], bool]:
    return lambda value: hasattr(value, name)


_RIGHT: dict[str, Callable[[Any], bool]] = {
    io.Image.io_type: lambda value: getattr(value, "ndim", 0) == 4,
    io.Mask.io_type: lambda value: getattr(value, "ndim", 0) in (2, 3, 4),
    io.Model.io_type: _has("model_options"),
    io.Clip.io_type: _has("tokenize"),
    io.Vae.io_type: _has("decode"),
    io.ControlNet.io_type: _has("set_cond_hint"),
    io.ClipVision.io_type: _has("encode_image"),
    io.LoraModel.io_type: lambda value: isinstance(value, dict) and all(map(_has("ndim"), value.values())),
}
"""Whether a value is of a type of ComfyUI's, by what such values have: other packs have classes of their own."""

Execute = Callable[..., io.NodeOutput]


def checked(execute: Execute) -> Execute:
    """A node's `execute` that checks its inputs first, and whose errors don't show the server's paths."""
    return checked_but()(execute)


def checked_but(*may_be_empty: str, ranges: bool = True) -> Callable[[Execute], Execute]:
    """The same for a node with words of its own for some of it.

    Args:
        may_be_empty: inputs at which nothing may arrive.
        ranges: whether the ranges that the interface offers hold for numbers from other nodes too.
    """
    return lambda execute: _checked(execute, may_be_empty, ranges)


def _checked(execute: Execute, may_be_empty: Sequence[str], ranges: bool) -> Execute:
    @functools.wraps(execute)
    def run(cls: type[io.ComfyNode], **inputs: Any) -> io.NodeOutput:
        try:
            arrived = {name: each for name, each in inputs.items() if name not in may_be_empty or _arrived(each)}
            output = execute(cls, **{**inputs, **check_inputs(cls, arrived, ranges)})
        except (AtelierError, OSError) as error:
            raise error_in_words(error) from error
        if isinstance(output.ui, dict):
            output.ui = in_words(output.ui)
        return output

    return run


def _arrived(value: Any) -> bool:
    """Whether anything came, alone or, at a node that takes lists, in a list."""
    return any(each is not None for each in value) if isinstance(value, list) else value is not None


def check_inputs(node: type[io.ComfyNode], inputs: dict[str, Any], ranges: bool = True) -> dict[str, Any]:
    """A node's inputs, checked against its schema; numbers as Python's own.

    Inputs that are not there are ComfyUI's to complain about, and choices among the arguments of `validate_inputs` are
    left to the node.

    Raises:
        ConfigError: an input is of the wrong type, out of its range or not one of its choices.
    """
    schema = node.define_schema()
    judged_there = inspect.signature(node.validate_inputs).parameters
    found = dict(inputs)
    for each in schema.inputs:
        if each.id not in inputs or (inputs[each.id] is None and each.optional):
            continue
        values = inputs[each.id] if schema.is_input_list else [inputs[each.id]]
        if not values:
            raise ConfigError(f"{each.id} got nothing. Connect or set it.")
        by_node = isinstance(each, io.Combo.Input) and each.id in judged_there
        right = [value if by_node and value is not None else _check(each, value, ranges) for value in values]
        found[each.id] = right if schema.is_input_list else right[0]
    return found


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raises ConfigError, naming the choices, unless the value is one of them."""
    if not isinstance(value, str) or value not in choices:
        shown = ", ".join(map(repr, choices[:20])) or "nothing, since there is nothing to choose from"
        raise ConfigError(f"{name} must be one of {shown}, got {quoted(value)}.")


def check_both(one: str, value: object, other: str, other_value: object) -> None:
    """Raises ConfigError if only one of two inputs that need one another is connected."""
    if (value is None) != (other_value is None):
        have, lack = (other, one) if value is None else (one, other)
        raise ConfigError(f"{have} is connected but {lack} is not. Connect both or neither.")


def _check(each: io.Input, value: Any, ranges: bool) -> Any:
    if value is None:
        raise ConfigError(f"{each.id} got nothing. Connect it, or see why the node before it returned nothing.")
    if isinstance(each, io.Combo.Input):
        check_choice(each.id, value, each.options)
    elif isinstance(each, io.String.Input):
        if reason := why_not_text(value):
            raise ConfigError(f"{each.id} {reason}. Type it again.")
    elif isinstance(each, io.Boolean.Input):
        return _switch(each, value)
    elif isinstance(each, (io.Int.Input, io.Float.Input)):
        return _number(each, value, ranges)
    elif not isinstance(value, _OWN_TYPES.get(each.get_io_type(), object)):
        raise ConfigError(f"{each.id} must come from a node of LoRA Atelier, got {type(value).__name__}. Connect one.")
    elif (right := _RIGHT.get(each.get_io_type())) and not right(value):
        raise ConfigError(f"{each.id} must be of type {each.get_io_type()}, got {type(value).__name__}. Connect one.")
    return value


def _switch(each: io.Input, value: Any) -> bool:
    if not isinstance(value, (bool, int, np.bool_)) or value not in (True, False):
        raise ConfigError(f"{each.id} must be on or off, got {quoted(value)}.")
    return bool(value)


def _number(each: Any, value: Any, ranges: bool) -> int | float:
    whole = isinstance(each, io.Int.Input)
    if not isinstance(value, numbers.Real) or isinstance(value, bool) or not math.isfinite(value):
        raise ConfigError(f"{each.id} must be {'a whole number' if whole else 'a number'}, got {quoted(value)}.")
    if whole and value != int(value):
        raise ConfigError(f"{each.id} must be a whole number, got {quoted(value)}.")
    most = LARGEST_SEED if each.id == "seed" else each.max
    if ranges and not each.min <= value <= most:
        raise ConfigError(f"{each.id} must be from {each.min} to {most}, got {quoted(value)}.")
    return int(value) if whole else float(value)
