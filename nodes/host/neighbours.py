"""What else a graph writes: two nodes that would write to one place are refused before the first of them runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from ...lora_core.errors import RunError
from ...lora_core.names import as_on_any_disk, quoted

Prompt = Mapping[str, Mapping[str, Any]]
"""A graph in API format: class_type and inputs by the node's id."""


def check_neighbours(prompt: Prompt) -> None:
    """Checks the names that are typed into the trainers and pickers of a graph.

    Raises:
        RunError: two trainers would train different things in one run, or two pickers write one file.
    """
    for (first, mine), (second, theirs) in combinations(_nodes(prompt, "LoRATrainer"), 2):
        name = _typed_in_both(mine, theirs, "run_name")
        one_name = "{style}" not in name or mine.get("dataset") == theirs.get("dataset")
        if name and one_name and mine != theirs:
            raise RunError(
                f"Two LoRA Trainers in this graph (nodes {first} and {second}) have the run name {quoted(name)}, but "
                "other inputs. Give each run a name of its own."
            )
    for (first, mine), (second, theirs) in combinations(_nodes(prompt, "CheckpointPicker"), 2):
        name = _typed_in_both(mine, theirs, "file_name")
        if name and mine.get("run") != theirs.get("run"):
            raise RunError(
                f"Two Checkpoint Pickers in this graph (nodes {first} and {second}) would write the file "
                f"{quoted(name)}. Give each a file name of its own, or leave it empty."
            )


def _nodes(prompt: Prompt, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((name, node.get("inputs", {})) for name, node in prompt.items() if node.get("class_type") == kind)


def _typed_in_both(mine: Mapping[str, Any], theirs: Mapping[str, Any], name: str) -> str:
    """The text that two inputs have in common; empty if there is none, or if one comes from another node."""
    one, other = mine.get(name), theirs.get(name)
    if not isinstance(one, str) or not isinstance(other, str):
        return ""
    one, other = one.strip(), other.strip()
    return one if as_on_any_disk(one) == as_on_any_disk(other) else ""
