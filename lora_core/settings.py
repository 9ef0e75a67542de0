"""Settings: fields of frozen dataclasses with a default, limits and a sentence, from which the interfaces are made."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, get_args, get_type_hints

from .errors import ConfigError


@dataclass(frozen=True)
class Limits:
    """The values that a setting may have. The command line and the node's inputs are made from them too."""

    least: float | None = None
    above: float | None = None
    most: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, name: str, value: Any) -> None:
        """Raises ConfigError unless the value is within the limits."""
        if self.choices and value not in self.choices:
            raise ConfigError(f"{name} must be one of {', '.join(self.choices)}, got {value!r}.")
        if isinstance(value, (int, float)) and not self._holds(value):
            raise ConfigError(f"{name} must be {self}, got {value}.")

    def _holds(self, value: float) -> bool:
        return (
            (self.least is None or value >= self.least)
            and (self.above is None or value > self.above)
            and (self.most is None or value <= self.most)
            and (self.below is None or value < self.below)
            and math.isfinite(value)
        )

    def __str__(self) -> str:
        lower = f"above {self.above:g}" if self.above is not None else f"at least {self.least or 0:g}"
        if self.most is None and self.below is None:
            return lower
        upper = f"to {self.most:g}" if self.most is not None else f"to below {self.below:g}"
        return f"from {self.least or 0:g} {upper}"


def setting(default: Any, **limits: Any) -> Any:
    """A field of a recipe with its default and its `Limits`; the text below it says what it does."""
    return field(default=default, metadata={"limits": Limits(**limits)})


def limits_of(section: type, name: str) -> Limits:
    """The limits of a setting; none for a switch or a text."""
    found: Limits = section.__dataclass_fields__[name].metadata.get("limits", Limits())  # type: ignore[attr-defined]
    return found


class Section:
    """A part of the recipe, checked on construction."""

    def __post_init__(self) -> None:
        for name in get_type_hints(type(self)):
            limits_of(type(self), name).check(name, getattr(self, name))


def section_from_json(section: type, name: str, data: Any) -> Any:
    """A section of a recipe, called `name` in errors; a missing setting takes its default.

    Raises:
        ConfigError: an unknown setting, a value of the wrong type, or one out of its range.
    """
    if not isinstance(data, dict):
        raise ConfigError(f"{name} must be a group of settings, got {data!r}.")
    hints = get_type_hints(section)
    check_names(data, hints, name)
    return section(**{key: _typed(f"{name}.{key}", value, hints[key]) for key, value in data.items()})


def check_names(data: Iterable[str], allowed: Iterable[str], where: str) -> None:
    """Raises ConfigError if a setting or a section in `where` has a name that is not allowed."""
    unknown = sorted(set(data) - set(allowed))
    if unknown:
        raise ConfigError(f"{where} has no setting {', '.join(unknown)}; it has {', '.join(sorted(allowed))}.")


def field_sentences(kind: type) -> dict[str, str]:
    """The texts below the fields of a class, by field; a field may have none."""
    return {
        field.target.id: inspect.cleandoc(str(text.value.value))
        for field, text in itertools.pairwise(_classes(kind.__module__)[kind.__name__].body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


@functools.cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    """The classes of a module as they are written, by name."""
    written = ast.parse(inspect.getsource(sys.modules[module])).body
    return {each.name: each for each in written if isinstance(each, ast.ClassDef)}


def _typed(name: str, value: Any, kind: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    accepted = get_args(kind) or (kind,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
        raise ConfigError(f"{name} must be of type {kind.__name__}, got {value!r}.")
    return value
