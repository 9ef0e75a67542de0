"""The pocket model among the stock nodes: trained, picked, sampled, encoded and decoded as SD 1.5 is."""

from __future__ import annotations

import itertools
import json
import shutil
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file

from comfyui.harness import (
    THIN,
    ComfyServer,
    Graph,
    Node,
    Outcome,
    PromptFailed,
    PromptRejected,
    defaults,
    places,
    saved_pictures,
)
from comfyui.training import TINY, history, run_folder, write_style
from devtools.graphs import with_new_inputs
from lora_core.restyle.passport import from_text, label
from lora_core.sheet.drawing import draw_sheet
from lora_core.sheet.grid import Grid
from pocket.model import pocket_lora

SAMPLING = {"seed": 7, "steps": 2, "cfg": 4.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0}


@dataclass
class Ran:
    """A training on the pocket model, and the pictures made with the picked LoRA."""

    outcome: Outcome
    picker: str
    picture: str


def sampled(graph: Graph, model: list[Any], clip: list[Any], vae: list[Any]) -> Node:
    """SaveImage of a picture by stock nodes alone."""
    prompt = graph.add("CLIPTextEncode", text="a house of (brick:1.2)", clip=clip)
    empty = graph.add("CLIPTextEncode", text="", clip=clip)
    latent = graph.add("EmptyLatentImage", width=128, height=128, batch_size=1)
    conditions = {"positive": prompt.out(), "negative": empty.out()}
    latents = graph.add("KSampler", model=model, latent_image=latent.out(), **conditions, **SAMPLING)
    return graph.add(
        "SaveImage", images=graph.add("VAEDecode", samples=latents.out(), vae=vae).out(), filename_prefix="p"
    )


@pytest.fixture(scope="module")
def trained(comfy: ComfyServer, home: Path) -> Ran:
    """Photographs through DatasetLoader at 128 pixels, two epochs on every layer."""
    write_style(home, "pocket style", 5)
    info = comfy.object_info()
    graph = Graph()
    base = graph.add("PocketModelLoader")
    dataset = graph.add(
        "DatasetLoader", folder="pocket style", resolution=128, aspect_buckets=False, validation_count=1, seed=0
    )
    settings = {**defaults(info["LoRATrainer"]), "run_name": "pocket", **TINY, "layers": "all", "learning_rate": 0.05}
    sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2), "dataset": dataset.out()}
    run = graph.add("LoRATrainer", **{**settings, "preview_every": 2, "preview_steps": 2}, **sockets)
    picked = graph.add(
        "CheckpointPicker",
        **{**defaults(info["CheckpointPicker"]), "file_name": "pocket", "rule": "chosen epoch", "epoch": 2},
        run=run.out(),
        model=base.out(0),
        clip=base.out(1),
    )
    picture = sampled(graph, picked.out(0), picked.out(1), base.out(2))
    return Ran(comfy.run(graph, timeout=300), picked.id, picture.id)


def pixels(comfy: ComfyServer, outcome: Outcome, node: str) -> np.ndarray:
    (image,) = saved_pictures(comfy, outcome, node)
    return np.asarray(image, dtype=np.float32)


def test_it_is_trained_and_previewed(trained: Ran, home: Path) -> None:
    run = run_folder(home, "pocket")
    assert np.isfinite([entry["loss"] for entry in history(run, "step")]).all()
    assert len(history(run, "step")) == 4  # 4 pictures, 2 per step, 2 epochs
    assert (run / "previews" / "epoch_0002.png").is_file()


def test_the_lora_is_on_every_layer(trained: Ran, home: Path) -> None:
    with safe_open(home / "models" / "loras" / "pocket.safetensors", framework="np") as lora:
        keys = list(lora.keys())
    assert sum(key.startswith("lora_unet_") for key in keys) == 3 * 132
    assert sum(key.startswith("lora_te_text_model_encoder_layers_") for key in keys) == 3 * 12


