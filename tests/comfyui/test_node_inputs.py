"""What saved workflows consist of: node ids, the order, names, types, ranges and defaults of inputs, and outputs.

node_inputs.json was taken from the first release. An input may be added at the end; nothing in the file may change.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comfyui.harness import ComfyServer

FROZEN: dict[str, Any] = json.loads((Path(__file__).parent / "node_inputs.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def info(comfy: ComfyServer) -> dict[str, Any]:
    return comfy.object_info()


def now(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Type and options of each input that GET /object_info tells of."""
    found = {}
    for name, (kind, *rest) in {**definition["input"]["required"], **definition["input"].get("optional", {})}.items():
        options = rest[0] if rest else {}
        if isinstance(kind, list):  # how older cores tell a combo
            options, kind = {**options, "options": kind}, "COMBO"
        found[name] = {"type": kind, **options}
    return found


ESSENTIAL = {"DatasetLoader", "LoRATrainer", "CheckpointPicker", "StyledControlNetApply"}
SPEAKING = {"DatasetLoader", "DrawnDataset", "DrawnBuilding", "BuildingDial", "RestylePassport", "SheetCells"}
"""Nodes that show something though no picture or file of theirs is an end of a graph; and StyledControlNetApply."""


def test_newer_versions_list_the_essential_nodes_and_keep_what_others_say(info: dict[str, Any]) -> None:
    ours = {name: node for name, node in info.items() if node["category"] == "LoRA Atelier"}
    if not any("has_intermediate_output" in node for node in info.values()):
        assert not any("essentials_category" in node for node in ours.values())
        pytest.skip("this ComfyUI knows neither")
    assert {name for name, node in ours.items() if node.get("essentials_category")} == ESSENTIAL
    kept = {name for name, node in ours.items() if node["has_intermediate_output"]}
    assert kept == SPEAKING | {"StyledControlNetApply"}
    assert not any(ours[name]["output_node"] for name in kept)


@pytest.mark.parametrize("node", FROZEN)
def test_saved_workflows_find_what_they_consist_of(node: str, info: dict[str, Any]) -> None:
    frozen, inputs = FROZEN[node]["inputs"], now(info[node])
    assert list(inputs)[: len(frozen)] == list(frozen)
    for name, expected in frozen.items():
        assert {key: inputs[name].get(key) for key in expected} == expected
    outputs = dict(zip(info[node]["output_name"], info[node]["output"], strict=True))
    assert list(outputs.items())[: len(FROZEN[node]["outputs"])] == list(FROZEN[node]["outputs"].items())
