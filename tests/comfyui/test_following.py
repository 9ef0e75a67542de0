"""ComfyUI's cache follows the disk: what was changed, deleted or trained further is seen at the next Run, and nothing
else is made again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from comfyui.harness import BLIP, ComfyServer, Graph, Node, Outcome, PromptFailed, defaults
from comfyui.training import TINY, history, run_folder, write_style
from devtools.comfyui import Checkout
from devtools.places import ROOT
from pocket.model import POCKET_MODEL


@dataclass
class Workshop:
    """A server and the style that all of these graphs train on."""

    comfy: ComfyServer
    home: Path
    info: dict[str, Any]

    def trained(self, run_name: str) -> tuple[Graph, Node, Node]:
        """The graph, its trainer and its picker."""
        graph = Graph()
        base = graph.add("PocketModelLoader")
        dataset = graph.add(
            "DatasetLoader", folder="followed", resolution=128, aspect_buckets=False, validation_count=2, seed=0
        )
        settings = {**defaults(self.info["LoRATrainer"]), **TINY, "run_name": run_name}
        sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2), "dataset": dataset.out()}
        trainer = graph.add("LoRATrainer", **settings, **sockets)
        return graph, trainer, self.picked(graph, trainer)

    def picked(self, graph: Graph, run: Node, file_name: str = "") -> Node:
        settings = {**defaults(self.info["CheckpointPicker"]), "file_name": file_name}
        return graph.add("CheckpointPicker", **settings, run=run.out())

    def plotted(self, graph: Graph, run: Node) -> Node:
        return graph.add("ValidationLossPlot", width=480, height=320, dark=False, run=run.out())

    def made_again(self, graph: Graph) -> set[str]:
        """The nodes that one more Run runs; a second one then runs none."""
        again = self.comfy.run(graph)
        assert set(self.comfy.run(graph).cached) == set(graph), "nothing has changed since"
        return set(graph) - set(again.cached)


@pytest.fixture(scope="module")
def workshop(comfy: ComfyServer, home: Path) -> Workshop:
    write_style(home, "followed", 8)
    return Workshop(comfy, home, comfy.object_info())


def view(outcome: Outcome, node: Node) -> dict[str, Any]:
    shown: dict[str, Any] = outcome.outputs[node.id]["lora_atelier_view"][0]
    return shown


def test_what_was_deleted_is_made_again_and_nothing_else(workshop: Workshop) -> None:
    graph, trainer, picker = workshop.trained("deleted")
    workshop.comfy.run(graph)
    (lora,) = (workshop.home / "models" / "loras").glob("deleted-epoch-*.safetensors")
    run = run_folder(workshop.home, "deleted")
    assert workshop.made_again(graph) == set()

    original = lora.read_bytes()
    lora.unlink()
    assert workshop.made_again(graph) == {picker.id}
    assert lora.read_bytes() == original

    created = json.loads((run / "run.json").read_text(encoding="utf-8"))["created"]
    shutil.rmtree(run)
    time.sleep(1.1)  # the time of the start is written in whole seconds
    assert workshop.made_again(graph) == {trainer.id, picker.id}
    assert json.loads((run / "run.json").read_text(encoding="utf-8"))["created"] != created
    assert [entry["epoch"] for entry in history(run, "averaged")] == [0, 1, 2]

    run.rename(run.with_name("renamed"))
    assert workshop.made_again(graph) == {trainer.id, picker.id}
    assert (run / "run.json").is_file()


def test_a_lora_that_another_program_wrote_is_noticed(workshop: Workshop) -> None:
    graph, trainer, _picker = workshop.trained("overwritten")
    named = workshop.picked(graph, trainer, "overwritten")
    lora = workshop.home / "models" / "loras" / "overwritten.safetensors"
    workshop.comfy.run(graph)
    picked = lora.read_bytes()
    command("export", run_folder(workshop.home, "overwritten"), "--epoch", 1, "--out", lora)
    assert lora.read_bytes() != picked
    assert workshop.made_again(graph) == {named.id}
    assert lora.read_bytes() == picked
    lora.write_bytes(b"somebody else's")
    with pytest.raises(PromptFailed, match="exists and was not written by LoRA Atelier"):
        workshop.comfy.run(graph)


def test_a_run_that_is_trained_further_elsewhere_is_shown_as_it_is(workshop: Workshop, checkout: Checkout) -> None:
    trained, _trainer, _picker = workshop.trained("further")
    workshop.comfy.run(trained)
    run = run_folder(workshop.home, "further")
    graphs = []
    for name in ("further", "(latest run)"):
        graph = Graph()
        loader = graph.add("TrainingRunLoader", run_name=name)
        plot, picker = workshop.plotted(graph, loader), workshop.picked(graph, loader)
        assert view(workshop.comfy.run(graph), picker)["checkpoints"] == [1, 2]
        assert workshop.made_again(graph) == set()
        graphs.append((graph, plot, picker))
    model = [
        "--model",
        POCKET_MODEL,
        "--tokenizer",
        checkout.folder,
        "--resolution",
        128,
        "--square",
        "--device",
        "cpu",
    ]
    style = ["--data", workshop.home / "datasets" / "followed", "--validation-count", 2]
    place = ["--runs", run.parent, "--name", run.name, "--recipe", run / "run.json"]
    command("train", *style, *model, *place, "--epochs", 4)
    for graph, plot, picker in graphs:
        again = workshop.comfy.run(graph)
        assert again.cached == []
        assert view(again, picker)["checkpoints"] == view(again, plot)["checkpoints"] == [1, 2, 3, 4]
        assert workshop.made_again(graph) == set()
    shutil.rmtree(run)
    with pytest.raises(PromptFailed, match="There is no training run named 'further'"):
        workshop.comfy.run(graphs[0][0])


def test_a_caption_that_is_edited_in_place_is_read(workshop: Workshop) -> None:
    graph, trainer, picker = workshop.trained("{style} edited")
    workshop.comfy.run(graph)
    caption = next((workshop.home / "datasets" / "followed").glob("*.txt"))
    before, text = caption.stat(), caption.read_text(encoding="utf-8")
    try:
        caption.write_text(text.replace("building", "dwelling"), encoding="utf-8")
        os.utime(caption, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert caption.stat().st_size == before.st_size
        with pytest.raises(PromptFailed, match="the pictures, their captions or their split changed"):
            workshop.comfy.run(graph)
    finally:
        caption.write_text(text, encoding="utf-8")
    assert {trainer.id, picker.id} <= workshop.made_again(graph)


def test_a_drawn_picture_that_was_deleted_is_drawn_again(workshop: Workshop) -> None:
    graph = Graph()
    drawn = graph.add("DrawnDataset", style="bauhaus", pictures=4, validation_count=1)
    graph.add("PreviewImage", images=drawn.out(2))
    workshop.comfy.run(graph)
    assert workshop.made_again(graph) == set()
    picture = workshop.home / "datasets" / "drawn_bauhaus_4" / "bauhaus_002.png"
    before = picture.read_bytes()
    picture.unlink()
    assert workshop.made_again(graph) == set(graph)
    assert picture.read_bytes() == before


@pytest.fixture
def another_blip(home: Path) -> Iterator[Path]:
    blip = home / "models" / "blip"
    folder = Path(shutil.copytree(blip / BLIP, blip / "another blip"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_captions_follow_the_model_that_wrote_them(workshop: Workshop, another_blip: Path) -> None:
    write_style(workshop.home, "captioned by a model", 3, captions=False)
    graph = Graph()
    dataset = graph.add(
        "DatasetLoader",
        folder="captioned by a model",
        resolution=64,
        aspect_buckets=False,
        validation_count=1,
        seed=0,
    )
    settings = {**defaults(workshop.info["BlipCaptioner"]), "model": another_blip.name, "save_captions": False}
    captioner = graph.add("BlipCaptioner", **settings, dataset=dataset.out())
    shown = graph.add("PreviewAny", source=captioner.out(1))
    workshop.comfy.run(graph)
    assert workshop.made_again(graph) == set()
    weights = another_blip / "model.safetensors"
    content = weights.read_bytes()
    weights.unlink()  # it may be a link to what other tests use
    weights.write_bytes(content[:-64] + bytes(64))
    assert workshop.made_again(graph) == {captioner.id, shown.id}


def command(*arguments: object) -> None:
    """`python -m lora_core`."""
    line = [sys.executable, "-m", "lora_core", *map(str, arguments)]
    ran = subprocess.run(line, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace", check=False)
    assert ran.returncode == 0, ran.stderr