def test_a_preview_and_the_trigger_words_lie_beside_the_lora(trained: Ran, comfy: ComfyServer, home: Path) -> None:
    lora = home / "models" / "loras" / "pocket.safetensors"
    with safe_open(lora, framework="np") as file:
        assert file.metadata()["modelspec.trigger_phrase"] == "a building"
        assert json.loads(file.metadata()["ss_tag_frequency"]) == {"pocket style": {"a building": 4}}
    about = json.loads(lora.with_name("pocket.metadata.json").read_text(encoding="utf-8"))
    assert about["civitai"] == {"trainedWords": ["a building"]}
    shown = Image.open(BytesIO(comfy.get("/experiment/models/preview/loras/0/pocket.safetensors")))
    with Image.open(run_folder(home, "pocket") / "previews" / "epoch_0002.png") as preview:
        assert shown.size == preview.size


def test_the_stock_loader_makes_the_same_picture_of_the_file(trained: Ran, comfy: ComfyServer) -> None:
    before = len(comfy.log_text())
    graph = Graph()
    base = graph.add("PocketModelLoader")
    styled = graph.add(
        "LoraLoader",
        lora_name="pocket.safetensors",
        strength_model=1.0,
        strength_clip=1.0,
        model=base.out(0),
        clip=base.out(1),
    )
    with_lora = sampled(graph, styled.out(0), styled.out(1), base.out(2))
    without = sampled(graph, base.out(0), base.out(1), base.out(2))
    outcome = comfy.run(graph)
    assert "not loaded" not in comfy.log_text()[before:].lower()
    ours = pixels(comfy, trained.outcome, trained.picture)
    assert ours.shape == (128, 128, 3)
    assert np.array_equal(pixels(comfy, outcome, with_lora.id), ours)
    assert np.abs(pixels(comfy, outcome, without.id) - ours).mean() > 1


def test_a_style_that_ships_is_what_the_stock_loader_makes_of_its_file(comfy: ComfyServer, home: Path) -> None:
    shutil.copyfile(pocket_lora("renaissance"), home / "models" / "loras" / "shipped.safetensors")
    graph = Graph()
    base, shipped = graph.add("PocketModelLoader"), graph.add("PocketLoRALoader", style="renaissance")
    name = graph.add("PreviewAny", source=shipped.out(1))
    ours = graph.add("LoraModelLoader", model=base.out(0), lora=shipped.out(0), strength_model=1.0)
    with_ours = sampled(graph, ours.out(0), base.out(1), base.out(2))
    theirs = graph.add("LoraLoaderModelOnly", model=base.out(0), lora_name="shipped.safetensors", strength_model=1.0)
    with_theirs = sampled(graph, theirs.out(0), base.out(1), base.out(2))
    without = sampled(graph, base.out(0), base.out(1), base.out(2))
    outcome = comfy.run(with_new_inputs(graph, comfy.object_info()))
    assert outcome.outputs[name.id]["text"] == ["Renaissance"]
    styled = pixels(comfy, outcome, with_ours.id)
    assert np.array_equal(styled, pixels(comfy, outcome, with_theirs.id))
    assert np.abs(styled - pixels(comfy, outcome, without.id)).mean() > 1


def test_the_stock_vae_nodes_take_its_vae(comfy: ComfyServer, trained: Ran, home: Path) -> None:
    picture = next((home / "datasets" / "pocket style").glob("*.jpg"))
    (home / "input" / "tile.jpg").write_bytes(picture.read_bytes())
    graph = Graph()
    vae = graph.add("PocketModelLoader").out(2)
    encoded = graph.add("VAEEncode", pixels=graph.add("LoadImage", image="tile.jpg").out(), vae=vae)
    decoded = graph.add("VAEDecode", samples=encoded.out(), vae=vae)
    shown = graph.add("SaveImage", images=decoded.out(), filename_prefix="tile")
    assert pixels(comfy, comfy.run(graph), shown.id).shape == (96, 96, 3)


