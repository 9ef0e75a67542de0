"""A server with a second pack: what is said of inputs that do not fit, and of ids that both packs have."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from comfyui.harness import ComfyServer, Graph, Node, PromptFailed, defaults, saved_pictures
from comfyui.photographs import china
from comfyui.training import TINY, events, run_folder, write_style
from devtools.comfyui import Checkout
from devtools.home import make_home, remove_home

WIDTH, HEIGHT = 133, 90
"""Of the photograph: no multiples of 8."""
PROMPTS = itertools.count()


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A base directory of its own, with another pack in it."""
    folder = make_home(Path(tempfile.mkdtemp(prefix="fitting ")))
    shutil.copytree(Path(__file__).parent / "other_pack", folder / "custom_nodes" / "zzz_other")
    yield folder
    remove_home(folder)


@pytest.fixture(scope="module")
def comfy(checkout: Checkout, home: Path) -> Iterator[ComfyServer]:
    with ComfyServer(checkout, home, offline=True) as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def files(home: Path) -> None:
    """A photograph, and masks of several kinds."""
    folder = home / "input"
    china().resize((WIDTH, HEIGHT)).save(folder / "photo.png")
    half = np.zeros((HEIGHT, WIDTH), np.uint8)
    half[:, : WIDTH // 2] = 255
    small = np.zeros((64, 64), np.uint8)  # what Load Image gives for a picture without transparency
    masks = {"half": half, "black": half * 0, "small": small, "white": half * 0 + 255}
    masks["tall"] = np.full((200, 50), 90, np.uint8)
    for name, mask in masks.items():
        Image.fromarray(mask).save(folder / f"mask {name}.png")
    save_file(lora(64), home / "models" / "loras" / "pocket.safetensors")
    save_file({**lora(64), **lora(768, block=9)}, home / "models" / "loras" / "partly.safetensors")
    save_file(lora(768), home / "models" / "loras" / "sd15.safetensors")


def lora(text_features: int, block: int = 0) -> dict[str, torch.Tensor]:
    """One layer of a LoRA: the pocket model's first cross-attention, or that of a wider model."""
    name = f"lora_unet_down_blocks_{block}_attentions_0_transformer_blocks_0_attn2_to_k"
    return {
        f"{name}.alpha": torch.tensor(1.0),
        f"{name}.lora_down.weight": torch.ones(1, text_features),
        f"{name}.lora_up.weight": torch.ones(64, 1),
    }


@dataclass
class Styled:
    """A graph up to StyledControlNetApply on the pocket model."""

    graph: Graph
    base: Node
    node: Node


@pytest.fixture
def styled(comfy: ComfyServer) -> Styled:
    graph = Graph()
    base = graph.add("PocketModelLoader")
    photo = graph.add("LoadImage", image="photo.png")
    settings = defaults(comfy.object_info()["StyledControlNetApply"])
    sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2), "photo": photo.out()}
    return Styled(graph, base, graph.add("StyledControlNetApply", **settings, **sockets))


def said(comfy: ComfyServer, styled: Styled, **inputs: Any) -> list[str]:
    """What the node says below its inputs; the prompt differs each time, so that nothing is taken from the cache."""
    prompt = f"prompt {next(PROMPTS)}"
    styled.graph[styled.node.id]["inputs"].update(inputs, prompt=prompt)
    styled.graph.add("PreviewImage", images=styled.node.out(4))
    return list(comfy.run(styled.graph).outputs[styled.node.id]["text"])


def refused(comfy: ComfyServer, styled: Styled, **inputs: Any) -> str:
    """The sentence that the node ends with."""
    with pytest.raises(PromptFailed) as caught:
        said(comfy, styled, **inputs)
    (error,) = caught.value.errors
    assert error.node_type == "StyledControlNetApply"
    assert error.kind.endswith("BaseModelError")
    return error.message


def mask(styled: Styled, name: str) -> list[Any]:
    return styled.graph.add("LoadImageMask", image=f"mask {name}.png", channel="red").out()


