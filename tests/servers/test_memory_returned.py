"""After each node its model is gone: counted by weak references in a real ComfyUI."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comfyui.harness import BLIP, DEPTH_ANYTHING, ComfyServer, Graph, PromptFailed, defaults
from comfyui.photographs import china
from comfyui.training import TINY, run_folder, write_style
from devtools.comfyui import Checkout
from devtools.home import make_home, remove_home
from devtools.places import link_folder
from devtools.standins import Standins

STYLES = ("перший", "second", "third")


@pytest.fixture(scope="module")
def counting(checkout: Checkout, standins: Standins) -> Iterator[ComfyServer]:
    """A server that counts models, with three styles without captions in one folder."""
    home = make_home(Path(tempfile.mkdtemp(prefix="counting ")))
    (home / "custom_nodes" / "counting_pack").mkdir()
    shutil.copy(Path(__file__).with_name("counting_pack.py"), home / "custom_nodes" / "counting_pack" / "__init__.py")
    link_folder(standins.blip, home / "models" / "blip" / BLIP)
    link_folder(standins.depth_anything, home / "models" / "depth_anything" / DEPTH_ANYTHING)
    for number, style in enumerate(STYLES):
        write_style(home, f"styles/{style}", 3, first=3 * number, captions=False)
    china().save(home / "input" / "photo.png")
    with ComfyServer(checkout, home, offline=True) as server:
        yield server
    remove_home(home)


def count(server: ComfyServer) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(server.get("/counted"))
    return told


def training(server: ComfyServer, **settings: Any) -> Graph:
    """All styles are captioned, then trained one after another."""
    info, graph = server.object_info(), Graph()
    base = graph.add("PocketModelLoader")
    data = graph.add("DatasetLoader", folder="styles", resolution=64, aspect_buckets=False, validation_count=1, seed=0)
    captioner = graph.add("BlipCaptioner", **{**defaults(info["BlipCaptioner"]), "model": BLIP, "dataset": data.out(0)})
    graph.add(
        "LoRATrainer",
        **{**defaults(info["LoRATrainer"]), **TINY, "epochs": 1, "preview_every": 1, "preview_steps": 1, **settings},
        model=base.out(0),
        clip=base.out(1),
        vae=base.out(2),
        dataset=captioner.out(0),
    )
    return graph


def test_of_three_styles_in_one_graph_no_model_is_left(counting: ComfyServer) -> None:
    counting.run(training(counting), timeout=600)
    told = count(counting)
    assert told["UNet"] == told["CLIPTextModel"] == {"now": 0, "at_next": [0, 0, 0]}
    (vae,) = told.keys() & {"Autoencoder", "TinyAutoencoder"}
    assert told[vae] == {"now": 0, "at_next": [0, 0, 0]}
    assert told["BlipForConditionalGeneration"] == {"now": 0, "at_next": [0]}


def test_a_training_that_fails_leaves_none_either(counting: ComfyServer) -> None:
    """A run that has lost its state is found out when its model is loaded."""
    counting.run(training(counting), timeout=600)
    for style in STYLES:
        shutil.rmtree(run_folder(counting.home, style) / "state")
    with pytest.raises(PromptFailed, match="state"):
        counting.run(training(counting, epochs=2), timeout=600)
    assert count(counting)["UNet"]["now"] == 0


def test_depth_maps_leave_none(counting: ComfyServer) -> None:
    graph = Graph()
    photo = graph.add("LoadImage", image="photo.png")
    depth = graph.add("DepthMap", image=photo.out(0), model=DEPTH_ANYTHING)
    graph.add("PreviewImage", images=depth.out(0))
    counting.run(graph)
    assert count(counting)["DepthAnythingForDepthEstimation"] == {"now": 0, "at_next": [0]}