def test_its_lora_is_refused_on_stable_diffusion_15(comfy: ComfyServer, home: Path, trained: Ran) -> None:
    info = comfy.object_info()
    graph = Graph()
    base = graph.base_model(THIN)
    run = graph.add("TrainingRunLoader", run_name="pocket")
    picked = graph.add("CheckpointPicker", **defaults(info["CheckpointPicker"]), run=run.out())
    photo = graph.add("EmptyImage", width=64, height=64, batch_size=1, color=0)
    styled = graph.add(
        "StyledControlNetApply",
        **defaults(info["StyledControlNetApply"]),
        model=base.out(0),
        clip=base.out(1),
        vae=base.out(2),
        photo=photo.out(),
        lora=picked.out(2),
    )
    graph.add("PreviewImage", images=styled.out(4))
    before = len(comfy.log_text())
    with pytest.raises(PromptFailed) as caught:
        comfy.run(graph, timeout=300)
    (error,) = caught.value.errors
    assert error.node_type == "StyledControlNetApply"
    assert error.kind.endswith("BaseModelError")
    for part in ("fits no layer", "made for the pocket model", "this is Stable Diffusion 1.5"):
        assert part in error.message
    assert "ERROR lora" not in comfy.log_text()[before:]


def latents(home: Path, prefix: str) -> list[torch.Tensor]:
    """What SaveLatent nodes wrote under a prefix, in order."""
    return [load_file(path)["latent_tensor"] for path in sorted((home / "output").glob(f"{prefix}_*.latent"))]


def test_a_sheet_holds_what_the_stock_chain_makes_cell_by_cell(trained: Ran, comfy: ComfyServer, home: Path) -> None:
    info = comfy.object_info()
    strengths, epochs, seed = (0.0, 0.5), (1, 2), 7
    graph = Graph()
    base = graph.add("PocketModelLoader")
    run = graph.add("TrainingRunLoader", run_name="pocket").out()
    settings = {**defaults(info["SheetCells"]), "strengths": "0, 0.5", "seed": seed}
    sheet = graph.add("SheetCells", **settings, run=run, model=base.out(0), clip=base.out(1))
    cells = _sampled(graph, sheet.out(0), sheet.out(1), base.out(2), sheet.out(4), "sheet")
    drawn = graph.add("StyleSheet", **defaults(info["StyleSheet"]), images=cells.out(), cells=sheet.out(5))
    saved = graph.add("SaveImage", images=drawn.out(), filename_prefix="sheet")
    for epoch in epochs:
        chosen = {"rule": "chosen epoch", "epoch": epoch, "file_name": f"e{epoch}"}
        graph.add("CheckpointPicker", **{**defaults(info["CheckpointPicker"]), **chosen}, run=run)
    page = pixels(comfy, comfy.run(graph, timeout=300), saved.id)
    graph = Graph()
    base, singles = graph.add("PocketModelLoader"), []
    for epoch, strength in itertools.product(epochs, strengths):
        both = {"strength_model": strength, "strength_clip": strength, "model": base.out(0), "clip": base.out(1)}
        one = graph.add("LoraLoader", lora_name=f"e{epoch}.safetensors", **both)
        decoded = _sampled(graph, one.out(0), one.out(1), base.out(2), seed, f"single-{epoch}-{strength}")
        singles.append(graph.add("SaveImage", images=decoded.out(), filename_prefix="single").id)
    outcome = comfy.run(graph, timeout=300)
    stock = [latents(home, f"single-{epoch}-{strength}")[0] for epoch in epochs for strength in strengths]
    ours = latents(home, "sheet")
    assert len(ours) == len(stock) == 4
    assert max(float((mine - theirs).abs().max()) for mine, theirs in zip(ours, stock, strict=True)) == 0.0
    assert len({each.numpy().tobytes() for each in stock}) == 3  # without the LoRA all epochs are the same
    found = [places(page, pixels(comfy, outcome, single)) for single in singles]
    assert [len(each) for each in found] == [2, 1, 2, 1]
    assert found[0][0] < found[1][0] < found[2][1] < found[3][0]  # in the order of reading


