"""The browser's types of runs as the server sends them, from the Python classes: `python -m devtools.view_types`."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from lora_core.dataset.gallery import GalleryEntry
from lora_core.dataset.sides import Sides
from lora_core.library.details import Comparison, RunDetails
from lora_core.library.heat import HeatMap
from lora_core.library.shelf import Listing
from lora_core.queue.listing import QueueListing
from lora_core.record.view import RunView
from lora_core.settings import field_sentences
from nodes.host.messages import EpochMessage, NoteMessage, ProgressMessage, RunMessage, SavedCheckpoint

from .places import ROOT

_WRITTEN = "Written from {} by `python -m devtools.view_types`. */\n"
FILES: dict[Path, tuple[str, tuple[type, ...]]] = {
    ROOT / "web" / "chart" / "run_view.d.ts": (
        "/** A run as the server sends it. " + _WRITTEN.format("lora_core/record/view.py"),
        (RunView,),
    ),
    ROOT / "web" / "chart" / "messages.d.ts": (
        "/** What the server tells the pages of a training. " + _WRITTEN.format("nodes/host/messages.py"),
        (RunMessage, ProgressMessage, EpochMessage, NoteMessage, SavedCheckpoint),
    ),
    ROOT / "web" / "captions" / "pictures.d.ts": (
        "/** The pictures of a folder as the server lists them. " + _WRITTEN.format("lora_core/dataset"),
        (GalleryEntry, Sides),
    ),
    ROOT / "web" / "library" / "library.d.ts": (
        "/** Runs as the server lists and compares them. " + _WRITTEN.format("lora_core/library and queue"),
        (Listing, RunDetails, Comparison, HeatMap, QueueListing),
    ),
}
"""Each file's heading, and the classes that it and what they refer to are written from."""
_SCALARS = {int: "number", float: "number", str: "string", bool: "boolean", type(None): "null"}


def declarations(heading: str, kinds: tuple[type, ...]) -> str:
    """A whole file."""
    interfaces: dict[str, str] = {}
    for kind in kinds:
        _declare(kind, interfaces)
    return "\n".join([heading, *interfaces.values()])


def _declare(kind: type, into: dict[str, str]) -> str:
    """The name of a class's interface, or of an enumeration's type, added to `into` with everything it needs."""
    if kind.__name__ not in into:
        into[kind.__name__] = ""  # comes before those that it needs
        into[kind.__name__] = _enumeration(kind) if issubclass(kind, Enum) else _interface(kind, into)
    return kind.__name__


def _enumeration(kind: type[Enum]) -> str:
    values = " | ".join(f'"{each.value}"' for each in kind)
    return f"{_comment(kind.__doc__)}export type {kind.__name__} = {values};\n"


def _interface(kind: type, into: dict[str, str]) -> str:
    base = next((base for base in kind.__bases__ if is_dataclass(base)), None)
    inherited = {field.name for field in fields(base)} if base else set()
    extends = f" extends {_declare(base, into)}" if base else ""
    hints, about = get_type_hints(kind), field_sentences(kind)
    lines = [f"{_comment(kind.__doc__)}export interface {kind.__name__}{extends} {{"]
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name not in inherited:
            lines.append(f"{_comment(about.get(field.name), '  ')}  {field.name}: {_type(hints[field.name], into)};")
    return "\n".join([*lines, "}\n"])


def _type(hint: Any, into: dict[str, str]) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _SCALARS:
        return _SCALARS[hint]
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin in (Union, types.UnionType):
        return " | ".join(dict.fromkeys(_type(argument, into) for argument in arguments))
    if origin is tuple:
        return f"[{', '.join(_type(argument, into) for argument in arguments)}]"
    if origin is list:
        of = _type(arguments[0], into)
        return f"({of})[]" if " | " in of else f"{of}[]"
    if is_dataclass(hint) or issubclass(hint, Enum):
        return _declare(hint, into)
    raise TypeError(f"{hint} has no counterpart in TypeScript here.")


def _comment(text: str | None, indent: str = "") -> str:
    return f"{indent}/** {' '.join(text.replace('None', 'null').split())} */\n" if text else ""


if __name__ == "__main__":
    for target, contents in FILES.items():
        target.write_text(declarations(*contents), encoding="utf-8")
        print(target)
