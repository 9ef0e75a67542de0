"""The example workflows as files: what a user opens has no missing node, no broken link and no odd value."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from PIL import Image

from comfyui.harness import ComfyServer
from devtools.apps import APPS, app_name
from devtools.comfyui import DEFAULT_VERSION
from devtools.graphs import GRAPHS, NAMES, WORKFLOWS, Graph, is_link, load_graph, load_workflow, with_new_inputs
from devtools.places import PACK_NAME
from devtools.templates import pack_version

Node = dict[str, Any]

NOTES = ("Note", "MarkdownNote")
GRID = 10
TITLE = 30  # of a node, above its position
FROM_DISK = {"ckpt_name", "control_net_name", "image", "folder"}
"""Widgets whose choices are files of the user."""


@pytest.fixture(scope="module")
def info(comfy: ComfyServer) -> dict[str, Any]:
    return comfy.object_info()


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def workflow(name: str) -> dict[str, Any]:
    return load_workflow(name)


@pytest.fixture
def graph(name: str, info: dict[str, Any]) -> Graph:
    return with_new_inputs(load_graph(name), info)


def running(workflow: dict[str, Any]) -> list[Node]:
    return [node for node in workflow["nodes"] if node["type"] not in NOTES]


def test_every_file_is_one_that_is_known() -> None:
    assert {path.name for path in WORKFLOWS.iterdir()} == {
        f"{name}.{kind}" for name in (*NAMES, *map(app_name, APPS)) for kind in ("json", "jpg")
    }
    assert {path.name for path in GRAPHS.iterdir()} == {f"{name}.api.json" for name in NAMES}


def test_no_node_is_missing(workflow: dict[str, Any], info: dict[str, Any]) -> None:
    assert {node["type"] for node in running(workflow)} <= info.keys()


def test_every_link_joins_an_output_and_an_input_that_fit(workflow: dict[str, Any], info: dict[str, Any]) -> None:
    nodes = {node["id"]: node for node in workflow["nodes"]}
    for number, origin, origin_slot, target, target_slot, kind in workflow["links"]:
        output, slot = nodes[origin]["outputs"][origin_slot], nodes[target]["inputs"][target_slot]
        definition = info[nodes[origin]["type"]]
        assert number in output["links"]
        assert slot["link"] == number
        assert output["type"] == definition["output"][origin_slot] == kind
        assert output["name"] == definition["output_name"][origin_slot]
        assert slot["type"] in (kind, "*")
        assert slot["type"] == declared(info[nodes[target]["type"]], slot["name"])
    numbers = [link[0] for link in workflow["links"]]
    assert len(numbers) == len(set(numbers))
    told = [slot["link"] for node in workflow["nodes"] for slot in node["inputs"] if slot["link"] is not None]
    assert sorted(told) == sorted(numbers)


def declared(definition: dict[str, Any], name: str) -> str:
    """The type that ComfyUI names for an input."""
    sections = definition["input"]
    kind = {**sections.get("required", {}), **sections.get("optional", {})}[name][0]
    return "COMBO" if isinstance(kind, list) else kind


def test_every_input_has_a_value_that_its_node_takes(graph: Graph, info: dict[str, Any]) -> None:
    for node in graph.values():
        definition = info[node["class_type"]]
        assert set(definition["input"].get("required", {})) <= node["inputs"].keys(), node["class_type"]
        for name, value in node["inputs"].items():
            if is_link(value):
                source, slot = value
                assert declared(definition, name) in (info[graph[source]["class_type"]]["output"][slot], "*")
            elif name != "preview":  # what PreviewAny shows is sent too
                assert fits(definition, name, value), f"{node['class_type']}.{name} is {value!r}"


def fits(definition: dict[str, Any], name: str, value: Any) -> bool:
    kind, options = specification(definition, name)
    if kind == "COMBO":
        return isinstance(value, str) and (name in FROM_DISK or value in options["options"])
    if kind == "BOOLEAN":
        return isinstance(value, bool)
    if kind == "STRING":
        return isinstance(value, str)
    right_type = isinstance(value, int if kind == "INT" else (int, float)) and not isinstance(value, bool)
    return right_type and bool(options["min"] <= value <= options["max"])


def test_seeds_stay_as_they_are(workflow: dict[str, Any]) -> None:
    for node in running(workflow):
        if node["type"] == "KSampler":
            assert node["widgets_values"][:2] == [0, "fixed"]


def specification(definition: dict[str, Any], name: str) -> tuple[str, dict[str, Any]]:
    sections = definition["input"]
    kind, *rest = {**sections.get("required", {}), **sections.get("optional", {})}[name]
    if isinstance(kind, list):
        return "COMBO", {"options": kind}
    return kind, rest[0]


def test_the_trainer_starts_with_the_papers_recipe() -> None:
    for name in ("learn_without_a_gpu", "train_a_style", "five_styles"):
        (values,) = (node["inputs"] for node in load_graph(name).values() if node["class_type"] == "LoRATrainer")
        paper = {
            "epochs": 200,
            "batch_size": 4,
            "learning_rate": 3e-4,
            "warmup_steps": 100,
            "weight_decay": 0.01,
            "rank": 16,
            "alpha": 16.0 if name == "learn_without_a_gpu" else 1.0,  # the paper names none
            "layers": "all",
            "train_text_encoder": True,
            "preview_every": 5,
            "preview_prompt": "building",
        }
        assert {key: values[key] for key in paper} == paper


def test_our_nodes_name_their_pack(workflow: dict[str, Any], info: dict[str, Any]) -> None:
    for node in running(workflow):
        ours = "lora-atelier" in info[node["type"]]["python_module"]
        assert node["properties"]["cnr_id"] == (PACK_NAME if ours else "comfy-core")
        assert node["properties"]["ver"] == (pack_version() if ours else DEFAULT_VERSION), "run dev.py templates"
        assert node["properties"]["Node name for S&R"] == node["type"]


def test_every_model_file_can_be_downloaded_from_its_loader(name: str, workflow: dict[str, Any]) -> None:
    folders = {"CheckpointLoaderSimple": "checkpoints", "ControlNetLoader": "controlnet"}
    loaders = [node for node in workflow["nodes"] if node["type"] in folders]
    assert bool(loaders) is not name.endswith("without_a_gpu")  # there the model comes with the pack
    for node in loaders:
        (model,) = node["properties"]["models"]
        assert model["name"] == node["widgets_values"][0]
        assert model["directory"] == folders[node["type"]]
        assert model["url"].startswith("https://huggingface.co/")
        assert model["url"].endswith(f"/resolve/main/{model['name']}")


def test_no_node_overlaps_another_and_each_is_in_one_group(workflow: dict[str, Any]) -> None:
    frames = [tuple(group["bounding"]) for group in workflow["groups"]]
    boxes = {node["id"]: box(node) for node in workflow["nodes"]}
    for (one, first), (other, second) in combinations(boxes.items(), 2):
        assert not overlap(first, second), f"nodes {one} and {other}"
    for first, second in combinations(frames, 2):
        assert not overlap(first, second)
    for node, place in boxes.items():
        assert sum(inside(place, frame) for frame in frames) == 1, f"node {node}"
    for node in workflow["nodes"]:
        assert all(number % GRID == 0 for number in (*node["pos"], *node["size"]))


def test_the_groups_are_numbered_from_left_to_right(workflow: dict[str, Any]) -> None:
    groups = sorted(workflow["groups"], key=lambda group: group["bounding"][0])
    assert [group["title"].split()[0] for group in groups] == [str(n + 1) for n in range(len(groups))]
    assert all(len(group["title"].split()) > 1 for group in groups)
    assert any(node["type"] == "MarkdownNote" for node in workflow["nodes"])


Box = tuple[float, float, float, float]


def box(node: Node) -> Box:
    """Left, top, width and height of a node with its title bar."""
    (left, top), (width, height) = node["pos"], node["size"]
    return left, top - TITLE, width, height + TITLE


def overlap(one: Box, other: Box) -> bool:
    return all(one[k] < other[k] + other[k + 2] and other[k] < one[k] + one[k + 2] for k in (0, 1))


def inside(one: Box, other: Box) -> bool:
    return all(other[k] <= one[k] and one[k] + one[k + 2] <= other[k] + other[k + 2] for k in (0, 1))


def test_the_thumbnail_is_a_small_jpeg(name: str) -> None:
    path = WORKFLOWS / f"{name}.jpg"
    assert path.stat().st_size < 200_000
    with Image.open(path) as image:
        assert image.format == "JPEG"
        assert image.width >= 400
