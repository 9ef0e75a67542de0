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


@pytest.mark.parametrize("node", FROZEN)
def test_saved_workflows_find_what_they_consist_of(node: str, info: dict[str, Any]) -> None:
    frozen, inputs = FROZEN[node]["inputs"], now(info[node])
    assert list(inputs)[: len(frozen)] == list(frozen)
    for name, expected in frozen.items():
        assert {key: inputs[name].get(key) for key in expected} == expected
    outputs = dict(zip(info[node]["output_name"], info[node]["output"], strict=True))
    assert list(outputs.items())[: len(FROZEN[node]["outputs"])] == list(FROZEN[node]["outputs"].items())