def test_a_sheet_of_styles_restyles_as_the_stock_chain_does(trained: Ran, comfy: ComfyServer, home: Path) -> None:
    """Rows of LoRAs from CheckpointPicker, columns of seeds, with the photograph, and the passports below the cells."""
    info = comfy.object_info()
    sampling = {**SAMPLING, "denoise": 0.7}
    graph = Graph()
    base = graph.add("PocketModelLoader")
    photo = graph.add("EmptyImage", width=96, height=64, batch_size=1, color=0x806040).out()
    run = graph.add("TrainingRunLoader", run_name="pocket").out()
    chosen = {"rule": "chosen epoch", "epoch": 2, "file_name": "row"}
    picked = graph.add("CheckpointPicker", **{**defaults(info["CheckpointPicker"]), **chosen}, run=run)
    axes = {"rows": "styles", "columns": "seeds", "seeds": 2, "seed": 2**64 - 1, "strength": 0.8}
    settings, style = {**defaults(info["SheetCells"]), **axes}, {"lora": picked.out(2), "lora_names": picked.out(3)}
    cells = graph.add("SheetCells", **settings, **style)
    sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2), "photo": photo}
    words = {"prompt": "a house", "negative_prompt": "a tree", "lora_strength": cells.out(3), "lora": cells.out(2)}
    applied = graph.add("StyledControlNetApply", **{**defaults(info["StyledControlNetApply"]), **sockets, **words})
    conditions = {"positive": applied.out(1), "negative": applied.out(2), "latent_image": applied.out(3)}
    made = graph.add("KSampler", **{**sampling, "seed": cells.out(4)}, model=applied.out(0), **conditions)
    graph.add("SaveLatent", samples=made.out(), filename_prefix="styles")
    images = graph.add("VAEDecode", samples=made.out(), vae=base.out(2)).out()
    passport = graph.add("RestylePassport", photo=photo, picture=images)
    figures = graph.add("PreviewAny", source=passport.out(2))
    single = graph.add("SaveImage", images=passport.out(0), filename_prefix="cell")
    drawing = {**defaults(info["StyleSheet"]), "images": images, "cells": cells.out(5), "photo": photo}
    sheet = graph.add("StyleSheet", **drawing, notes=passport.out(4))
    saved = graph.add("SaveImage", images=sheet.out(), filename_prefix="styles")
    outcome = comfy.run(graph, timeout=300)
    page = pixels(comfy, outcome, saved.id)
    labels = [label(each) for text in outcome.outputs[figures.id]["text"] for each in from_text(text)]
    assert [each.startswith("lines 0.") for each in labels] == [True, True]
    made_of = [np.asarray(image, np.float32) / 255 for image in saved_pictures(comfy, outcome, single.id)]
    grid = Grid("row × seeds, strength 0.8", ("row",), (f"seed {2**64 - 1}", "seed 0"))
    expected = 255 * draw_sheet(grid, made_of, np.full((64, 96, 3), (0x80, 0x60, 0x40), np.float32) / 255, labels)
    assert expected.shape == page.shape
    assert np.abs(expected - page).max() < 1.5  # ComfyUI cuts off what it saves
    assert len(places(page, np.full((64, 96, 3), (0x80, 0x60, 0x40), np.float32))) == 1  # the photograph
    stock = Graph()
    base = stock.add("PocketModelLoader")
    photo = stock.add("EmptyImage", width=96, height=64, batch_size=1, color=0x806040).out()
    both = {"strength_model": 0.8, "strength_clip": 0.8, "model": base.out(0), "clip": base.out(1)}
    styled = stock.add("LoraLoader", lora_name="row.safetensors", **both)
    conditions = {
        "positive": stock.add("CLIPTextEncode", text="a house", clip=styled.out(1)).out(),
        "negative": stock.add("CLIPTextEncode", text="a tree", clip=styled.out(1)).out(),
        "latent_image": stock.add("VAEEncode", pixels=photo, vae=base.out(2)).out(),
    }
    seeds = (2**64 - 1, 0)  # counted up from the largest
    for seed in seeds:
        made = stock.add("KSampler", **{**sampling, "seed": seed}, model=styled.out(0), **conditions)
        stock.add("SaveLatent", samples=made.out(), filename_prefix=f"style of seed {seed}")
    comfy.run(stock, timeout=300)
    ours, theirs = latents(home, "styles"), [latents(home, f"style of seed {seed}")[0] for seed in seeds]
    assert len(ours) == 2
    assert max(float((mine - each).abs().max()) for mine, each in zip(ours, theirs, strict=True)) == 0.0


