"""A whole ComfyUI is killed: its training loses nothing, and the queue of trainings goes on where it was."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks.kills import run_graph, survive

from comfyui.harness import ComfyServer
from comfyui.test_before_training import Pocket
from comfyui.test_cancel import wait_for_step
from comfyui.test_library import JSON, posted
from comfyui.test_queue import QUEUE, add, listed
from comfyui.training import events, run_folder, write_style
from lora_core.queue.entry import Entry

EPOCHS = 8


def until(true: Callable[[], Any], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_server_killed_twice_in_a_row_loses_nothing(mortal: ComfyServer) -> None:
    """`dev.py bench kills` does the same twenty times with longer runs."""
    expected = run_graph(mortal, "whole", EPOCHS)
    reached, result = survive(mortal, "killed", [3.0, 5.0], EPOCHS)
    assert result == expected, f"killed {reached}"


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
