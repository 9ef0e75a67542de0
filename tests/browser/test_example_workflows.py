"""The example workflows as a user opens them from the template browser: nothing is missing, nothing complains."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from browser.atelier import Atelier
from devtools.apps import APPS, app_name
from devtools.blueprints import BLUEPRINTS
from devtools.comfyui import DEFAULT_VERSION, Checkout, chosen_front_end
from devtools.graphs import NAMES, WORKFLOWS, is_link, load_graph, load_workflow, with_values_of
from devtools.page import both_forms
from devtools.places import PACK_NAME
from devtools.server import ComfyServer
from devtools.templates import as_file


def of_another_value(name: str, value: Any) -> Any:
    """A value that no other input of the node has."""
    if isinstance(value, bool):
        return not value
    return name if isinstance(value, str) else value + 0.5 if isinstance(value, float) else value + 1


def inputs_of(node: dict[str, Any]) -> dict[str, Any]:
    """Without what PreviewAny shows, which only some front ends export."""
    return {key: value for key, value in node["inputs"].items() if key != "preview"}


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_what_the_front_end_exports(atelier: Atelier, name: str, checkout: Checkout) -> None:
    atelier.renderer("canvas")
    saved, graph = (json.loads(text) for text in both_forms(atelier.page, load_workflow(name)))
    if checkout.version == DEFAULT_VERSION and chosen_front_end() is None:
        assert as_file(json.dumps(saved)) == (WORKFLOWS / f"{name}.json").read_text("utf-8"), "run dev.py templates"
        assert graph == load_graph(name), "run dev.py templates"
    else:  # newer nodes may have more inputs, which start at their defaults
        assert graph.keys() == load_graph(name).keys()
        for number, node in load_graph(name).items():
            got = inputs_of(graph[number])
            assert (graph[number]["class_type"], {**got, **inputs_of(node)}) == (node["class_type"], got)


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_with_other_values_gives_the_graph_with_them(atelier: Atelier, name: str) -> None:
    before = load_graph(name)
    after = copy.deepcopy(before)
    for node in after.values():
        for key, value in node["inputs"].items():
            if not is_link(value) and key != "preview":
                node["inputs"][key] = of_another_value(key, value)
    _, graph = both_forms(atelier.page, with_values_of(load_workflow(name), before, after))
    got = {number: inputs_of(node) for number, node in json.loads(graph).items()}
    assert {number: {**got[number], **inputs_of(node)} for number, node in after.items()} == got


@pytest.mark.parametrize("name", APPS)
def test_an_app_gives_the_graph_that_it_is_made_from(atelier: Atelier, name: str) -> None:
    both_forms(atelier.page, load_workflow(app_name(name)))
    if atelier.page.get_by_role("button", name="Skip").is_visible():  # newer front ends explain what an app is
        atelier.page.get_by_role("button", name="Skip").click()
    _, graph = both_forms(atelier.page, load_workflow(app_name(name)))
    got = json.loads(graph)
    assert got.keys() == load_graph(name).keys()
    for number, node in load_graph(name).items():
        assert {**inputs_of(got[number]), **inputs_of(node)} == inputs_of(got[number])


@pytest.mark.parametrize("name", NAMES)
def test_example_opens_without_a_complaint(either: Atelier, name: str, request: pytest.FixtureRequest) -> None:
    workflow = load_workflow(name)
    either.load(workflow)
    either.page.wait_for_timeout(1000)
    either.fit()
    either.shot(f"example-{request.node.callspec.id}")
    assert either.page.locator(".comfy-missing-nodes").count() == 0
    assert either.page.locator(".node-error").count() == 0
    assert "missing" not in either.toasts()
    assert either.page.evaluate("() => app.graph.nodes.length") == len(workflow["nodes"])
    complaining = either.page.evaluate(
        "() => app.graph.nodes.filter((node) => node.has_errors || !node.constructor.type).map((node) => node.type)"
    )
    assert complaining == []
    either.until(lambda: either.beside_groups() == [])
    either.until(lambda: either.overlaps() == [])  # the nodes get their last sizes after the graph has opened
    # A missing-model dialog offers downloads; it may come, but must not be about a node. Close it for the next test.
    either.page.keyboard.press("Escape")


SHOWING = """() => app.graph.nodes
    .filter(({ comfyClass }) => ["DrawnBuilding", "PreviewImage", "StyleSheet", "SaveImage"].includes(comfyClass))
    .map(({ id, imgs }) =>
        LiteGraph.vueNodesMode ? document.querySelectorAll(`[data-node-id="${id}"] img`) : (imgs ?? []))
    .every((images) => images.length && [...images].every((image) => image.complete && image.naturalWidth))"""
"""Whether each node that shows a picture after a run does so."""


def test_there_is_room_for_the_pictures_that_come_after_a_run(either: Atelier, request: pytest.FixtureRequest) -> None:
    name, before = "restyle_without_a_gpu", load_graph("restyle_without_a_gpu")
    # Vue nodes, stock ones too, grew with a high picture, as a sheet of one strength is; later ones keep their size.
    grows = either.front_end() < (1, 49)
    after = copy.deepcopy(before)
    for node in after.values():
        if node["class_type"] == "KSampler":
            node["inputs"]["steps"] = 1
        elif node["class_type"] == "SheetCells" and not (grows and request.node.callspec.id == "vue"):
            node["inputs"]["strengths"] = "1"
    either.server.free()  # what is not drawn anew is not shown
    either.load(with_values_of(load_workflow(name), before, after))
    either.run()
    either.fit()  # pictures out of sight are not loaded
    either.page.wait_for_function(SHOWING)
    either.page.wait_for_timeout(1000)  # for the nodes' last sizes
    either.shot(f"example-ran-{request.node.callspec.id}")
    assert either.overlaps() == []
    assert either.beside_groups() == []


def test_the_template_browser_lists_them_with_their_pictures(comfy: ComfyServer) -> None:
    names = {*NAMES, *map(app_name, APPS)}
    assert set(comfy.get_json("/workflow_templates")[PACK_NAME]) == names
    for name in names:
        picture = comfy.get(f"/api/workflow_templates/{PACK_NAME}/{name}.jpg")
        assert picture.startswith(b"\xff\xd8")


def test_the_node_library_has_the_blueprints(atelier: Atelier, comfy: ComfyServer) -> None:
    ours = {
        key: each for key, each in comfy.get_json("/global_subgraphs").items() if PACK_NAME in each["info"]["node_pack"]
    }
    assert {each["name"] for each in ours.values()} == set(BLUEPRINTS)
    for key, each in ours.items():
        atelier.load(json.loads(comfy.get_json(f"/global_subgraphs/{key}")["data"]))
        (node,) = atelier.page.evaluate(
            """() => app.graph.nodes.map(({ title, subgraph }) => ({
                title,
                inside: subgraph.nodes.map((node) => [Number(node.id), Boolean(node.constructor.type)]),
            }))"""
        )
        assert node["title"] == each["name"]
        assert sorted(node["inside"]) == [[number, True] for number in sorted(BLUEPRINTS[each["name"]].nodes)]


def test_a_photograph_is_there_to_begin_with(either: Atelier, home: Path) -> None:
    photograph = home / "input" / "theatre.png"
    photograph.unlink(missing_ok=True)
    either.load(load_workflow("restyle_a_building"))
    either.until(photograph.exists)