def _sampled(graph: Graph, model: list[Any], clip: list[Any], vae: list[Any], seed: object, latent: str) -> Node:
    """VAEDecode of a picture by stock nodes alone, its latent saved."""
    conditions = {
        name: graph.add("CLIPTextEncode", text=text, clip=clip).out()
        for name, text in (("positive", "a house"), ("negative", ""))
    }
    empty = graph.add("EmptyLatentImage", width=128, height=128, batch_size=1).out()
    made = graph.add("KSampler", model=model, latent_image=empty, **conditions, **{**SAMPLING, "seed": seed})
    graph.add("SaveLatent", samples=made.out(), filename_prefix=latent)
    return graph.add("VAEDecode", samples=made.out(), vae=vae)


def test_the_strength_is_measured_once_and_said_by_the_picker(trained: Ran, comfy: ComfyServer, home: Path) -> None:
    info = comfy.object_info()
    choice = {"rule": "chosen epoch", "epoch": 2, "weights": "raw"}

    def measured(folder: str = "pocket style") -> tuple[float, str]:
        graph = Graph()
        base = graph.add("PocketModelLoader")
        dataset = graph.add(
            "DatasetLoader", folder=folder, resolution=128, aspect_buckets=False, validation_count=1, seed=0
        )
        sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2), "dataset": dataset.out()}
        run = graph.add("TrainingRunLoader", run_name="pocket")
        curve = graph.add("StrengthCurve", **choice, **sockets, run=run.out())
        picking = {**defaults(info["CheckpointPicker"]), **choice, "strength_model": curve.out(0)}
        picked = graph.add("CheckpointPicker", **picking, run=curve.out(1))
        shown = [graph.add("PreviewAny", source=source) for source in (curve.out(0), picked.out(5))]
        plot = graph.add("SaveImage", images=curve.out(2), filename_prefix="strengths")
        outcome = comfy.run(graph, timeout=300)
        (image,) = saved_pictures(comfy, outcome, plot.id)
        assert image.size == (800, 450)
        strength, reason = (outcome.outputs[node.id]["text"][0] for node in shown)
        return float(strength), reason

    strength, reason = measured()
    view = comfy.get_json("/lora_atelier/runs/pocket?rule=epoch&epoch=2&weights=raw")
    assert view["strength"]["lowest"] == strength
    assert reason == f"{view['pick']['reason']} {view['strength']['reason']}"
    recorded = [entry["loss"] for entry in history(run_folder(home, "pocket"), "validation")]
    losses = dict(zip(view["strength"]["strengths"], view["strength"]["loss"], strict=True))
    assert [losses[0], losses[1]] == pytest.approx([recorded[0], recorded[-1]], rel=1e-5)
    kept = run_folder(home, "pocket") / "strengths.json"
    before = kept.stat().st_mtime_ns
    assert measured() == (strength, reason)
    assert kept.stat().st_mtime_ns == before
    kept.unlink()
    write_style(home, "pocket style of others", 5, first=5)
    with pytest.raises(PromptFailed, match="can't be measured here: the pictures, their captions or their split"):
        measured("pocket style of others")


