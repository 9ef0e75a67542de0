"""The queue of trainings on a real server: what it takes, and from whom."""

from __future__ import annotations

import json
from typing import Any

import pytest

from comfyui.harness import ComfyServer, Graph
from comfyui.test_before_training import Pocket
from comfyui.test_library import JSON, posted
from comfyui.training import write_style

QUEUE = "/lora_atelier/queue"


def add(comfy: ComfyServer, graph: Graph, **headers: str) -> tuple[int, dict]:
    workflow = {"nodes": [], "id": "drawn"}
    sent = {"graph": json.dumps(graph), "workflow": json.dumps(workflow), "client": comfy.client_id}
    return posted(comfy, QUEUE, sent, **{**JSON, **headers})


def listed(comfy: ComfyServer) -> list[dict]:
    trainings: list[dict] = comfy.get_json(QUEUE)["trainings"]
    return trainings


def test_names_that_are_taken_are_told_at_once(comfy: ComfyServer) -> None:
    write_style(comfy.home, "taken", 4, first=60)

    def trainer(**settings: Any) -> Graph:
        graph = Pocket(comfy.object_info())
        graph.trainer(graph.dataset("taken"), run_name="a taken name", **settings)
        return graph

    assert posted(comfy, f"{QUEUE}/going", {"going": "no"}, **JSON)[0] == 200
    try:
        assert add(comfy, trainer(rank=1, epochs=1))[0] == 200
        assert add(comfy, trainer(rank=1, epochs=2))[0] == 200, "it goes on with the same run"
        status, answer = add(comfy, trainer(rank=2, epochs=1))
        assert status == 400
        assert "rank was 1 and is now 2" in answer["error"] and "such as 'a taken name-2'" in answer["error"]
    finally:
        for training in listed(comfy):
            posted(comfy, f"{QUEUE}/{training['id']}/remove", {}, **JSON)
        posted(comfy, f"{QUEUE}/going", {"going": "yes"}, **JSON)


def test_what_cannot_run_or_trains_nothing_is_not_queued(comfy: ComfyServer) -> None:
    graph = Pocket(comfy.object_info())
    graph.trainer(graph.dataset("nowhere at all"))
    status, answer = add(comfy, graph)
    assert status == 400 and "No folder 'nowhere at all'" in answer["error"]
    status, answer = add(comfy, Graph())
    assert status == 400 and "no LoRA Trainer" in answer["error"]
    broken = Pocket(comfy.object_info())
    broken.add("LoRATrainer")
    status, answer = add(comfy, broken)
    assert status == 400 and answer["error"].endswith("."), "what ComfyUI says becomes a sentence"
    round_trip = Pocket(comfy.object_info())
    captioner = round_trip.add("BlipCaptioner")
    round_trip[captioner]["inputs"]["dataset"] = captioner.out()
    round_trip.trainer(captioner.out())
    status, answer = add(comfy, round_trip)
    assert status == 400 and "in a circle: BLIP Captioner -> BLIP Captioner." in answer["error"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_workflow_that_no_page_could_open_is_not_queued(comfy: ComfyServer, number: str) -> None:
    sent = {"graph": "{}", "workflow": f'{{"nodes": [{number}]}}', "client": ""}
    status, answer = posted(comfy, QUEUE, sent, **JSON)
    assert status == 400 and answer["error"].startswith("workflow must be an object")


def test_only_this_page_changes_the_queue(comfy: ComfyServer) -> None:
    assert add(comfy, Graph(), Origin="http://elsewhere.example")[0] == 403
    assert add(comfy, Graph(), **{"Content-Type": "text/plain"})[0] == 415
    for sent in ({"graph": "{", "workflow": "{}", "client": ""}, {"graph": "[1]", "workflow": "{}", "client": ""}):
        status, answer = posted(comfy, QUEUE, sent, **JSON)
        assert status == 400 and "graph must be an object" in answer["error"]
    for graph in ({"1": []}, {"1": {"class_type": "LoRATrainer", "inputs": 5}}, {"1": {"class_type": 5, "inputs": {}}}):
        status, answer = posted(comfy, QUEUE, {"graph": json.dumps(graph), "workflow": "{}", "client": ""}, **JSON)
        assert status == 400 and "not a graph in API format" in answer["error"]
    assert posted(comfy, f"{QUEUE}/going", {"going": "perhaps"}, **JSON)[0] == 400
    for name in ("", "gone", "..%2F..%2Fqueue", "queue", "%00"):
        for what, body in (("move", {"before": ""}), ("remove", {}), ("again", {})):
            status, _ = posted(comfy, f"{QUEUE}/{name}/{what}", body, **JSON)
            assert 400 <= status < 500
    assert comfy.get_json(QUEUE)["trainings"] == []
