"""A ComfyUI whose packages others have broken: it starts, says so, and what needs no broken package works."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from comfyui.harness import DEPTH_ANYTHING, ComfyServer, Graph, PromptRejected
from comfyui.training import TINY, history, run_folder, write_style
from devtools.comfyui import Checkout
from devtools.home import make_home, remove_home
from devtools.places import ROOT
from devtools.workflow import widgets_of

BROKEN = {
    "matplotlib": "raise ImportError('numpy.core.multiarray failed to import')",
    "tensorboardX": "raise TypeError('Descriptors cannot be created directly.')",
    "accelerate": "raise OSError('libcudart.so.11.0: cannot open shared object file')",
}
SENTENCES = {
    "The figure of a run needs matplotlib": "numpy.core.multiarray failed to import",
    "A run's record for TensorBoard needs tensorboardX": "Descriptors cannot be created directly",
    "Captioning by BLIP needs transformers": "accelerate 1.99.0 keeps it from being imported",
    "A depth map needs transformers": "accelerate 1.99.0 keeps it from being imported",
}


@pytest.fixture(scope="module")
def broken(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyServer]:
    """A server with broken packages in front of the good ones."""
    packages, home = tmp_path_factory.mktemp("packages"), Path(tempfile.mkdtemp(prefix="broken "))
    for name, code in BROKEN.items():
        (packages / name).mkdir()
        (packages / name / "__init__.py").write_text(code, encoding="utf-8")
    metadata = packages / "accelerate-1.99.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: accelerate\nVersion: 1.99.0\n", encoding="utf-8")
    make_home(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(packages))
        with ComfyServer(checkout, home, offline=True) as server:
            yield server
    shutil.rmtree(packages)
    remove_home(home)


def test_it_starts_with_every_node(broken: ComfyServer) -> None:
    nodes = {page.stem for page in (ROOT / "web" / "docs").glob("*.md")}
    assert len(nodes) >= 11
    assert nodes <= broken.object_info().keys()


def test_the_log_says_what_is_broken_and_how_to_mend_it(broken: ComfyServer) -> None:
    end = time.monotonic() + 120
    while "A depth map needs" not in broken.log_text() and time.monotonic() < end:
        time.sleep(0.5)
    lines = broken.log_text().splitlines()
    for beginning, reason in SENTENCES.items():
        (line,) = (line for line in lines if f"LoRA Atelier: {beginning}" in line)
        assert reason in line and " -m pip " in line


@pytest.mark.parametrize(
    ("node", "model", "beginning"),
    [
        ("BlipCaptioner", "blip-image-captioning-base", "Captioning by BLIP needs transformers"),
        ("DepthMap", DEPTH_ANYTHING, "A depth map needs transformers"),
    ],
)
def test_a_node_refuses_before_anything_runs(broken: ComfyServer, node: str, model: str, beginning: str) -> None:
    graph, info = Graph(), broken.object_info(node)
    if node == "DepthMap":
        write_style(broken.home, "photographs", 1)
        photograph = next((broken.home / "datasets" / "photographs").glob("*.jpg"))
        shutil.copyfile(photograph, broken.home / "input" / "house.jpg")
        made = graph.add(node, image=graph.add("LoadImage", image="house.jpg").out(), model=model)
    else:
        drawn = graph.add("DrawnDataset", style="bauhaus", pictures=900, validation_count=1)
        made = graph.add(node, **{**widgets_of(info[node]), "model": model}, dataset=drawn.out())
    graph.add("PreviewImage", images=made.out(2 if node == "BlipCaptioner" else 0))
    with pytest.raises(PromptRejected) as caught:
        broken.submit(graph)
    (error,) = caught.value.errors
    assert error.node_type == node
    assert beginning in error.message and "accelerate 1.99.0" in error.message


def test_training_picking_and_the_curves_work_and_the_picture_says_why_it_is_missing(broken: ComfyServer) -> None:
    write_style(broken.home, "brick", 4)
    info, graph = broken.object_info(), Graph()
    base = graph.add("PocketModelLoader")
    dataset = graph.add(
        "DatasetLoader", folder="brick", resolution=128, aspect_buckets=False, validation_count=1, seed=0
    )
    sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2), "dataset": dataset.out()}
    run = graph.add("LoRATrainer", **{**widgets_of(info["LoRATrainer"]), "run_name": "brick", **TINY}, **sockets)
    plot = graph.add("ValidationLossPlot", **{**widgets_of(info["ValidationLossPlot"]), "width": 640}, run=run.out())
    graph.add("SaveImage", images=plot.out(0), filename_prefix="plot")
    summary = graph.add("PreviewAny", source=plot.out(1))
    graph.add("CheckpointPicker", **{**widgets_of(info["CheckpointPicker"]), "file_name": "brick"}, run=run.out())
    outcome = broken.run(graph)
    assert (broken.home / "models" / "loras" / "brick.safetensors").is_file()
    assert outcome.outputs[plot.id]["lora_atelier_view"][0]["run"] == "brick"
    assert "The figure of a run needs matplotlib" in outcome.outputs[summary.id]["text"][0]
    absence = [entry["text"] for entry in history(run_folder(broken.home, "brick"), "event")]
    assert any(text.startswith("A run's record for TensorBoard needs tensorboardX") for text in absence)
    assert not (run_folder(broken.home, "brick") / "tensorboard").exists()
