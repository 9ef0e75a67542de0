"""Other values for the inputs of a graph in API format, and for the widgets of the workflow that it came from."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from devtools.console import Failure
from devtools.graphs import (
    NAMES,
    Graph,
    find_nodes,
    is_link,
    load_graph,
    load_workflow,
    with_inputs,
    with_new_inputs,
    with_values_of,
)


@pytest.fixture
def graph() -> Graph:
    return load_graph("train_a_style")


def only(graph: Graph, which: str) -> dict[str, Any]:
    (number,) = find_nodes(graph, which)
    return graph[number]["inputs"]


def test_an_input_is_set_by_title_and_by_class(graph: Graph) -> None:
    before = copy.deepcopy(graph)
    changed = with_inputs(graph, {"LoRATrainer": {"epochs": 3, "rank": 2}, "Sample without it": {"steps": 4}})
    assert {key: only(changed, "LoRATrainer")[key] for key in ("epochs", "rank", "batch_size")} == {
        "epochs": 3,
        "rank": 2,
        "batch_size": 4,
    }
    assert only(changed, "Sample without it")["steps"] == 4
    assert only(changed, "Sample with the style")["steps"] == 20
    assert graph == before


def test_a_class_means_every_node_of_it(graph: Graph) -> None:
    changed = with_inputs(graph, {"KSampler": {"steps": 4}})
    assert [changed[number]["inputs"]["steps"] for number in find_nodes(changed, "KSampler")] == [4, 4]


def test_a_title_goes_before_a_class(graph: Graph) -> None:
    (number,) = find_nodes(graph, "Sample without it")
    graph[number]["_meta"]["title"] = "PreviewAny"
    assert find_nodes(graph, "PreviewAny") == [number]


def test_a_connected_input_cannot_be_set(graph: Graph) -> None:
    with pytest.raises(Failure, match=r"samples of node \d+ \(VAEDecode.*is connected: its value comes from node \d+"):
        with_inputs(graph, {"VAEDecode": {"samples": 3}})


def test_wrong_names_are_answered_with_the_right_ones(graph: Graph) -> None:
    with pytest.raises(Failure, match=r"no node 'KSimpler'\. It has: .*KSampler, LoRATrainer"):
        with_inputs(graph, {"KSimpler": {"cfg": 1.0}})
    with pytest.raises(Failure, match=r"no input 'cgf'\. It has: seed, .*cfg"):
        with_inputs(graph, {"KSampler": {"cgf": 1.0}})


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_with_the_values_of_its_own_graph_is_the_same(name: str) -> None:
    assert with_values_of(load_workflow(name), load_graph(name), load_graph(name)) == load_workflow(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_free_input_has_a_widget(name: str) -> None:
    before = load_graph(name)
    after = copy.deepcopy(before)
    new = set()
    for number, node in after.items():
        for key, value in node["inputs"].items():
            if not is_link(value) and key != "preview":  # which is what PreviewAny shows
                node["inputs"][key] = f"{number}.{key}"
                new.add(f"{number}.{key}")
    workflow = with_values_of(load_workflow(name), before, after)
    held = {value for node in workflow["nodes"] for value in node.get("widgets_values") or [] if value in new}
    assert held == new


def test_widgets_that_are_not_sent_keep_their_values() -> None:
    before = load_graph("train_a_style")
    workflow = with_values_of(load_workflow("train_a_style"), before, with_inputs(before, {"KSampler": {"steps": 4}}))
    values = [node["widgets_values"] for node in workflow["nodes"] if node["type"] == "KSampler"]
    assert values == [[0, "fixed", 4, 7.5, "dpmpp_2m", "karras", 1]] * 2


def test_an_input_that_a_node_has_got_since_is_there_at_its_default() -> None:
    graph: Graph = {
        "1": {"class_type": "Scale", "inputs": {"width": 64, "image": ["2", 0]}},
        "2": {"class_type": "?", "inputs": {}},
    }
    required = {
        "width": ["INT", {"default": 512}],
        "steps": ["INT", {"default": 8}],
        "image": ["IMAGE"],
        "kind": [["a"]],
    }
    filled = with_new_inputs(graph, {"Scale": {"input": {"required": required}}})
    assert filled["1"]["inputs"] == {"width": 64, "image": ["2", 0], "steps": 8}
    assert filled["2"] == graph["2"]
    assert "steps" not in graph["1"]["inputs"]


@pytest.mark.parametrize("name", NAMES)
def test_each_copy_of_a_template_is_one_of_its_own_and_can_be_read_when_it_opens(name: str) -> None:
    workflow = load_workflow(name)
    assert "id" not in workflow
    assert workflow["extra"]["ds"]["scale"] >= 0.6


def test_the_app_of_a_template_asks_for_little_and_shows_what_is_made() -> None:
    workflow, graph = load_workflow("learn_without_a_gpu"), load_graph("learn_without_a_gpu")
    app = workflow["extra"]["linearData"]
    asked = [(str(node), widget) for node, widget in app["inputs"] if widget != "lora_atelier_chart"]
    assert 1 <= len(app["inputs"]) <= 5
    assert all(not is_link(graph[node]["inputs"][widget]) for node, widget in asked)
    charts = [str(node) for node, widget in app["inputs"] if widget == "lora_atelier_chart"]
    assert [graph[node]["class_type"] for node in charts] == ["LoRATrainer", "CheckpointPicker"]
    assert {graph[str(node)]["class_type"] for node in app["outputs"]} == {"SaveImage"}
