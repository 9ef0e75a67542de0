"""ComfyUI's cache follows the disk: what was changed, deleted or trained further is seen at the next Run, and nothing
else is made again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from comfyui.harness import BLIP, ComfyServer, Graph, Node, Outcome, PromptFailed, defaults
from comfyui.training import TINY, history, run_folder, write_style
from devtools.comfyui import Checkout
from devtools.places import ROOT
from lora_core.record.checkpoints import load_lora
from pocket.model import POCKET_MODEL


@dataclass
class Trained:
    """A graph that has run, from the pocket model to the picked LoRA, which two pickers put into one file."""

    comfy: ComfyServer
    home: Path
    graph: Graph
    trainer: Node
    pickers: set[str]

    @property
    def run(self) -> Path:
        return run_folder(self.home, "followed")

    @property
    def lora(self) -> Path:
        return self.home / "models" / "loras" / "followed.safetensors"


def picked(graph: Graph, run: Node, info: dict[str, Any], file_name: str = "followed") -> Node:
    settings = {**defaults(info["CheckpointPicker"]), "file_name": file_name}
    return graph.add("CheckpointPicker", **settings, run=run.out())


def made_again(comfy: ComfyServer, graph: Graph) -> set[str]:
    """The nodes that one more Run runs; a second one then runs none."""
    again = comfy.run(graph)
    assert set(comfy.run(graph).cached) == set(graph), "nothing has changed since"
    return set(graph) - set(again.cached)


def view(outcome: Outcome, node: Node) -> dict[str, Any]:
    shown: dict[str, Any] = outcome.outputs[node.id]["lora_atelier_view"][0]
    return shown


@pytest.fixture(scope="module")
def info(comfy: ComfyServer) -> dict[str, Any]:
    return comfy.object_info()


@pytest.fixture(scope="module")
def trained(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> Trained:
    write_style(home, "followed", 6)
    graph = Graph()
    base = graph.add("PocketModelLoader")
    dataset = graph.add(
        "DatasetLoader", folder="followed", resolution=128, aspect_buckets=False, validation_count=2, seed=0
    )
    sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2), "dataset": dataset.out()}
    trainer = graph.add("LoRATrainer", **{**defaults(info["LoRATrainer"]), "run_name": "followed", **TINY}, **sockets)
    pickers = {picked(graph, trainer, info).id, picked(graph, trainer, info).id}
    comfy.run(graph)
    assert made_again(comfy, graph) == set()
    return Trained(comfy, home, graph, trainer, pickers)


def test_a_lora_that_was_deleted_is_written_again_and_nothing_else(trained: Trained) -> None:
    before = load_lora(trained.lora)[1]
    trained.lora.unlink()
    assert made_again(trained.comfy, trained.graph) == trained.pickers
    assert load_lora(trained.lora)[1] == before


def test_a_lora_that_another_program_wrote_is_noticed(trained: Trained) -> None:
    before = load_lora(trained.lora)[1]
    command("export", trained.run, "--epoch", 1, "--out", trained.lora)
    assert load_lora(trained.lora)[1] != before
    assert made_again(trained.comfy, trained.graph) == trained.pickers
    assert load_lora(trained.lora)[1] == before
    trained.lora.write_bytes(b"somebody else's")
    with pytest.raises(PromptFailed, match="exists and was not written by LoRA Atelier"):
        trained.comfy.run(trained.graph)
    trained.lora.unlink()
    trained.comfy.run(trained.graph)


def test_a_caption_that_is_edited_in_place_is_read(trained: Trained) -> None:
    caption = next((trained.home / "datasets" / "followed").glob("*.txt"))
    before, text = caption.stat(), caption.read_text(encoding="utf-8")
    try:
        caption.write_text(text.replace("building", "dwelling"), encoding="utf-8")
        os.utime(caption, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert caption.stat().st_size == before.st_size
        with pytest.raises(PromptFailed, match="the pictures, their captions or their split changed"):
            trained.comfy.run(trained.graph)
    finally:
        caption.write_text(text, encoding="utf-8")
    assert {trained.trainer.id, *trained.pickers} <= made_again(trained.comfy, trained.graph)


def test_a_run_that_is_trained_further_elsewhere_is_shown_as_it_is(
    trained: Trained, info: dict[str, Any], checkout: Checkout
) -> None:
    comfy, graph = trained.comfy, Graph(trained.graph)
    opened, shown = set(), []
    for name, file_name in (("followed", "opened"), ("(latest run)", "latest")):
        loader = graph.add("TrainingRunLoader", run_name=name)
        plot = graph.add("ValidationLossPlot", width=480, height=320, dark=False, run=loader.out())
        shown += [plot, picked(graph, loader, info, file_name)]
        opened |= {loader.id, *shown}
    first = comfy.run(graph)
    assert [view(first, node)["checkpoints"] for node in shown] == [[1, 2]] * 4
    assert made_again(comfy, graph) == set()
    model = ["--model", POCKET_MODEL, "--tokenizer", checkout.folder, "--device", "cpu"]
    style = ["--data", trained.home / "datasets" / "followed", "--resolution", 128, "--square", "--validation-count", 2]
    place = ["--runs", trained.run.parent, "--name", "followed", "--recipe", trained.run / "run.json"]
    command("train", *style, *model, *place, "--epochs", 4)
    again = comfy.run(graph)
    assert set(graph) - set(again.cached) == {trained.trainer.id, *trained.pickers, *opened}
    assert [view(again, node)["checkpoints"] for node in (trained.trainer, *shown)] == [[1, 2, 3, 4]] * 5
    assert made_again(comfy, graph) == set()


def test_a_run_that_was_deleted_is_trained_again(trained: Trained) -> None:
    trained.comfy.run(trained.graph)
    shutil.rmtree(trained.run)
    assert made_again(trained.comfy, trained.graph) == {trained.trainer.id, *trained.pickers}
    assert [entry["epoch"] for entry in history(trained.run, "averaged")] == [0, 1, 2]


def test_a_run_that_was_renamed_is_not_opened_by_its_old_name(trained: Trained) -> None:
    graph = Graph()
    opened = graph.add("TrainingRunLoader", run_name="followed")
    graph.add("ValidationLossPlot", width=480, height=320, dark=False, run=opened.out())
    trained.comfy.run(graph)
    trained.run.rename(trained.run.with_name("renamed"))
    with pytest.raises(PromptFailed, match="There is no training run named 'followed'"):
        trained.comfy.run(graph)
    trained.run.with_name("renamed").rename(trained.run)
    trained.comfy.run(graph)


def test_a_drawn_picture_that_was_deleted_is_drawn_again(comfy: ComfyServer, home: Path) -> None:
    graph = Graph()
    drawn = graph.add("DrawnDataset", style="bauhaus", pictures=4, validation_count=1)
    graph.add("PreviewImage", images=drawn.out(2))
    comfy.run(graph)
    assert made_again(comfy, graph) == set()
    picture = home / "datasets" / "drawn_bauhaus_4" / "bauhaus_002.png"
    before = picture.read_bytes()
    picture.unlink()
    assert made_again(comfy, graph) == set(graph)
    assert picture.read_bytes() == before


@pytest.fixture
def another_blip(home: Path) -> Iterator[Path]:
    blip = home / "models" / "blip"
    folder = Path(shutil.copytree(blip / BLIP, blip / "another blip"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_captions_follow_the_model_that_wrote_them(
    comfy: ComfyServer, home: Path, info: dict[str, Any], another_blip: Path
) -> None:
    write_style(home, "captioned by a model", 3, captions=False)
    graph = Graph()
    dataset = graph.add(
        "DatasetLoader",
        folder="captioned by a model",
        resolution=64,
        aspect_buckets=False,
        validation_count=1,
        seed=0,
    )
    settings = {**defaults(info["BlipCaptioner"]), "model": another_blip.name, "save_captions": False}
    captioner = graph.add("BlipCaptioner", **settings, dataset=dataset.out())
    shown = graph.add("PreviewAny", source=captioner.out(1))
    comfy.run(graph)
    assert made_again(comfy, graph) == set()
    weights = another_blip / "model.safetensors"
    content = weights.read_bytes()
    weights.unlink()  # it may be a link to what other tests use
    weights.write_bytes(content[:-64] + bytes(64))
    assert made_again(comfy, graph) == {captioner.id, shown.id}


def command(*arguments: object) -> None:
    """`python -m lora_core`."""
    line = [sys.executable, "-m", "lora_core", *map(str, arguments)]
    ran = subprocess.run(line, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace", check=False)
    assert ran.returncode == 0, ran.stderr
