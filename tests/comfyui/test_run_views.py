"""What the browser is told of a run while it trains: what a message is about, and a view that is never out of date."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from comfyui.harness import ComfyServer, Events, Graph, defaults
from comfyui.training import TINY, run_folder, write_style


@pytest.fixture(scope="module")
def heard(comfy: ComfyServer, home: Path) -> tuple[Events, str, str]:
    """What is sent while a run of two epochs trains; the ids of prompt and trainer."""
    write_style(home, "announced style", 4)
    graph = Graph()
    base = graph.add("PocketModelLoader")
    dataset = graph.add(
        "DatasetLoader", folder="announced style", resolution=128, aspect_buckets=False, validation_count=1, seed=0
    )
    settings = {**defaults(comfy.object_info("LoRATrainer")["LoRATrainer"]), "run_name": "announced", **TINY}
    sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2), "dataset": dataset.out()}
    trainer = graph.add("LoRATrainer", **settings, **sockets)
    with comfy.events() as events:
        prompt = comfy.submit(graph)
        assert comfy.wait(prompt, timeout=300).status == "success"
        events.wait_for("execution_success")
    return events, prompt, trainer.id


def test_each_message_says_which_node_of_which_prompt_it_is_about(heard: tuple[Events, str, str]) -> None:
    events, prompt, trainer = heard
    about = {"node": trainer, "prompt_id": prompt, "run": "announced"}
    for kind in ("progress", "epoch", "ended"):
        messages = events.of(f"lora_atelier.{kind}")
        assert messages
        assert all(message.items() >= about.items() for message in messages)


def test_an_epoch_is_announced_in_few_bytes(heard: tuple[Events, str, str]) -> None:
    events, _, _ = heard
    epochs = events.of("lora_atelier.epoch")
    assert [message["epoch"] for message in epochs if message["epoch"]] == [1, 2]  # notes announce epoch 0 as well
    assert max(len(json.dumps(message)) for message in epochs) < 200


def view(comfy: ComfyServer, run: str) -> dict:
    found: dict = comfy.get_json(f"/lora_atelier/runs/{run}")
    return found


def test_the_view_follows_the_folder(comfy: ComfyServer, home: Path, heard: tuple[Events, str, str]) -> None:
    folder = run_folder(home, "announced twice")
    shutil.copytree(run_folder(home, "announced"), folder)
    quoted = "announced%20twice"
    try:
        assert view(comfy, quoted) == view(comfy, quoted)
        assert view(comfy, quoted)["checkpoints"] == [1, 2]
        (folder / "checkpoints" / "epoch_0001.safetensors").unlink()
        assert view(comfy, quoted)["checkpoints"] == [2]
        history = (folder / "history.jsonl").read_bytes()
        entry = {"kind": "event", "what": "micro_batch", "text": "smaller", "time": ""}
        (folder / "history.jsonl").write_bytes(history + json.dumps(entry).encode() + b"\n")
        assert view(comfy, quoted)["notes"] == ["smaller"]
        (folder / "history.jsonl").write_bytes(history)
        assert view(comfy, quoted)["notes"] == []
    finally:
        shutil.rmtree(folder)
