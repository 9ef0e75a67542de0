"""A training is stopped where it is from the chart, and the rest of its graph goes on with it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from comfyui.harness import ComfyServer
from comfyui.test_cancel import wait_for_step
from comfyui.training import events, run_folder, training_graph, write_style

JSON = {"Content-Type": "application/json"}


def ask_to_stop(comfy: ComfyServer, run: str, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(f"{comfy.address}/lora_atelier/runs/{run}/stop", data=b"{}", headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"{}")


def test_a_training_that_is_stopped_is_used_as_it_is(comfy: ComfyServer, home: Path) -> None:
    write_style(home, "to stop", 4, first=30)
    training = training_graph(comfy.object_info(), "to stop", "stopped", epochs=50)
    with comfy.events() as told:
        prompt = comfy.submit(training.graph)
        wait_for_step(told, 3)
        assert ask_to_stop(comfy, "stopped", **JSON) == (200, {})
        assert comfy.wait(prompt, timeout=300).status == "success"
    run = run_folder(home, "stopped")
    view = comfy.get_json("/lora_atelier/runs/stopped")
    assert (view["status"], view["epochs"]) == ("finished", 50)
    assert 1 <= view["pick"]["epoch"] <= view["epoch"] < 50
    assert events(run)[-1] == "finished"
    assert ask_to_stop(comfy, "stopped", **JSON)[0] == 404  # it trains no more

    training.set(epochs=view["epoch"])
    with comfy.events() as told:
        comfy.run(training.graph, timeout=300)
    assert not [data for data in told.of("lora_atelier.progress") if data["stage"] == "training"]


def test_only_this_page_may_stop_a_training_and_only_one_that_goes_on(comfy: ComfyServer) -> None:
    assert ask_to_stop(comfy, "never", **JSON, Origin="http://elsewhere.example")[0] == 403
    assert ask_to_stop(comfy, "never", **{"Content-Type": "text/plain"})[0] == 415
    status, answer = ask_to_stop(comfy, "never", **JSON)
    assert status == 404
    assert "'never' does not train" in answer["error"]
    assert ask_to_stop(comfy, "..%2Felsewhere", **JSON)[0] == 404
