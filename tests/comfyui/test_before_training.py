"""What would go wrong with the last style, or with what MODEL and CLIP carry, ends the graph before any trains."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open

from comfyui.harness import ComfyServer, Graph, Node, NodeError, PromptFailed, defaults
from comfyui.training import TINY, history, run_folder, write_style

STYLES = ("Bauhaus in brief", "Неокласика")


@pytest.fixture(scope="module")
def info(comfy: ComfyServer, home: Path) -> dict[str, Any]:
    """What ComfyUI knows about its nodes, once two styles are on the disk."""
    for name in ("two styles", "one is silent"):
        for number, style in enumerate(STYLES):
            silent = name == "one is silent" and number == 1
            write_style(home, f"{name}/{style}", 3, first=20 + 3 * number, captions=not silent)
    return comfy.object_info()


class Pocket(Graph):
    """A graph that trains the pocket model."""

    def __init__(self, info: dict[str, Any]) -> None:
        self.info = info
        base = self.add("PocketModelLoader")
        self.model, self.clip, self.vae = (base.out(index) for index in range(3))

    def dataset(self, folder: str = "two styles") -> list[Any]:
        settings = {"resolution": 64, "aspect_buckets": False, "validation_count": 1, "seed": 0}
        return self.add("DatasetLoader", folder=folder, **settings).out()

    def trainer(self, dataset: list[Any], **settings: Any) -> Node:
        sockets = {"model": self.model, "clip": self.clip, "vae": self.vae, "dataset": dataset}
        return self.add("LoRATrainer", **{**defaults(self.info["LoRATrainer"]), **TINY, **sockets, **settings})

    def picker(self, run: list[Any], **settings: Any) -> Node:
        return self.add("CheckpointPicker", **{**defaults(self.info["CheckpointPicker"]), "run": run, **settings})


def refused(comfy: ComfyServer, home: Path, graph: Graph) -> NodeError:
    """The error of a graph that its trainer stops before it has made a folder for a run."""
    runs = home / "output" / "lora_atelier" / "runs"
    before = {path.name for path in runs.glob("*")}
    with pytest.raises(PromptFailed) as caught:
        comfy.run(graph, timeout=300)
    (error,) = caught.value.errors
    assert error.node_type == "LoRATrainer"
    assert {path.name for path in runs.glob("*")} == before
    return error


def test_a_missing_caption_in_the_second_style(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    graph = Pocket(info)
    graph.trainer(graph.dataset("one is silent"))
    error = refused(comfy, home, graph)
    assert error.kind.endswith("CaptionError") and f"datasets/one is silent/{STYLES[1]}" in error.message


def test_two_styles_in_one_run(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    graph = Pocket(info)
    graph.trainer(graph.dataset(), run_name="same")
    message = refused(comfy, home, graph).message
    assert all(part in message for part in (*STYLES, "'same'", "{style}"))


def test_two_trainers_with_one_run_name(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    graph = Pocket(info)
    dataset = graph.dataset()
    for rank in (2, 3):
        graph.trainer(dataset, rank=rank)
    assert "Two LoRA Trainers in this graph" in refused(comfy, home, graph).message


def test_two_pickers_with_one_file_name(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    graph = Pocket(info)
    for rank in (2, 3):
        run = graph.trainer(graph.dataset(), rank=rank, run_name=f"{{style}} {rank}").out()
        graph.picker(run, file_name="arch")
    assert "Two Checkpoint Pickers in this graph" in refused(comfy, home, graph).message


def sampling(graph: Pocket, kind: str, zsnr: bool = False) -> None:
    graph.model = graph.add("ModelSamplingDiscrete", model=graph.model, sampling=kind, zsnr=zsnr).out()


def patched(node: str, **settings: Any) -> Callable[[Pocket], None]:
    def patch(graph: Pocket) -> None:
        graph.model = graph.add(node, model=graph.model, **settings).out()

    return patch


def last_layer(graph: Pocket, layer: int = -2) -> None:
    graph.clip = graph.add("CLIPSetLastLayer", clip=graph.clip, stop_at_clip_layer=layer).out()


CARRIED: dict[str, Callable[[Pocket], None]] = {
    "ModelSamplingDiscrete (v_prediction)": lambda graph: sampling(graph, "v_prediction"),
    "ModelSamplingDiscrete (lcm)": lambda graph: sampling(graph, "lcm"),
    "ModelSamplingDiscrete (x0)": lambda graph: sampling(graph, "x0"),
    "ModelSamplingDiscrete (other noise levels)": lambda graph: sampling(graph, "eps", zsnr=True),
    "CLIPSetLastLayer (-2)": last_layer,
    "RescaleCFG": patched("RescaleCFG", multiplier=0.7),
    "FreeU_V2": patched("FreeU_V2", b1=1.3, b2=1.4, s1=0.9, s2=0.2),
    "HyperTile": patched("HyperTile", tile_size=256, swap_size=2, max_depth=0, scale_depth=False),
    "DifferentialDiffusion": patched("DifferentialDiffusion"),
    "PatchModelAddDownscale": patched(
        "PatchModelAddDownscale",
        block_number=3,
        downscale_factor=2.0,
        start_percent=0.0,
        end_percent=0.35,
        downscale_after_skip=True,
        downscale_method="bicubic",
        upscale_method="bicubic",
    ),
}


@pytest.mark.parametrize("name", CARRIED)
def test_what_training_would_ignore_is_named(comfy: ComfyServer, home: Path, info: dict[str, Any], name: str) -> None:
    graph = Pocket(info)
    CARRIED[name](graph)
    graph.trainer(graph.dataset("one is silent"))  # the model is looked at before the pictures
    error = refused(comfy, home, graph)
    assert error.kind.endswith("BaseModelError")
    assert f"input carries {name}, which training would ignore" in error.message


@pytest.fixture(scope="module")
def trained(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> Any:
    """Two styles through one trainer and one picker with a file name; MODEL and CLIP carry what changes nothing."""
    graph = Pocket(info)
    sampling(graph, "eps")
    last_layer(graph, -1)
    run = graph.trainer(graph.dataset()).out()
    graph.picker(run, file_name="arch", rule="chosen epoch", epoch=2)
    return comfy.run(graph, timeout=300)


def test_each_style_gets_a_file_of_its_own(trained: Any, home: Path) -> None:
    for style in STYLES:
        assert history(run_folder(home, style), "event")[-1]["what"] == "finished"
        with safe_open(home / "models" / "loras" / f"arch-{style}.safetensors", framework="np") as lora:
            assert lora.metadata()["ss_output_name"] == style
    assert not (home / "models" / "loras" / "arch.safetensors").exists()


def test_a_run_without_its_state_is_continued_from_its_last_lora(
    trained: Any, comfy: ComfyServer, home: Path, info: dict[str, Any]
) -> None:
    graph = Pocket(info)
    old = graph.add("TrainingRunLoader", run_name=STYLES[0])
    lora = graph.picker(old.out(), rule="chosen epoch", epoch=2).out(2)
    graph.trainer(graph.dataset(), run_name="{style} further", start_from=lora)
    comfy.run(graph, timeout=300)
    prints = [
        json.loads((run_folder(home, f"{style} further") / "run.json").read_text("utf-8"))["fingerprints"]["start"]
        for style in STYLES
    ]
    assert len(set(prints)) == 1 and len(prints[0]) == 32
    other = Pocket(info)
    lora = other.picker(other.add("TrainingRunLoader", run_name=STYLES[0]).out(), rule="chosen epoch", epoch=2).out(2)
    other.trainer(other.dataset(), run_name="{style} of rank 3", rank=3, start_from=lora)
    assert "has rank 2, this run rank 3" in refused(comfy, home, other).message