def test_where_the_mask_is_black_the_photo_stays_pixel_for_pixel(comfy: ComfyServer, styled: Styled) -> None:
    graph, node = styled.graph, styled.node
    graph[node.id]["inputs"]["soft_mask"] = mask(styled, "half")
    sampling = {"seed": 1, "steps": 2, "cfg": 4.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0}
    conditions = {"model": node.out(0), "positive": node.out(1), "negative": node.out(2), "latent_image": node.out(3)}
    new = graph.add("VAEDecode", samples=graph.add("KSampler", **conditions, **sampling).out(), vae=styled.base.out(2))
    place = {"x": 0, "y": 0, "resize_source": False}
    both = graph.add("ImageCompositeMasked", destination=node.out(4), source=new.out(), mask=node.out(5), **place)
    saved = graph.add("PreviewImage", images=both.out())
    (result,) = saved_pictures(comfy, comfy.run(graph), saved.id)
    # ComfyUI's VAE keeps the middle: of 133 x 90 pixels 128 x 88, from (2, 1) on.
    assert result.size == (128, 88)
    photo = np.asarray(china().resize((WIDTH, HEIGHT)).crop((2, 1, 130, 89)), dtype=int)
    changed = np.abs(np.asarray(result, dtype=int) - photo).max(axis=2)
    edge = WIDTH // 2 - 2
    assert changed[:, edge:].max() == 0
    assert (changed[:, :edge] > 0).mean() > 0.9


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("half", []),
        ("black", ["black everywhere", "the photo stays as it is"]),
        ("small", ["black everywhere", "Mask Editor"]),
        ("white", ["white everywhere", "whole photo is redrawn"]),
        ("tall", ["50 x 200", "133 x 90", "stretched"]),
    ],
)
def test_a_mask_that_says_nothing_or_has_other_proportions(
    comfy: ComfyServer, styled: Styled, name: str, parts: list[str]
) -> None:
    sentences = said(comfy, styled, soft_mask=mask(styled, name))
    assert len(sentences) == bool(parts)
    assert all(part in sentences[0] for part in parts)


def test_a_lora_of_another_model(comfy: ComfyServer, styled: Styled) -> None:
    message = refused(comfy, styled, lora=styled.graph.add("LoraFile", name="sd15.safetensors").out())
    for part in ("fits no layer", "made for Stable Diffusion 1.5", "this is the pocket model"):
        assert part in message
    assert "ERROR lora" not in comfy.log_text()


def test_a_lora_that_fits_in_part(comfy: ComfyServer, styled: Styled) -> None:
    (sentence,) = said(comfy, styled, lora=styled.graph.add("LoraFile", name="partly.safetensors").out())
    assert "1 of the LoRA's 2 layers fit this model, the pocket model" in sentence
    assert "lora_unet_down_blocks_9" in sentence


def test_a_lora_that_fits(comfy: ComfyServer, styled: Styled) -> None:
    assert said(comfy, styled, lora=styled.graph.add("LoraFile", name="pocket.safetensors").out()) == []


def test_a_controlnet_for_another_model(comfy: ComfyServer, styled: Styled) -> None:
    photo = styled.graph[styled.node.id]["inputs"]["photo"]
    wide = styled.graph.add("WideControlNet").out()
    message = refused(comfy, styled, depth_control_net=wide, depth=photo)
    for part in ("depth_control_net", "Stable Diffusion XL", "the pocket model"):
        assert part in message


def test_a_control_picture_of_other_proportions(comfy: ComfyServer, styled: Styled) -> None:
    net = styled.graph.add("NarrowControlNet").out()
    tall = styled.graph.add("LoadImage", image="mask tall.png").out()
    (sentence,) = said(comfy, styled, lineart_control_net=net, lineart=tall)
    for part in ("lineart has 50 x 200", "133 x 90", "cut off"):
        assert part in sentence


def test_nodes_whose_ids_another_pack_took(comfy: ComfyServer) -> None:
    info = comfy.object_info()
    log = comfy.log_text()
    for name, shown in (("DepthMap", "Depth Map"), ("LoRATrainer", "LoRA Trainer")):
        assert info[name]["category"] == "other"
        ours = info[f"LoraAtelier{name}"]
        assert (ours["category"], ours["display_name"]) == ("LoRA Atelier", f"{shown} (LoRA Atelier)")
        assert f"The pack zzz_other also has a node with the id {name} and was loaded later" in log
    assert "LoraAtelierDatasetLoader" not in info
    assert log.count("also has a node with the id") == 2


def test_a_node_works_under_its_second_id(comfy: ComfyServer, home: Path) -> None:
    write_style(home, "second", 3)
    info = comfy.object_info()
    graph = Graph()
    base = graph.add("PocketModelLoader")
    settings = {"folder": "second", "resolution": 128, "aspect_buckets": False, "validation_count": 1, "seed": 0}
    sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2)}
    settings_of_run = {**defaults(info["LoraAtelierLoRATrainer"]), **TINY, "run_name": "second", "epochs": 1}
    # A graph may come from where another pack had this id too.
    dataset = graph.add("LoraAtelierDatasetLoader", **settings)
    run = graph.add("LoraAtelierLoRATrainer", **settings_of_run, **sockets, dataset=dataset.out())
    graph.add("ValidationLossPlot", **defaults(info["ValidationLossPlot"]), run=run.out())
    comfy.run(graph, timeout=300)
    assert "finished" in events(run_folder(home, "second"))
