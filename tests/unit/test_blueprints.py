"""The blueprints are parts of the examples as these are now, each folded into one node that shows what is there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from devtools.blueprints import BLUEPRINTS, BLUEPRINTS_FOLDER
from devtools.graphs import load_workflow


def load(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The one node of a blueprint, and what is folded into it."""
    whole = json.loads((BLUEPRINTS_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    (node,), (definition,) = whole["nodes"], whole["definitions"]["subgraphs"]
    assert node["type"] == definition["id"]
    assert node["title"] == definition["name"] == name
    return node, definition


def essence(node: dict[str, Any]) -> tuple[Any, ...]:
    return node["id"], node["type"], node.get("title"), node.get("widgets_values"), node["properties"].get("cnr_id")


def test_every_file_is_one_that_is_known() -> None:
    assert {path.name for path in BLUEPRINTS_FOLDER.iterdir()} == {f"{name}.json" for name in BLUEPRINTS}


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_a_blueprint_has_the_nodes_of_its_example(name: str) -> None:
    blueprint, (_, definition) = BLUEPRINTS[name], load(name)
    example = [node for node in load_workflow(blueprint.example)["nodes"] if node["id"] in blueprint.nodes]
    key = str  # the front end writes them in an order of its own
    assert sorted(map(essence, definition["nodes"]), key=key) == sorted(map(essence, example), key=key)
    assert (definition["category"], definition["description"]) == ("LoRA Atelier", blueprint.description)


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_a_blueprint_shows_widgets_that_there_are_and_leads_nowhere(name: str) -> None:
    node, definition = load(name)
    inside = {str(each["id"]) for each in definition["nodes"]}
    shown = node["properties"]["proxyWidgets"]
    assert [(int(number), widget) for number, widget in shown] == list(BLUEPRINTS[name].widgets)
    assert {number for number, _ in shown} <= inside
    assert [slot["name"] for slot in node["inputs"]] == [slot["name"] for slot in definition["inputs"]]
    assert [slot["name"] for slot in node["outputs"]] == [slot["name"] for slot in definition["outputs"]]
    assert not any(slot.get("link") for slot in node["inputs"])
    assert not any(slot.get("links") for slot in node["outputs"])


def test_the_two_loops_fit_together() -> None:
    trained, _ = load("Train a Style (LoRA Atelier)")
    restyled, _ = load("Restyle a Building (LoRA Atelier)")
    given = {slot["type"] for slot in trained["outputs"]}
    assert {"MODEL", "CLIP", "LORA_MODEL"} <= given
    assert "LORA_MODEL" in {slot["type"] for slot in restyled["inputs"]}
