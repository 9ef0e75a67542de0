"""The queue of trainings on a real server: it goes on when one fails, and where it was after the server was killed."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from comfyui.harness import ComfyServer, Graph
from comfyui.test_before_training import Pocket
from comfyui.test_cancel import wait_for_step
from comfyui.test_library import JSON, posted
from comfyui.test_server_kills import mortal
from comfyui.training import events, run_folder, write_style
from lora_core.queue.entry import Entry

__all__ = ["mortal"]
QUEUE = "/lora_atelier/queue"


def add(comfy: ComfyServer, graph: Graph, **headers: str) -> tuple[int, dict]:
    workflow = {"nodes": [], "id": "drawn"}
    sent = {"graph": json.dumps(graph), "workflow": json.dumps(workflow), "client": comfy.client_id}
    return posted(comfy, QUEUE, sent, **{**JSON, **headers})


def listed(comfy: ComfyServer) -> list[dict]:
    trainings: list[dict] = comfy.get_json(QUEUE)["trainings"]
    return trainings


def until(true: Callable[[], Any], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.1)


def test_a_queue_goes_on_after_a_failure_and_after_a_kill(mortal: ComfyServer) -> None:
    home, styles = mortal.home, ("перший", "second", "third")
    for number, style in enumerate(styles):
        write_style(home, style, 4, first=10 * number)
    info = mortal.object_info()
    graphs = []
    for style, epochs in zip(styles, (10, 1, 5000), strict=True):
        graphs.append(Pocket(info))
        graphs[-1].trainer(graphs[-1].dataset(style), epochs=epochs)
    with mortal.events() as told:
        first, second, third = (add(mortal, graph)[1]["id"] for graph in graphs)
        assert [(each["runs"], each["steps"]) for each in listed(mortal)][1:] == [(["second"], 2), (["third"], 10000)]
        shutil.rmtree(home / "datasets" / "second")  # while the first is trained
        wait_for_step(told, 4, "third")
        assert {data["prompt_id"] for data in told.of("lora_atelier.progress")} == {first, third}
        assert told.of("executing"), "the page that added them follows each node"
        assert told.of("lora_atelier.queue")
    assert events(run_folder(home, "перший"))[-1] == "finished"
    running, failed = listed(mortal)
    assert (failed["id"], failed["state"], running["state"]) == (second, "failed", "running")
    assert failed["reason"].startswith("Dataset Loader: No folder 'second' in ComfyUI/datasets")
    assert running["like"] == "third" and running["seconds"] > 0 and 0 < running["steps"] < 10000
    assert posted(mortal, f"{QUEUE}/{third}/remove", {}, **JSON)[0] == 404
    assert mortal.get_json(f"{QUEUE}/{third}/workflow")["id"] == "drawn"

    mortal.kill()
    write_in_a_circle(home, "circle")
    mortal.start()
    assert {each["id"]: each["steps"] is None for each in listed(mortal)} == {
        second: True,
        third: False,
        "circle": True,
    }
    assert posted(mortal, f"{QUEUE}/circle/remove", {}, **JSON)[0] == 200
    left = mortal.get_json(QUEUE)
    assert not left["going"]
    assert [(each["id"], each["state"], each["begun"]) for each in left["trainings"]] == [
        (second, "failed", False),
        (third, "waiting", True),
    ]
    write_style(home, "second", 4, first=10)
    assert posted(mortal, f"{QUEUE}/{second}/again", {}, **JSON)[0] == 200
    assert posted(mortal, f"{QUEUE}/{second}/move", {"before": ""}, **JSON)[0] == 200
    with mortal.events() as told:
        assert posted(mortal, f"{QUEUE}/going", {"going": "yes"}, **JSON)[0] == 200
        wait_for_step(told, 1, "third")
        assert posted(mortal, "/lora_atelier/runs/third/stop", {}, **JSON)[0] == 200
        until(lambda: not listed(mortal))
    assert "resumed" in events(run_folder(home, "third"))
    assert [events(run_folder(home, style))[-1] for style in ("second", "third")] == ["finished", "finished"]


def write_in_a_circle(home: Path, name: str) -> None:
    """A training in the queue on the disk, whose captioner gets its own pictures."""
    nodes = {
        "1": ("LoRATrainer", {"run_name": "r", "dataset": ["2", 0]}),
        "2": ("BlipCaptioner", {"dataset": ["2", 0]}),
    }
    graph = {number: {"class_type": kind, "inputs": inputs} for number, (kind, inputs) in nodes.items()}
    entry = Entry(name, ("r",), "2026-03-04T05:06:07+00:00", graph)
    (home / "output" / "lora_atelier" / "queue" / f"{name}.json").write_bytes(entry.to_bytes())


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
    assert add(comfy, broken)[0] == 400
    round_trip = Pocket(comfy.object_info())
    captioner = round_trip.add("BlipCaptioner")
    round_trip[captioner]["inputs"]["dataset"] = captioner.out()
    round_trip.trainer(captioner.out())
    status, answer = add(comfy, round_trip)
    assert status == 400 and "in a circle: BLIP Captioner → BLIP Captioner." in answer["error"]


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
