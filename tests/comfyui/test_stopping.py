"""A training is stopped where it is from the chart, and the rest of its graph goes on with it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from comfyui.harness import ComfyServer
from comfyui.test_before_training import Pocket
from comfyui.test_cancel import wait_for_step
from comfyui.training import events, run_folder, write_style

JSON = {"Content-Type": "application/json"}


def ask_to_stop(comfy: ComfyServer, run: str, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(f"{comfy.address}/lora_atelier/runs/{run}/stop", data=b"{}", headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        said = refused.read()
        return refused.code, json.loads(said) if refused.headers.get_content_type() == "application/json" else said


def test_a_training_that_is_stopped_is_used_as_it_is(comfy: ComfyServer, home: Path) -> None:
    write_style(home, "to stop", 4, first=30)
    graph = Pocket(comfy.object_info())
    trainer = graph.trainer(graph.dataset("to stop"), run_name="stopped", epochs=500)
    picker = graph.picker(trainer.out())
    with comfy.events() as told:
        prompt = comfy.submit(graph)
        wait_for_step(told, 6)
        assert ask_to_stop(comfy, "stopped", **JSON) == (200, {})
        outcome = comfy.wait(prompt, timeout=300)
    assert outcome.status == "success"
    view = comfy.get_json("/lora_atelier/runs/stopped")
    assert (view["status"], view["epochs"]) == ("finished", 500)
    (saved,) = outcome.outputs[picker]["lora_atelier_saved"]
    assert 1 <= saved["epoch"] <= view["epoch"] < 500
    assert (home / "models" / "loras" / saved["file"]).is_file()
    assert events(run_folder(home, "stopped"))[-1] == "finished"
    assert ask_to_stop(comfy, "stopped", **JSON)[0] == 404  # it trains no more

    graph[trainer]["inputs"]["epochs"] = saved["epoch"]  # that many were finished
    with comfy.events() as told:
        comfy.run(graph, timeout=300)
    assert not [data for data in told.of("lora_atelier.progress") if data["stage"] == "training"]


def test_a_training_on_all_pictures_is_stopped_the_same_way(comfy: ComfyServer, home: Path) -> None:
    write_style(home, "to stop whole", 4, first=40)
    graph = Pocket(comfy.object_info())
    dataset = graph.dataset("to stop whole")
    trainer = graph.trainer(dataset, run_name="picked", epochs=40)
    sockets = {name: graph[trainer]["inputs"][name] for name in ("model", "clip", "vae", "dataset")}
    choice = {"rule": "chosen epoch", "epoch": 40, "weights": "raw", "way": "each picture as often"}
    graph.picker(graph.add("TrainOnAllPictures", **sockets, **choice, run=trainer.out()).out())
    with comfy.events() as told:
        prompt = comfy.submit(graph)
        wait_for_step(told, 1, "picked-all")
        assert ask_to_stop(comfy, "picked-all", **JSON) == (200, {})
        assert comfy.wait(prompt, timeout=300).status == "success"
    view = comfy.get_json("/lora_atelier/runs/picked-all")
    assert view["status"] == "finished" and view["epoch"] < 40


def test_only_this_page_may_stop_a_training_and_only_one_that_goes_on(comfy: ComfyServer) -> None:
    assert ask_to_stop(comfy, "never", **JSON, Origin="http://elsewhere.example")[0] == 403
    assert ask_to_stop(comfy, "never", **{"Content-Type": "text/plain"})[0] == 415
    status, answer = ask_to_stop(comfy, "never", **JSON)
    assert status == 404
    assert "'never' does not train" in answer["error"]
    assert ask_to_stop(comfy, "..%2Felsewhere", **JSON)[0] == 404
