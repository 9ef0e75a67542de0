"""A ComfyUI whose packages others have broken: it starts, says so, and what needs no broken package works."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from comfyui.harness import ComfyServer, Graph, Node, PromptRejected, defaults
from comfyui.training import TINY, history, run_folder, write_style
from devtools.comfyui import Checkout
from devtools.home import make_home, remove_home
from devtools.places import ROOT

ACCELERATE = "accelerate 1.99.0 keeps it from being imported"


@contextmanager
def server_with(checkout: Checkout, broken: Mapping[str, str], versions: Mapping[str, str]) -> Iterator[ComfyServer]:
    """A server that finds these packages of one line each in front of the good ones."""
    with tempfile.TemporaryDirectory() as packages, pytest.MonkeyPatch.context() as patch:
        for name, code in broken.items():
            Path(packages, name).mkdir()
            Path(packages, name, "__init__.py").write_text(code, encoding="utf-8")
        for name, version in versions.items():
            metadata = Path(packages, f"{name}-{version}.dist-info", "METADATA")
            metadata.parent.mkdir()
            metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
        patch.setenv("PYTHONPATH", packages)
        home = make_home(Path(tempfile.mkdtemp(prefix="broken ")))
        with ComfyServer(checkout, home, offline=True) as server:
            yield server
        remove_home(home)


@pytest.fixture(scope="module")
def no_records(checkout: Checkout) -> Iterator[ComfyServer]:
    """matplotlib and tensorboardX cannot be imported."""
    broken = {
        "matplotlib": "raise ImportError('numpy.core.multiarray failed to import')",
        "tensorboardX": "raise TypeError('Descriptors cannot be created directly.')",
    }
    with server_with(checkout, broken, {}) as server:
        yield server


@pytest.fixture(scope="module")
def no_models(checkout: Checkout) -> Iterator[ComfyServer]:
    """Importing any model of transformers fails in accelerate; ComfyUI itself needs tokenizers alone."""
    broken = {"accelerate": "raise OSError('libcudart.so.11.0: cannot open shared object file')"}
    with server_with(checkout, broken, {"accelerate": "1.99.0"}) as server:
        yield server


def told_at_start(server: ComfyServer, beginning: str) -> str:
    """The line of the log about a package; it comes soon after the start."""
    end = time.monotonic() + 300
    while f"LoRA Atelier: {beginning}" not in server.log_text() and time.monotonic() < end:
        time.sleep(0.5)
    (line,) = (line for line in server.log_text().splitlines() if f"LoRA Atelier: {beginning}" in line)
    assert " -m pip " in line
    return line


def test_it_starts_with_every_node(no_records: ComfyServer) -> None:
    nodes = {page.stem for page in (ROOT / "web" / "docs").glob("*.md")}
    assert len(nodes) >= 11
    assert nodes <= no_records.object_info().keys()


def test_the_log_says_what_is_broken_and_how_to_mend_it(no_records: ComfyServer, no_models: ComfyServer) -> None:
    assert "numpy.core.multiarray failed" in told_at_start(no_records, "The figure of a run needs matplotlib")
    assert "Descriptors cannot" in told_at_start(no_records, "A run's record for TensorBoard needs tensorboardX")
    for beginning in ("Training", "Captioning by BLIP", "A depth map"):
        assert ACCELERATE in told_at_start(no_models, f"{beginning} needs transformers")


def train(graph: Graph, info: dict[str, Any], run_name: str) -> Node:
    base = graph.add("PocketModelLoader")
    dataset = graph.add(
        "DatasetLoader", folder="brick", resolution=128, aspect_buckets=False, validation_count=1, seed=0
    )
    sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2), "dataset": dataset.out()}
    return graph.add("LoRATrainer", **{**defaults(info["LoRATrainer"]), "run_name": run_name, **TINY}, **sockets)


@pytest.mark.parametrize(
    ("node", "beginning"),
    [("LoRATrainer", "Training"), ("BlipCaptioner", "Captioning by BLIP"), ("DepthMap", "A depth map")],
)
def test_a_node_refuses_before_anything_runs(no_models: ComfyServer, node: str, beginning: str) -> None:
    write_style(no_models.home, "brick", 4)
    graph, info = Graph(), no_models.object_info()
    if node == "LoRATrainer":
        train(graph, info, "never")
    elif node == "BlipCaptioner":
        drawn = graph.add("DrawnDataset", style="bauhaus", pictures=900, validation_count=1)
        captioned = graph.add(node, **defaults(info[node]), dataset=drawn.out())
        graph.add("PreviewImage", images=captioned.out(2))
    else:
        empty = graph.add("EmptyImage", width=64, height=64, batch_size=1, color=0)
        graph.add("PreviewImage", images=graph.add(node, **defaults(info[node]), image=empty.out()).out())
    with pytest.raises(PromptRejected) as caught:
        no_models.submit(graph)
    (error,) = caught.value.errors
    assert error.node_type == node
    assert f"{beginning} needs transformers" in error.message and ACCELERATE in error.message


def test_only_the_picture_and_the_files_for_tensorboard_are_missing(no_records: ComfyServer) -> None:
    home = no_records.home
    write_style(home, "brick", 4)
    info, graph = no_records.object_info(), Graph()
    run = train(graph, info, "brick")
    plot = graph.add("ValidationLossPlot", **{**defaults(info["ValidationLossPlot"]), "width": 640}, run=run.out())
    graph.add("SaveImage", images=plot.out(0), filename_prefix="plot")
    summary = graph.add("PreviewAny", source=plot.out(1))
    graph.add("CheckpointPicker", **{**defaults(info["CheckpointPicker"]), "file_name": "brick"}, run=run.out())
    outcome = no_records.run(graph)
    assert (home / "models" / "loras" / "brick.safetensors").is_file()
    assert outcome.outputs[plot.id]["lora_atelier_view"][0]["run"] == "brick"
    assert "The figure of a run needs matplotlib" in outcome.outputs[summary.id]["text"][0]
    absence = [entry["text"] for entry in history(run_folder(home, "brick"), "event")]
    assert any(text.startswith("A run's record for TensorBoard needs tensorboardX") for text in absence)
    assert not (run_folder(home, "brick") / "tensorboard").exists()
