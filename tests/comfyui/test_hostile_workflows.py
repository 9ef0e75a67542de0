"""What a workflow from a stranger can ask of the nodes, sent to a real server: each is answered by a sentence.

No answer shows where on the machine something lies.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comfyui.harness import BLIP, ComfyServer, Graph, NodeError, PromptFailed, PromptRejected, defaults, write_pictures
from comfyui.training import training_graph, write_style
from devtools.comfyui import Checkout
from devtools.home import make_home, remove_home

LINKS = pytest.mark.skipif(os.name == "nt", reason="links need rights on this system")
PATHS = [
    *("\\\\server\\share", "//server/share", "/etc", "C:\\Windows", "C:x", "..", ".", "../models", "a/../../b"),
    *("a\0b", "a\nb", "bell\x07", "\ud800", "gpj.\u202eexe", "", "x" * 300, "я" * 200),
    *("NUL.png", "COM¹", "CONIN$", "conout$.txt", "dot.", "space "),
]
"""Texts that are no name of a run or file on every system; a folder of pictures has none of these names either."""


@pytest.fixture(scope="module")
def info(comfy: ComfyServer, home: Path) -> dict[str, Any]:
    write_style(home, "good style", 4)
    return comfy.object_info()


@pytest.fixture(autouse=True)
def nothing_was_trained_or_exported(home: Path) -> Iterator[None]:
    """No hostile workflow leaves a run or a LoRA behind."""
    folders = [home / "output" / "lora_atelier" / "runs", home / "models" / "loras"]
    before = [sorted(folder.glob("**/*")) for folder in folders]
    yield
    assert [sorted(folder.glob("**/*")) for folder in folders] == before


def answer(comfy: ComfyServer, home: Path, graph: Graph, node: str, kind: str) -> NodeError:
    """The first thing that ComfyUI says about a node of a graph that is refused or fails there."""
    with pytest.raises((PromptRejected, PromptFailed)) as caught:
        comfy.run(graph, timeout=300)
    errors = caught.value.errors
    assert {(error.node_id, error.node_type) for error in errors} == {(str(node), kind)}, errors
    for error in errors:
        assert str(home) not in error.message
        assert "Traceback" not in error.message
        error.message.encode("utf-8")
    if isinstance(caught.value, PromptFailed):  # one of the pack's own sentences, no raw error of a library
        assert "lora_core.errors." in errors[0].kind, errors[0]
        entry = comfy.get_json(f"/history/{caught.value.outcome.prompt_id}")
        assert str(home / "datasets") not in json.dumps(entry, ensure_ascii=False)
    return errors[0]


def loader(graph: Graph, folder: Any, **settings: Any) -> Any:
    values = {"resolution": 64, "aspect_buckets": False, "validation_count": 1, "seed": 0, **settings}
    node = graph.add("DatasetLoader", folder=folder, **values)
    graph.add("PreviewAny", source=node.out(1))
    return node


@pytest.mark.parametrize("text", PATHS, ids=ascii)
def test_a_folder_that_is_a_path(comfy: ComfyServer, home: Path, info: dict[str, Any], text: str) -> None:
    graph = Graph()
    error = answer(comfy, home, graph, loader(graph, text), "DatasetLoader")
    assert "older" in error.message  # "The folder ..." or "No folder ..."


@pytest.mark.parametrize("value", [5, 1.5, None, True, {"a": 1}, {"__value__": ["good style"]}], ids=repr)
def test_a_folder_that_is_no_text(comfy: ComfyServer, home: Path, info: dict[str, Any], value: Any) -> None:
    graph = Graph()
    error = answer(comfy, home, graph, loader(graph, value), "DatasetLoader")
    assert "folder" in error.message


@pytest.mark.parametrize("text", PATHS, ids=ascii)
def test_a_run_name_that_is_none(comfy: ComfyServer, home: Path, info: dict[str, Any], text: str) -> None:
    if text == "space ":
        pytest.skip("spaces around a name are taken away")
    training = training_graph(info, "good style", text)
    error = answer(comfy, home, training.graph, training.trainer, "LoRATrainer")
    assert "The run name" in error.message


@pytest.mark.parametrize("text", PATHS, ids=ascii)
def test_a_run_to_open_that_is_none(comfy: ComfyServer, home: Path, info: dict[str, Any], text: str) -> None:
    graph = Graph()
    run = graph.add("TrainingRunLoader", run_name=text)
    graph.add("ValidationLossPlot", **defaults(info["ValidationLossPlot"]), run=run.out(0))
    error = answer(comfy, home, graph, run, "TrainingRunLoader")
    assert "The run name" in error.message


def picker(info: dict[str, Any], **settings: Any) -> tuple[Graph, str]:
    graph = Graph()
    run = graph.add("TrainingRunLoader", run_name="(latest run)")
    node = graph.add("CheckpointPicker", **{**defaults(info["CheckpointPicker"]), **settings}, run=run.out(0))
    return graph, node


@pytest.mark.parametrize("text", [text for text in PATHS if text not in ("", "space ", "я" * 200)], ids=ascii)
def test_a_file_name_that_is_none(comfy: ComfyServer, home: Path, info: dict[str, Any], text: str) -> None:
    graph, node = picker(info, file_name=text)
    error = answer(comfy, home, graph, node, "CheckpointPicker")
    assert "The file name" in error.message


@pytest.mark.parametrize("value", ["bogus", 5, None, {"a": 1}, {"__value__": ["lowest in G"]}], ids=repr)
@pytest.mark.parametrize("name", ["rule", "weights"])
def test_a_choice_of_the_picker_that_is_none(
    comfy: ComfyServer, home: Path, info: dict[str, Any], name: str, value: Any
) -> None:
    graph, node = picker(info, **{name: value})
    with pytest.raises((PromptRejected, PromptFailed)) as caught:
        comfy.run(graph, timeout=300)
    first = caught.value.errors[0]
    if (
        value is None and first.node_type == "TrainingRunLoader"
    ):  # looks as if it came from another node; there is no run
        return
    assert first.node_id == node and name in first.message


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rows": "bogus"}, "rows must be one of"),
        ({"columns": "bogus"}, "columns must be one of"),
        ({"columns": "epochs"}, "Rows and columns are both epochs"),
        *(({"strengths": text}, "strengths must be numbers") for text in ("", "much", "nan", "1e999", "11", "\ud800")),
        *(({"epochs": text}, "epochs must be") for text in ("x", "0", "1.5", "-1", "1e999")),
    ],
    ids=ascii,
)
def test_a_sheet_that_cannot_be_is_refused_before_anything_is_trained(
    comfy: ComfyServer, home: Path, info: dict[str, Any], settings: dict[str, str], words: str
) -> None:
    training = training_graph(info, "good style", "never")
    sheet = {**defaults(info["SheetCells"]), **settings}
    cells = training.graph.add("SheetCells", **sheet, run=[training.trainer, 0])
    training.graph.add("PreviewAny", source=cells.out(0))
    error = answer(comfy, home, training.graph, cells, "SheetCells")
    assert words in error.message


CHOICES = [
    ("DrawnDataset", "style", "bogus"),
    ("BlipCaptioner", "model", "../../etc"),
    ("BlipCaptioner", "existing_captions", "bogus"),
    ("DepthMap", "model", "bogus"),
    *(("LoRATrainer", name, "bogus") for name in ("layers", "precision", "gradient_checkpointing", "save_precision")),
]
NUMBERS = [
    *(("LoRATrainer", name, float("nan")) for name in ("learning_rate", "alpha", "weight_decay", "average_decay")),
    ("LoRATrainer", "learning_rate", float("inf")),
    ("LoRATrainer", "epochs", -1),
    ("LoRATrainer", "epochs", float("nan")),
    ("LoRATrainer", "seed", 2**70),
    ("LoRATrainer", "rank", 10**9),
    ("DrawnDataset", "pictures", 10**9),
    ("DrawnDataset", "validation_count", 0),
    ("LineartMap", "detail", float("nan")),
    ("LineartMap", "detail", float("-inf")),
    ("DatasetLoader", "resolution", 65),
    ("DatasetLoader", "resolution", 10**9),
    ("DatasetLoader", "validation_count", -5),
]


@pytest.mark.parametrize(("kind", "name", "value"), [*CHOICES, *NUMBERS], ids=repr)
def test_an_input_out_of_its_range(
    comfy: ComfyServer, home: Path, info: dict[str, Any], kind: str, name: str, value: Any
) -> None:
    graph, node = alone(info, kind, {name: value})
    error = answer(comfy, home, graph, node, kind)
    assert name in error.message or "resolution" in error.message


def alone(info: dict[str, Any], kind: str, settings: dict[str, Any]) -> tuple[Graph, str]:
    """A graph with one node of the given class, and the nodes that it needs."""
    graph = Graph()
    sockets: dict[str, Any] = {}
    if kind in ("BlipCaptioner", "LoRATrainer"):
        sockets["dataset"] = loader(graph, "good style").out(0)
    if kind in ("DepthMap", "LineartMap"):
        sockets["image"] = graph.add("EmptyImage", width=64, height=64, batch_size=1, color=0).out(0)
    if kind == "LoRATrainer":
        pocket = graph.add("PocketModelLoader")
        sockets |= {"model": pocket.out(0), "clip": pocket.out(1), "vae": pocket.out(2)}
    first = {"folder": "good style"} if kind == "DatasetLoader" else {}
    node = graph.add(kind, **{**defaults(info[kind]), **first, **settings}, **sockets)
    if kind not in ("LoRATrainer",):
        graph.add("PreviewAny", source=node.out(0))
    return graph, node


def test_a_number_from_another_node(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    graph = Graph()
    number = graph.add("PrimitiveInt", value=10**9)
    error = answer(comfy, home, graph, loader(graph, "good style", resolution=number.out(0)), "DatasetLoader")
    assert "resolution must be from 64 to 1024, got 1000000000" in error.message


@pytest.mark.parametrize("text", ["../elsewhere", "NUL", "\ud800"], ids=ascii)
def test_a_name_from_another_node(comfy: ComfyServer, home: Path, info: dict[str, Any], text: str) -> None:
    training = training_graph(info, "good style", "never")
    name = training.graph.add("PrimitiveString", value=text)
    training.set(run_name=name.out(0))
    error = answer(comfy, home, training.graph, training.trainer, "LoRATrainer")
    assert "run name" in error.message or "run_name" in error.message


@pytest.mark.parametrize(
    "value", [True, 5, "x", {"a": 1}, {"__value__": ["x"]}, {"__value__": ["2", 0]}, {"__value__": ["3", 0]}], ids=repr
)
def test_a_picture_that_is_none(comfy: ComfyServer, home: Path, info: dict[str, Any], value: Any) -> None:
    graph = Graph()
    node = graph.add("LineartMap", image=value, detail=0.5)
    graph.add("PrimitiveInt", value=7)
    graph.add("SolidMask", value=1.0, width=64, height=64)
    graph.add("PreviewImage", images=node.out(0))
    error = answer(comfy, home, graph, node, "LineartMap")
    assert "image must be of type IMAGE, got" in error.message


@pytest.mark.parametrize("name", ["model", "clip", "vae"])
def test_a_model_that_is_none(comfy: ComfyServer, home: Path, info: dict[str, Any], name: str) -> None:
    training = training_graph(info, "good style", "never")
    training.graph[training.trainer]["inputs"][name] = {"__value__": ["1000", 0]}
    training.graph["1000"] = {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 1}}
    training.graph["1000"]["inputs"]["color"] = 0
    error = answer(comfy, home, training.graph, training.trainer, "LoRATrainer")
    assert f"{name} must be of type {name.upper()}, got Tensor" in error.message


def test_half_a_character_in_a_prompt(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    training = training_graph(info, "good style", "never", preview_prompt="a \ud83d house")
    error = answer(comfy, home, training.graph, training.trainer, "LoRATrainer")
    assert "preview_prompt holds half a character" in error.message


# What could be destroyed


def captioned(graph: Graph, folder: str) -> Any:
    node = graph.add(
        "BlipCaptioner",
        dataset=loader(graph, folder).out(0),
        model=BLIP,
        trigger_word="",
        prefix="",
        existing_captions="overwrite",
        save_captions=True,
    )
    return graph.add("PreviewAny", source=node.out(1))


def test_captions_that_a_workflow_overwrites_are_kept(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    folder = write_style(home, "captioned by hand", 4, first=8)
    written = {path.name: path.read_bytes() for path in folder.glob("*.txt")}
    assert len(written) == 4
    graph = Graph()
    shown = captioned(graph, folder.name)
    outcome = comfy.run(graph, timeout=300)
    kept = folder / "captions_before_1"
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == written
    assert {path.name: path.read_bytes() for path in folder.glob("*.txt")} != written
    assert "The captions that were replaced are in captions_before_1." in "".join(outcome.outputs[shown]["text"])
    again = Graph()
    report = again.add("PreviewAny", source=loader(again, folder.name).out(1))
    assert "captions_before" not in "".join(comfy.run(again).outputs[report]["text"])


def test_drawings_are_not_mixed_into_a_folder_of_ones_own(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    folder = write_pictures(home / "datasets" / "drawn_bauhaus_3", 2)
    before = sorted(folder.iterdir())
    graph = Graph()
    node = graph.add("DrawnDataset", style="bauhaus", pictures=3, validation_count=1)
    graph.add("PreviewAny", source=node.out(1))
    error = answer(comfy, home, graph, node, "DrawnDataset")
    assert "has pictures that were not drawn: picture 00.png, picture 01.png" in error.message
    assert sorted(folder.iterdir()) == before


# Links


@LINKS
def test_a_link_of_the_owners_loads_and_one_further_in_does_not(
    comfy: ComfyServer, home: Path, info: dict[str, Any]
) -> None:
    elsewhere = write_style(home, "to be moved", 4, first=4)
    elsewhere = Path(shutil.move(elsewhere, home / "S"))
    (home / "datasets" / "linked").symlink_to(elsewhere, target_is_directory=True)
    (home / "datasets" / "group").mkdir()
    (home / "datasets" / "group" / "linked").symlink_to(elsewhere, target_is_directory=True)
    offered = comfy.object_info("DatasetLoader")["DatasetLoader"]["input"]["required"]["folder"]
    choices = offered[1]["options"] if offered[0] == "COMBO" else offered[0]
    assert "linked" in choices and not any(choice.startswith("group") for choice in choices)
    graph = Graph()
    report = graph.add("PreviewAny", source=loader(graph, "linked").out(1))
    assert "".join(comfy.run(graph).outputs[report]["text"]).startswith("linked: 4 pictures")
    refused = Graph()
    error = answer(comfy, home, refused, loader(refused, "group/linked"), "DatasetLoader")
    assert "goes through a link" in error.message


@LINKS
def test_links_in_a_shared_folder_of_pictures(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    folder = write_style(home, "shared style", 4, first=12)
    (home / "secret.txt").write_text("letmein", encoding="utf-8")
    (folder / "photograph 12.txt").unlink()
    (folder / "photograph 12.txt").symlink_to(home / "secret.txt")
    (folder / "stolen.png").symlink_to(write_pictures(home / "private", 1) / "picture 00.png")
    graph = Graph()
    shown = graph.add("PreviewAny", source=loader(graph, folder.name).out(1))
    report = json.loads(json.dumps("".join(comfy.run(graph).outputs[shown]["text"])))
    assert "letmein" not in report
    assert "photograph 12.txt is a link, so it was not read" in report
    assert "stolen.png: it is a link out of the style's folder" in report


@LINKS
def test_a_run_that_is_a_link_is_not_trained_into(comfy: ComfyServer, home: Path, info: dict[str, Any]) -> None:
    runs = home / "output" / "lora_atelier" / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    (home / "outside").mkdir()
    (runs / "a link").symlink_to(home / "outside", target_is_directory=True)
    training = training_graph(info, "good style", "a link")
    error = answer(comfy, home, training.graph, training.trainer, "LoRATrainer")
    assert "is a link to another folder" in error.message
    (runs / "a link").unlink()
    runs.rmdir() if not any(runs.iterdir()) else None
    assert list((home / "outside").iterdir()) == []


# Folders that extra_model_paths.yaml names


def test_datasets_of_a_yaml_and_of_comfyui_are_both_offered(checkout: Checkout, tmp_path: Path) -> None:
    folder = make_home(tmp_path / "home")
    write_pictures(tmp_path / "disk two" / "of the yaml", 3)
    write_pictures(folder / "datasets" / "of comfyui", 3)
    yaml = tmp_path / "paths.yaml"
    yaml.write_text(f"mine:\n  datasets: {tmp_path / 'disk two'}\n", encoding="utf-8")
    with ComfyServer(checkout, folder, offline=True, extra=("--extra-model-paths-config", str(yaml))) as server:
        offered = server.object_info("DatasetLoader")["DatasetLoader"]["input"]["required"]["folder"]
        graph = Graph()
        report = graph.add("PreviewAny", source=loader(graph, "of the yaml").out(1))
        text = "".join(server.run(graph).outputs[report]["text"])
        refused = Graph()
        error = answer(server, folder, refused, loader(refused, "neither"), "DatasetLoader")
    choices = offered[1]["options"] if offered[0] == "COMBO" else offered[0]
    assert {"of comfyui", "of the yaml"} <= set(choices)
    assert text.startswith("of the yaml: 3 pictures")
    assert str(tmp_path) not in error.message
    remove_home(folder)
