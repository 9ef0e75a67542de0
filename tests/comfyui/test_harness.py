"""The stand-in models in stock nodes, and the server object itself: if these fail, look here before the pack."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from comfyui.harness import DEPTH, LINEART, ComfyServer, Graph, PromptFailed, PromptRejected, saved_pictures
from devtools.comfyui import Checkout
from devtools.home import make_home, remove_home
from devtools.places import ROOT

OWNER = """
import sys, time
from pathlib import Path
from devtools.comfyui import find_checkout
from devtools.server import ComfyServer
print(ComfyServer(find_checkout(), Path(sys.argv[1]), offline=True).start().pid, flush=True)
time.sleep(600)
"""


def sampling(graph: Graph, *, control: str | None = None, steps: int = 2, side: int = 64) -> str:
    base = graph.base_model()
    positive = graph.add("CLIPTextEncode", text="a building", clip=base.out(1))
    negative = graph.add("CLIPTextEncode", text="", clip=base.out(1))
    conditioning = [positive.out(0), negative.out(0)]
    if control:
        net = graph.add("ControlNetLoader", control_net_name=control)
        hint = graph.add("EmptyImage", width=side, height=side, batch_size=1, color=0x808080)
        applied = graph.add(
            "ControlNetApplyAdvanced",
            positive=conditioning[0],
            negative=conditioning[1],
            control_net=net.out(0),
            image=hint.out(0),
            strength=1.0,
            start_percent=0.0,
            end_percent=1.0,
        )
        conditioning = [applied.out(0), applied.out(1)]
    latent = graph.add("EmptyLatentImage", width=side, height=side, batch_size=1)
    sampled = graph.add(
        "KSampler",
        model=base.out(0),
        positive=conditioning[0],
        negative=conditioning[1],
        latent_image=latent.out(0),
        seed=1,
        steps=steps,
        cfg=2.0,
        sampler_name="euler",
        scheduler="normal",
        denoise=1.0,
    )
    decoded = graph.add("VAEDecode", samples=sampled.out(0), vae=base.out(2))
    return graph.add("PreviewImage", images=decoded.out(0))


def sample(comfy: ComfyServer, control: str | None = None) -> np.ndarray:
    graph = Graph()
    shown = sampling(graph, control=control)
    (image,) = saved_pictures(comfy, comfy.run(graph), shown)
    return np.asarray(image, dtype=np.float32)


@pytest.fixture(scope="module")
def plain(comfy: ComfyServer) -> np.ndarray:
    """The picture without a ControlNet."""
    return sample(comfy)


def test_stand_in_checkpoint_samples_a_picture_that_is_neither_flat_nor_black(plain: np.ndarray) -> None:
    pixels = plain
    assert pixels.shape == (64, 64, 3)
    assert 20 < pixels.mean() < 235
    assert pixels.std() > 5


def test_stand_in_weights_are_complete(comfy: ComfyServer, plain: np.ndarray) -> None:
    log = comfy.log_text()
    assert "unet missing" not in log
    assert "Missing VAE keys" not in log
    assert "clip missing" not in log


@pytest.mark.parametrize("control", [LINEART, DEPTH])
def test_stand_in_control_net_changes_the_picture(comfy: ComfyServer, plain: np.ndarray, control: str) -> None:
    assert np.abs(sample(comfy, control) - plain).mean() > 1
    assert "missing controlnet keys" not in comfy.log_text()


def test_the_other_model_is_no_sd15(comfy: ComfyServer, home: Path, standins) -> None:
    graph = Graph()
    loaded = graph.base_model(standins.install_other_model(home))
    graph.add("ModelSave", model=loaded.out(0), filename_prefix="other")
    assert comfy.run(graph, timeout=120).status == "success"
    (saved,) = (home / "output").glob("other*.safetensors")
    saved.unlink()


def test_validation_errors_name_node_and_input(comfy: ComfyServer) -> None:
    graph = Graph()
    node = graph.base_model("nothing.safetensors")
    graph.add("PreviewImage", images=graph.add("VAEDecode", samples=node.out(0), vae=node.out(2)).out(0))
    with pytest.raises(PromptRejected) as refused:
        comfy.submit(graph)
    errors = {error.node_id: error for error in refused.value.errors}
    assert errors[node.id].node_type == "CheckpointLoaderSimple"
    assert "nothing.safetensors" in errors[node.id].message


def test_errors_of_a_running_node_name_it(comfy: ComfyServer, home: Path) -> None:
    (home / "input" / "empty.png").write_bytes(b"no picture")
    graph = Graph()
    node = graph.add("LoadImage", image="empty.png")
    graph.add("PreviewImage", images=node.out(0))
    with pytest.raises(PromptFailed) as failed:
        comfy.run(graph)
    (error,) = failed.value.errors
    assert (error.node_id, error.node_type) == (node.id, "LoadImage")
    assert error.kind.endswith("UnidentifiedImageError")
    assert "Traceback" in error.traceback or "load_image" in error.traceback


def test_interrupt_ends_a_graph(comfy: ComfyServer) -> None:
    graph = Graph()
    sampling(graph, steps=2000)
    with comfy.events() as events:
        prompt = comfy.submit(graph)
        events.wait_for("progress", timeout=120, count=2)
        comfy.interrupt()
        outcome = comfy.wait(prompt, timeout=60)
    assert outcome.status == "interrupted"
    assert not outcome.errors


def test_events_tell_what_runs(comfy: ComfyServer) -> None:
    graph = Graph()
    image = graph.add("EmptyImage", width=64, height=64, batch_size=1, color=7)
    shown = graph.add("PreviewImage", images=image.out(0))
    with comfy.events() as events:
        comfy.run(graph)
        events.wait_for("execution_success", timeout=20)
    assert any(data.get("node") == shown.id for data in events.of("executed"))


def test_a_server_ends_when_its_owner_is_killed(checkout: Checkout, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(home)], cwd=ROOT, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    server = psutil.Process(int(owner.stdout.readline()))
    assert server.is_running()
    owner.kill()
    owner.wait()
    end = time.monotonic() + 60
    while server.is_running() and server.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end, "ComfyUI still runs"
        time.sleep(0.1)
    remove_home(home)
