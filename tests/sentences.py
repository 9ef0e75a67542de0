"""The sentences that the pack's Python code can say, as they stand in its source: what varies in them is filled in.

`python tests/sentences.py` prints them with their places.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT, NUMBER = "'щось'", "7"
"""What is filled in: where it is text by its look in the source, and elsewhere. A number passes for a text, too."""

_TEXTUAL = re.compile(r"quoted\(|shown_name\(|names\(|join\(|listed|\.name\b|!r")
# Texts of the interface, which locales/ translates; of the command line; and what only programmers see.
_KEYWORDS = {"tooltip", "description", "display_name", "help", "epilog", "search_aliases"}
_CALLS = re.compile(r"^(_?log(ger|ging)?\.|_LOG\.|warnings\.|print$|re\.|_console\.)")
_DEFECTS = {"ValueError", "TypeError", "AssertionError", "LookupError", "NotImplementedError", "RuntimeError"}


@dataclass(frozen=True)
class Sentence:
    """Something that may be said, or a part of it."""

    place: str
    """Module and line."""
    text: str

    @property
    def module(self) -> str:
        return self.place.split(":")[0]


def sentences_in(source: str, module: str, least: int = 3) -> Iterator[Sentence]:
    """The texts of so many words or more in a module, those inside others too, without what is not said to users."""
    tree = ast.parse(source)
    constants = _constants(tree)
    unsaid = {id(inner) for node in ast.walk(tree) for outer in _unsaid(node) for inner in ast.walk(outer)}
    for node in ast.walk(tree):
        if id(node) in unsaid or not isinstance(node, (ast.Constant, ast.JoinedStr)):
            continue
        text = _filled(node, constants).strip(" ,;:\n")
        if len(re.findall(r"[A-Za-z]{2,}", text)) >= least and " " in text:
            yield Sentence(f"{module}:{node.lineno}", text)


def _constants(tree: ast.Module) -> dict[str, str]:
    """The texts that have a name of their own in a module."""
    assigned = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    return {
        target.id: str(node.value.value)
        for node in assigned
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Constant)
    }


def _unsaid(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that hold no sentence, or one that is part of a longer one."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value  # a docstring
    elif isinstance(node, ast.keyword) and node.arg in _KEYWORDS:
        yield node.value
    elif isinstance(node, ast.Call) and _CALLS.match(ast.unparse(node.func)):
        yield from node.args
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and ast.unparse(node.exc.func) in _DEFECTS:
        yield node.exc
    elif isinstance(node, ast.JoinedStr):
        yield from (value for value in node.values if isinstance(value, ast.Constant))
        yield from (
            value.format_spec for value in node.values if isinstance(value, ast.FormattedValue) and value.format_spec
        )


def _filled(node: ast.expr, constants: Mapping[str, str]) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_filled(value, constants) for value in node.values)
    assert isinstance(node, ast.FormattedValue)
    shown = ast.unparse(node.value)
    if shown in constants:
        return constants[shown]
    if node.format_spec is not None and ast.unparse(node.format_spec).endswith("%'"):
        return f"{NUMBER}%"
    return TEXT if node.conversion == ord("r") or _TEXTUAL.search(shown) else NUMBER


@functools.cache
def all_sentences(least: int = 3) -> list[Sentence]:
    """Those of the shipped code, of so many words or more."""
    found = []
    for path in sorted(path for folder in ("lora_core", "nodes") for path in (ROOT / folder).rglob("*.py")):
        module = path.relative_to(ROOT).as_posix()
        found += sentences_in(path.read_text(encoding="utf-8"), module, least)
    return found


def main() -> None:
    for each in all_sentences():
        sys.stdout.write(f"{each.place}  {each.text}\n")


if __name__ == "__main__":
    main()