def repeated(graph: Graph, run: Node, base: Node, model: list[Any], clip: list[Any]) -> Node:
    """TrainOnAllPictures, for the second epoch of a run on the pictures of `trained`."""
    dataset = graph.add(
        "DatasetLoader", folder="pocket style", resolution=128, aspect_buckets=False, validation_count=1, seed=0
    )
    sockets = {"model": model, "clip": clip, "vae": base.out(2), "dataset": dataset.out(), "run": run.out()}
    choice = {"rule": "chosen epoch", "epoch": 2, "weights": "raw", "way": "each picture as often"}
    return graph.add("TrainOnAllPictures", **choice, **sockets)


def test_the_pick_is_repeated_on_all_pictures(trained: Ran, comfy: ComfyServer, home: Path) -> None:
    info = comfy.object_info()
    graph = Graph()
    base, run = graph.add("PocketModelLoader"), graph.add("TrainingRunLoader", run_name="pocket")
    whole = repeated(graph, run, base, base.out(0), base.out(1))
    picked = graph.add("CheckpointPicker", **defaults(info["CheckpointPicker"]), run=whole.out(0))
    shown = [graph.add("PreviewAny", source=source) for source in (whole.out(2), picked.out(5), picked.out(3))]
    outcome = comfy.run(graph, timeout=300)
    report, reason, file = (outcome.outputs[node.id]["text"][0] for node in shown)
    assert report == reason and report.endswith("at epoch 2 of pocket, raw weights.")
    assert file == "pocket-all-epoch-0002.safetensors"
    told = json.loads((run_folder(home, "pocket-all") / "run.json").read_text(encoding="utf-8"))
    assert {picture["side"] for picture in told["dataset"]["pictures"]} == {"training"}
    assert history(run_folder(home, "pocket-all"), "validation") == []
    assert len(history(run_folder(home, "pocket"), "validation")) > 0


def test_the_pick_is_not_repeated_on_a_model_that_has_it_already(trained: Ran, comfy: ComfyServer) -> None:
    graph = Graph()
    base, run = graph.add("PocketModelLoader"), graph.add("TrainingRunLoader", run_name="pocket")
    choice = defaults(comfy.object_info()["CheckpointPicker"])
    picked = graph.add("CheckpointPicker", **choice, run=run.out(), model=base.out(0), clip=base.out(1))
    repeated(graph, run, base, picked.out(0), picked.out(1))
    with pytest.raises(PromptFailed, match=r"repeated on all pictures here: the base model is another \(UNet, text"):
        comfy.run(graph)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"columns": "epochs"}, "Rows and columns are both epochs"),
        ({"strengths": "0; much"}, "strengths must be numbers from -10 to 10"),
        ({"epochs": "1, 9"}, "Epoch 9 has no checkpoint"),
        ({"rows": "styles", "run": None}, "Rows of styles need LoRAs"),
        ({"run": None}, "connect 'run'"),
    ],
)
def test_a_sheet_that_cannot_be_is_told(trained: Ran, comfy: ComfyServer, settings: dict[str, Any], words: str) -> None:
    info = comfy.object_info()
    graph = Graph()
    run = {} if "run" in settings else {"run": graph.add("TrainingRunLoader", run_name="pocket").out()}
    typed = {name: value for name, value in settings.items() if name != "run"}
    cells = graph.add("SheetCells", **{**defaults(info["SheetCells"]), **typed}, **run)
    images = graph.add("EmptyImage", width=64, height=64, batch_size=1, color=0)
    graph.add("StyleSheet", **defaults(info["StyleSheet"]), images=images.out(), cells=cells.out(5))
    with pytest.raises((PromptRejected, PromptFailed), match=words):
        comfy.run(graph)
