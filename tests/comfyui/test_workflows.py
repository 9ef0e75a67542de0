"""The example workflows at work: the files themselves, made smaller, on real photographs in a real ComfyUI."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

from comfyui.harness import BLIP, THIN_MODELS, ComfyServer, Outcome, places, saved_pictures
from comfyui.photographs import china, write_photographs
from comfyui.training import history, run_folder
from devtools.graphs import Graph, find_nodes, load_graph, load_workflow, with_inputs, with_new_inputs

EPOCHS = 3
STYLES = (
    "Bauhaus",
    "Deconstructivist Architecture",
    "Parametric Architecture",
    "Renaissance",
    "Neoclassical Architecture",
)

SMALLER: dict[str, dict[str, Any]] = {
    "DatasetLoader": {"resolution": 64, "validation_count": 2},
    "BlipCaptioner": {"model": BLIP},
    "LoRATrainer": {
        "epochs": EPOCHS,
        "batch_size": 2,
        "learning_rate": 0.01,
        "warmup_steps": 2,
        "validation_timesteps": 1,
        "preview_every": 3,
        "preview_steps": 1,
        "rank": 4,
    },
    "ValidationLossPlot": {"width": 640, "height": 360},
    "EmptyLatentImage": {"width": 64, "height": 64},
    "ImageScaleToTotalPixels": {"megapixels": 0.01},
    "StyledControlNetApply": {"mask_feather": 4},
    "KSampler": {"steps": 2},
}
"""What has to be smaller for two processor cores; everything else stays as the user gets it."""


@dataclass
class Ran:
    """A workflow that has run."""

    graph: Graph
    outcome: Outcome
    comfy: ComfyServer
    log: str
    """What the server said meanwhile."""

    def ui(self, which: str) -> dict[str, Any]:
        """What the node of a title or type showed."""
        return self.outcome.outputs[find_nodes(self.graph, which)[0]]

    def pictures(self, which: str) -> list[Image.Image]:
        return saved_pictures(self.comfy, self.outcome, find_nodes(self.graph, which)[0])

    def pixels(self, which: str) -> np.ndarray:
        """The only picture of a node, float, shape (H, W, 3)."""
        (image,) = self.pictures(which)
        return np.asarray(image, dtype=np.float32)


def run(
    comfy: ComfyServer,
    name: str,
    more: Mapping[str, Mapping[str, Any]] | None = None,
    saved: Mapping[str, tuple[str, int]] | None = None,
) -> Ran:
    """Takes an example as the front end queues it, makes it smaller and queues it.

    `saved`: by title, outputs of nodes to save the pictures of besides.
    """
    graph = load_graph(name)
    for title, (node, output) in (saved or {}).items():
        images = [find_nodes(graph, node)[0], output]
        inputs = {"images": images, "filename_prefix": "besides"}
        graph[title] = {"class_type": "SaveImage", "inputs": inputs, "_meta": {"title": title}}
    there = {node["class_type"] for node in graph.values()}
    smaller = with_inputs(graph, {kind: values for kind, values in SMALLER.items() if kind in there})
    graph = with_new_inputs(with_inputs(smaller, more or {}), comfy.object_info())
    said_before = len(comfy.log_text())
    outcome = comfy.run(graph, timeout=600)
    return Ran(graph, outcome, comfy, comfy.log_text()[said_before:])


@pytest.fixture(scope="module")
def building(home: Path) -> None:
    """The photograph and the soft mask that the examples name, in both forms: left half new, right half kept."""
    photo = china()
    mask = np.zeros((photo.height, photo.width), np.uint8)
    mask[:, : photo.width // 2] = 255
    photo.putalpha(Image.fromarray(255 - mask))
    photo.save(home / "input" / "theatre.png")
    Image.fromarray(mask).save(home / "input" / "theatre_mask.png")


@pytest.fixture(scope="module")
def trained(comfy: ComfyServer, home: Path) -> Ran:
    """train_a_style, from the stock loader to the saved pictures."""
    write_photographs(home / "datasets" / "bauhaus", 6)
    return run(comfy, "train_a_style")


@pytest.fixture(scope="module")
def restyled(comfy: ComfyServer, trained: Ran, building: None) -> Ran:
    """restyle_a_building, with the run that was trained last."""
    return run(comfy, "restyle_a_building")


def test_captions_were_written_beside_the_pictures(trained: Ran, home: Path) -> None:
    captions = [path.read_text(encoding="utf-8") for path in (home / "datasets" / "bauhaus").glob("*.txt")]
    assert len(captions) == 6
    assert all(captions)


def test_the_history_tells_every_step_and_every_validation(trained: Ran, home: Path) -> None:
    run = run_folder(home, "bauhaus")
    assert (run / "run.json").is_file()
    steps = history(run, "step")
    assert [entry["step"] for entry in steps] == [*range(1, 2 * EPOCHS + 1)]  # 4 pictures in batches of 2
    assert all(math.isfinite(entry["loss"]) and entry["loss"] > 0 for entry in steps)
    (grid,) = (entry for entry in history(run, "grid") if entry["of"] == "validation")
    raw, averaged = history(run, "validation"), history(run, "averaged")
    assert [entry["epoch"] for entry in averaged] == [*range(EPOCHS + 1)]
    assert [entry["epoch"] for entry in raw] == [0, EPOCHS]  # after every fifth epoch and the last
    for entry in (*raw, *averaged):
        assert np.shape(entry["losses"]) == (2, 1)
        assert np.isfinite(entry["losses"]).all()
        assert entry["loss"] == pytest.approx(np.mean(np.multiply(grid["weights"], entry["losses"])))
    assert [entry["what"] for entry in history(run, "event")] == ["finished"]


def test_the_run_folder_has_checkpoints_previews_state_and_tensorboard(trained: Ran, home: Path) -> None:
    run = run_folder(home, "bauhaus")
    assert {path.stem for path in (run / "checkpoints").iterdir()} == {
        f"epoch_000{epoch}{ending}" for epoch in (1, 2, 3) for ending in ("", "_averaged")
    }
    previews = sorted((run / "previews").iterdir())
    assert [path.name for path in previews] == ["epoch_0000.png", "epoch_0003.png"]
    for path in previews:
        with Image.open(path) as image:
            assert image.size == (64, 64)
    assert list((run / "state").glob("*.safetensors"))
    assert list((run / "tensorboard").iterdir())


def test_the_picked_lora_is_in_the_loras_folder(trained: Ran, home: Path) -> None:
    view = trained.ui("CheckpointPicker")["lora_atelier_view"][0]
    epoch, averaged = view["selection"]["epoch"], view["selection"]["weights"] == "averaged"
    picked = home / "models" / "loras" / f"bauhaus-epoch-{epoch:04d}{'-averaged' * averaged}.safetensors"
    checkpoints = run_folder(home, "bauhaus") / "checkpoints"
    checkpoint = checkpoints / f"epoch_{epoch:04d}{'_averaged' * averaged}.safetensors"
    with safe_open(picked, framework="np") as lora, safe_open(checkpoint, framework="np") as trained_lora:
        keys = set(lora.keys())
        assert keys == set(trained_lora.keys())
        assert all(np.array_equal(lora.get_tensor(key), trained_lora.get_tensor(key)) for key in keys)
        assert json.loads(lora.metadata()["lora_atelier.picked"])["epoch"] == epoch
        trained_up = [key for key in keys if key.endswith("lora_up.weight") and np.abs(lora.get_tensor(key)).max() > 0]
    assert len(keys) == 354 * 3
    assert len(trained_up) == 354
    (reason,) = trained.ui("Why this epoch")["text"]
    assert str(epoch) in reason


def test_the_figure_is_saved(trained: Ran, home: Path) -> None:
    assert list((home / "output" / "lora_atelier").glob("validation_loss_*.png"))
    (figure,) = trained.pictures("Save the figure")
    assert figure.size == (640, 360)
    assert len(figure.getcolors(1 << 20)) > 20


def test_the_nodes_show_the_run(trained: Ran) -> None:
    for node in ("LoRATrainer", "ValidationLossPlot", "CheckpointPicker"):
        (view,) = trained.ui(node)["lora_atelier_view"]
        assert view["run"] == "bauhaus"
    (report,) = trained.ui("What was found")["text"]
    assert "bauhaus" in report


def test_the_lora_changes_the_picture(trained: Ran) -> None:
    styled, plain = trained.pixels("With the style"), trained.pixels("Without it: same prompt, same seed")
    assert styled.shape == plain.shape == (64, 64, 3)
    assert np.abs(styled - plain).mean() > 1


def test_every_key_of_the_lora_was_understood(trained: Ran, restyled: Ran) -> None:
    assert "lora key not loaded" not in trained.log + restyled.log


def test_lines_depth_and_style_make_a_new_building(restyled: Ran, comfy: ComfyServer, home: Path) -> None:
    lines, depth = restyled.pixels("Lines"), restyled.pixels("Depth")
    result = restyled.pixels("The building in the style")
    assert lines.shape == depth.shape
    assert 0 < lines.mean() < 128, "white lines on black"
    assert depth.std() > 0
    assert result.shape == (*(side // 8 * 8 for side in lines.shape[:2]), 3)
    assert result.std() > 5
    assert list((home / "output" / "lora_atelier").glob("restyled_*.png"))


def test_the_style_and_the_soft_mask_have_their_effect(restyled: Ran, comfy: ComfyServer) -> None:
    plain = run(comfy, "restyle_a_building", {"StyledControlNetApply": {"lora_strength": 0.0}})
    changed = np.abs(restyled.pixels("The building in the style") - plain.pixels("The building in the style"))
    half = changed.shape[1] // 2
    assert changed[:, : half - 8].mean() > 1
    assert changed[:, half + 8 :].mean() < changed[:, : half - 8].mean()


def test_five_folders_give_five_of_everything(comfy: ComfyServer, home: Path, building: None) -> None:
    for number, style in enumerate(STYLES):
        write_photographs(home / "datasets" / "five_styles" / style, 2, first=10 + 2 * number)
    comfy.free()
    shorter = {"epochs": 1, "batch_size": 1, "preview_every": 0, "rank": 1}
    more = {
        **THIN_MODELS,
        "DatasetLoader": {"validation_count": 1},
        "LoRATrainer": shorter,
        "KSampler": {"steps": 2, "cfg": 1.0, "scheduler": "normal"},
        "SheetCells": {"strengths": "1"},
    }
    ran = run(comfy, "five_styles", more)
    order = [view["run"] for view in ran.ui("LoRATrainer")["lora_atelier_view"]]
    assert sorted(order) == sorted(STYLES)
    for node in ("ValidationLossPlot", "CheckpointPicker"):
        assert [view["run"] for view in ran.ui(node)["lora_atelier_view"]] == order
    for style in STYLES:
        run_of_style = run_folder(home, style)
        assert [entry["epoch"] for entry in history(run_of_style, "validation")] == [0, 1]
        assert (home / "models" / "loras" / f"{style}-epoch-0001-averaged.safetensors").is_file()
    assert len(ran.pictures("Save the figure")) == 5
    restyled = [np.asarray(image, dtype=np.float32) for image in ran.pictures("One building, five styles")]
    assert len(restyled) == 5
    for number, one in enumerate(restyled):
        assert all(np.abs(one - other).mean() > 0 for other in restyled[number + 1 :])
    sheet = ran.pixels("Save the sheet")
    rows = [top for one in restyled for top, _ in places(sheet, one)]
    assert len(rows) == 5
    assert rows == sorted(set(rows)), "from top to bottom, in the order of the folders"


def test_learning_without_a_gpu_needs_no_model_and_no_pictures_of_ones_own(comfy: ComfyServer, home: Path) -> None:
    more = {
        "DrawnDataset": {"pictures": 6, "validation_count": 2},
        "EmptyLatentImage": {"width": 128, "height": 128, "batch_size": 2},
    }
    ran = run(comfy, "learn_without_a_gpu", more)
    assert not [node for node in load_workflow("learn_without_a_gpu")["nodes"] if node["properties"].get("models")]
    drawn = sorted((home / "datasets" / "drawn_bauhaus_6").iterdir())
    assert [path.name for path in drawn[:2]] == ["bauhaus_001.png", "bauhaus_001.txt"]
    assert len(drawn) == 12
    assert not any("bauhaus" in path.read_text(encoding="utf-8").lower() for path in drawn if path.suffix == ".txt")
    with Image.open(drawn[0]) as image:
        assert image.size == (128, 128)
    losses = [entry["loss"] for entry in history(run_folder(home, "drawn_bauhaus_6"), "averaged")]
    assert len(losses) == EPOCHS + 1
    assert np.isfinite(losses).all()
    styled, plain = ran.pictures("With the style"), ran.pictures("Without it: same prompt, same seed")
    assert [image.size for image in (*styled, *plain)] == [(128, 128)] * 4
    assert np.abs(np.asarray(styled[0], np.float32) - np.asarray(plain[0], np.float32)).mean() > 1
    written = [path.stat().st_mtime_ns for path in drawn]
    comfy.free()
    run(comfy, "learn_without_a_gpu", more)
    assert [path.stat().st_mtime_ns for path in drawn] == written, "what is drawn is not drawn again"


def test_five_styles_without_a_gpu_need_nothing_but_the_pack(comfy: ComfyServer) -> None:
    assert not [node for node in load_workflow("restyle_without_a_gpu")["nodes"] if node["properties"].get("models")]
    photo, cells = {"photo": ("DrawnBuilding", 0)}, {"cells": ("RestylePassport", 0)}
    more = {"StyleSheet": {"cell_size": 0}}
    ran = run(comfy, "restyle_without_a_gpu", more, {**photo, **cells})
    sheet, made = ran.pixels("Save the sheet"), [np.asarray(each, np.float32) for each in ran.pictures("cells")]
    corners = [corner for cell in made for corner in places(sheet, cell)]
    assert len(corners) == len(made)
    assert corners == sorted(corners), "in the order of reading"
    columns = len(made) // 5
    assert [len([corner for corner in corners if corner[0] == top]) for top in sorted(dict(corners))] == [columns] * 5
    assert places(sheet, ran.pixels("photo")), "the drawn building comes first"
    last = made[columns - 1 :: columns]
    assert all(np.abs(one - other).mean() > 1 for one, other in combinations(last, 2)), "five styles"
    free = run(comfy, "restyle_without_a_gpu", {"StyledControlNetApply": {"lineart_strength": 0.0}}, cells)
    others = [np.asarray(each, np.float32) for each in free.pictures("cells")]
    assert all(np.abs(one - other).mean() > 0.1 for one, other in zip(made, others, strict=True)), "lines are followed"
