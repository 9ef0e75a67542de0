"""A user's mistake ends within seconds in a sentence that says what, where, what was got and what to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comfyui.harness import THIN, ComfyServer, Graph, NodeError, PromptFailed, PromptRejected, defaults
from comfyui.training import Training, training_graph, write_style

SECONDS = 30
"""Enough on a busy machine."""


@pytest.fixture(scope="module")
def info(comfy: ComfyServer, home: Path) -> dict[str, Any]:
    """What ComfyUI knows about its nodes, once a good style is on the disk and the checkpoint in memory."""
    write_style(home, "good style", 4)
    graph = Graph()
    text = graph.add("CLIPTextEncode", text="", clip=graph.base_model(THIN).out(1))
    graph.add("PreviewAny", source=text.out(0))
    comfy.run(graph)
    return comfy.object_info()


@pytest.fixture(autouse=True)
def nothing_was_trained(home: Path) -> Iterator[None]:
    """No test here may leave a run behind."""
    runs = home / "output" / "lora_atelier" / "runs"
    before = {entry.name for entry in runs.glob("*")}
    yield
    assert {entry.name for entry in runs.glob("*")} == before


def refused(comfy: ComfyServer, training: Training) -> NodeError:
    """The one error of a graph that ComfyUI's validation stops before any node has run."""
    with pytest.raises(PromptRejected) as caught:
        comfy.submit(training.graph)
    (error,) = caught.value.errors
    return error


def failed(comfy: ComfyServer, training: Training) -> NodeError:
    """The one error of a graph that a node stops, in a few seconds."""
    begun = time.monotonic()
    with pytest.raises(PromptFailed) as caught:
        comfy.run(training.graph, timeout=300)
    assert time.monotonic() - begun < SECONDS
    (error,) = caught.value.errors
    return error


def test_a_folder_that_is_missing(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    training = training_graph(info, "no such style", "never")
    error = refused(comfy, training)
    assert (error.node_id, error.node_type) == (training.dataset, "DatasetLoader")
    for part in ("'no such style'", "ComfyUI/datasets", "ComfyUI/input", "Put your pictures"):
        assert part in error.message
    assert str(home) not in error.message


def test_a_folder_without_pictures(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    folder = home / "datasets" / "empty style"
    folder.mkdir()
    (folder / "notes.txt").write_text("pictures to come", encoding="utf-8")
    error = refused(comfy, training_graph(info, "empty style", "never"))
    assert error.node_type == "DatasetLoader"
    assert "No pictures in ComfyUI/datasets/empty style" in error.message
    assert str(folder) not in error.message


def test_a_folder_outside_of_the_datasets(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    error = refused(comfy, training_graph(info, "../models", "never"))
    assert error.node_type == "DatasetLoader"
    assert "'../models'" in error.message


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "..", "  ", "con"])
def test_a_run_name_that_cannot_be_a_folder(comfy: ComfyServer, info: dict[str, Any], name: str) -> None:
    training = training_graph(info, "good style", name)
    error = refused(comfy, training)
    assert (error.node_id, error.node_type) == (training.trainer, "LoRATrainer")
    assert "run name" in error.message


def test_fewer_pictures_than_are_held_out(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    error = failed(comfy, training_graph(info, "good style", "never", validation_count=8))
    assert error.node_type == "DatasetLoader"
    assert error.kind.endswith("DatasetError")
    for part in ("4 usable pictures", "make 9", "Add pictures or lower validation_count", "good style"):
        assert part in error.message


def test_pictures_without_captions(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    folder = write_style(home, "silent style", 4, first=4, captions=False)
    error = failed(comfy, training_graph(info, "silent style", "never"))
    assert error.node_type == "LoRATrainer"
    assert error.kind.endswith("CaptionError")
    for part in ("photograph 04.jpg", "1 more", "ComfyUI/datasets/silent style", "BLIP Captioner"):
        assert part in error.message
    assert str(folder) not in error.message


def test_a_base_model_of_another_family(comfy: ComfyServer, home: Path, info: dict[str, Any], standins) -> None:
    training = training_graph(info, "good style", "never")
    other = training.graph.base_model(standins.install_other_model(home))
    training.set(model=other.out(0))
    error = failed(comfy, training)
    assert error.node_type == "LoRATrainer"
    assert error.kind.endswith("BaseModelError")
    for part in ("Stable Diffusion 1.5", "Stable Diffusion 2", "Load Checkpoint"):
        assert part in error.message


def test_a_checkpoint_that_is_a_unet_alone(comfy: ComfyServer, home: Path, info: dict[str, Any], standins) -> None:
    training = training_graph(info, "good style", "never")
    other = training.graph.base_model(standins.install_other_model(home))
    training.set(model=other.out(0), clip=other.out(1), vae=other.out(2))
    error = failed(comfy, training)
    assert error.node_type == "LoRATrainer"
    assert error.kind.endswith("BaseModelError")
    assert "Stable Diffusion 2" in error.message


def test_a_run_that_is_gone(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    graph = Graph()
    plot = defaults(info["ValidationLossPlot"])
    graph.add("ValidationLossPlot", **plot, run=graph.add("TrainingRunLoader", run_name="gone").out(0))
    with pytest.raises((PromptRejected, PromptFailed)) as caught:  # older versions do not check such a choice
        comfy.run(graph)
    (error,) = caught.value.errors
    assert error.node_type == "TrainingRunLoader"
    assert "'gone'" in error.message
