"""A drawn building restyled by stock nodes, and the passport that its PNG carries."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from comfyui.harness import ComfyServer, Graph, Node, Outcome, PromptFailed, defaults, saved_pictures
from devtools.comfyui import Checkout
from devtools.home import make_home, remove_home
from lora_core.cli import main
from lora_core.restyle.passport import METADATA, Passport, from_text, picture_id
from pocket.model import POCKET_MODEL

SAMPLING = {"seed": 3, "steps": 3, "cfg": 4.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A base directory of its own, with a pack that has a small vision model."""
    folder = make_home(Path(tempfile.mkdtemp(prefix="passport ")))
    shutil.copytree(Path(__file__).parent / "other_pack", folder / "custom_nodes" / "zzz_other")
    yield folder
    remove_home(folder)


@pytest.fixture(scope="module")
def comfy(checkout: Checkout, home: Path) -> Iterator[ComfyServer]:
    with ComfyServer(checkout, home, offline=True) as server:
        yield server


@dataclass
class Restyling:
    """A graph from a drawn building to the saved picture."""

    graph: Graph
    base: Node
    building: Node
    styled: Node
    passport: Node
    saved: Node

    def set(self, node: Node, **inputs: Any) -> None:
        self.graph[node.id]["inputs"].update(inputs)


@pytest.fixture
def restyling(comfy: ComfyServer) -> Restyling:
    info = comfy.object_info()
    graph = Graph()
    base = graph.add("PocketModelLoader")
    building = graph.add("DrawnBuilding", style="vernacular", number=2, width=128, height=96)
    settings = {**defaults(info["StyledControlNetApply"]), "mask_feather": 6}
    sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2)}
    styled = graph.add("StyledControlNetApply", **settings, **sockets, photo=building.out(0), soft_mask=building.out(1))
    conditions = {"model": styled.out(0), "positive": styled.out(1), "negative": styled.out(2)}
    latents = graph.add("KSampler", **conditions, **SAMPLING, latent_image=styled.out(3))
    new = graph.add("VAEDecode", samples=latents.out(), vae=base.out(2))
    place = {"x": 0, "y": 0, "resize_source": False}
    both = graph.add("ImageCompositeMasked", destination=styled.out(4), source=new.out(), mask=styled.out(5), **place)
    passport = graph.add("RestylePassport", photo=styled.out(4), picture=both.out(), soft_mask=styled.out(6))
    graph.add("PreviewAny", source=passport.out(2))
    saved = graph.add("SaveImage", images=passport.out(0), filename_prefix="restyled")
    return Restyling(graph, base, building, styled, passport, saved)


def queued(comfy: ComfyServer, graph: Graph, **more: Any) -> Outcome:
    """As the front end queues a graph: with room for what goes into the metadata, in which there may be more."""
    body = {"prompt": graph, "client_id": comfy.client_id, "extra_data": {"extra_pnginfo": {"workflow": {}, **more}}}
    outcome = comfy.wait(comfy.post_json("/prompt", body)["prompt_id"])
    if outcome.status != "success":
        raise PromptFailed(outcome)
    return outcome


def of_file(comfy: ComfyServer, told: dict[str, str]) -> tuple[Passport, str]:
    """The passport in a saved PNG, and which picture the PNG is."""
    with Image.open(io.BytesIO(comfy.get(f"/view?{urllib.parse.urlencode(told)}"))) as png:
        (passport,) = from_text(png.info[METADATA])
        return passport, picture_id(np.asarray(png.convert("RGB")))


def test_the_saved_png_carries_its_passport_whenever_it_is_saved(comfy: ComfyServer, restyling: Restyling) -> None:
    outcome = queued(comfy, restyling.graph)
    (told,) = outcome.outputs[restyling.saved.id]["images"]
    passport, picture = of_file(comfy, told)
    assert passport.picture == picture
    assert (passport.outside_max, passport.outside_mean) == (0, 0)
    assert passport.mask_correlation is not None
    assert passport.mask_correlation > 0.3
    assert 0 < passport.line_ssim < 1
    (said,) = outcome.outputs[restyling.passport.id]["text"]
    assert f"{passport.line_ssim:.3f}" in said
    assert "at most 0 of 255" in said

    again = queued(comfy, restyling.graph)  # nothing has changed, so nothing is saved a second time
    assert again.outputs[restyling.saved.id]["images"] == [told]
    restyling.set(restyling.saved, filename_prefix="elsewhere")
    (moved,) = queued(comfy, restyling.graph).outputs[restyling.saved.id]["images"]
    assert moved["filename"].startswith("elsewhere")
    assert of_file(comfy, moved) == (passport, picture)


@pytest.mark.parametrize("sent", [5, None, "x", {}], ids=repr)
def test_what_stands_in_the_passports_place_is_no_obstacle(comfy: ComfyServer, sent: Any) -> None:
    graph = Graph()
    building = graph.add("DrawnBuilding", style="vernacular", number=2, width=128, height=96)
    passport = graph.add("RestylePassport", photo=building.out(0), picture=building.out(0))
    saved = graph.add("SaveImage", images=passport.out(0), filename_prefix=f"sent {type(sent).__name__}")
    (told,) = queued(comfy, graph, **{METADATA: sent}).outputs[saved.id]["images"]
    passport_in_it, picture = of_file(comfy, told)
    assert passport_in_it.picture == picture


def test_depth_and_style_of_a_batch(comfy: ComfyServer, restyling: Restyling) -> None:
    graph, passport = restyling.graph, restyling.passport
    photo, depth = restyling.building.out(0), restyling.building.out(3)
    dataset = graph.add("DrawnDataset", style="bauhaus", pictures=4, validation_count=2)
    inverted = graph.add("ImageInvert", image=photo)
    both = graph.add("ImageBatch", image1=photo, image2=inverted.out())
    del graph[passport.id]["inputs"]["soft_mask"]
    looks = {"clip_vision": graph.add("SmallClipVision").out(), "dataset": dataset.out(), "plain_picture": photo}
    restyling.set(passport, photo=photo, picture=both.out(), depth=depth, picture_depth=depth, **looks)
    outcome = queued(comfy, graph)
    (text,) = outcome.outputs[next(name for name, node in graph.items() if node["class_type"] == "PreviewAny")]["text"]
    same, other = from_text(text)
    assert (same.line_ssim, same.edge_f1, same.style_gain) == (pytest.approx(1), 1, pytest.approx(0, abs=1e-6))
    assert same.depth_rmse == pytest.approx(0, abs=1e-6)
    assert other.line_ssim < 0.9
    assert other.style_gain is not None and same.style_distance is not None
    assert other.style_distance == pytest.approx(same.style_distance * (1 - other.style_gain))
    for told in outcome.outputs[restyling.saved.id]["images"]:
        png = Image.open(io.BytesIO(comfy.get(f"/view?{urllib.parse.urlencode(told)}")))
        assert picture_id(np.asarray(png)) in {each["picture"] for each in json.loads(png.info[METADATA])}


def test_pictures_of_another_size_and_half_a_pair_are_refused(comfy: ComfyServer, restyling: Restyling) -> None:
    restyling.set(restyling.passport, depth=restyling.building.out(3))
    with pytest.raises(PromptFailed, match="depth is connected but picture_depth is not"):
        comfy.run(restyling.graph)
    small = restyling.graph.add("EmptyImage", width=64, height=64, batch_size=1, color=0)
    del restyling.graph[restyling.passport.id]["inputs"]["depth"]
    restyling.set(restyling.passport, picture=small.out())
    with pytest.raises(PromptFailed, match="64 x 64 pixels, the photo 128 x 96"):
        comfy.run(restyling.graph)


def test_grey_is_a_strength_and_off_it_blends(comfy: ComfyServer, restyling: Restyling) -> None:
    kept = {}
    for switch in (True, False):
        restyling.set(restyling.styled, mask_strength_per_pixel=switch)
        shown = [restyling.graph.add("MaskToImage", mask=restyling.styled.out(slot)) for slot in (5, 6)]
        previews = [restyling.graph.add("PreviewImage", images=each.out()) for each in shown]
        outcome = comfy.run(restyling.graph)
        overlay, sampled = (
            np.asarray(saved_pictures(comfy, outcome, each.id)[0].convert("L"), float) for each in previews
        )
        kept[switch] = overlay
        assert (overlay[sampled == 0] == 0).all()
    assert np.array_equal(kept[False], sampled)
    assert kept[True][sampled > 200].mean() > 200
    assert (kept[True] > kept[False] + 20).any()


def test_an_inverted_mask_and_a_feather_that_leaves_nothing(comfy: ComfyServer, restyling: Restyling) -> None:
    restyling.set(restyling.styled, mask_feather=0, mask_invert=True)
    passport = queued(comfy, restyling.graph).outputs[restyling.saved.id]["images"]
    assert of_file(comfy, passport[0])[0].outside_max == 0
    restyling.set(restyling.styled, mask_feather=500, mask_invert=False)
    (said,) = comfy.run(restyling.graph).outputs[restyling.styled.id]["text"]
    assert "A feather of 500 pixels is wider than what is white" in said


def test_the_mask_of_load_image_is_a_soft_mask(comfy: ComfyServer, home: Path, restyling: Restyling) -> None:
    """What the mask editor writes: a PNG whose transparent part may change."""
    picture = Image.effect_noise((128, 96), 60).convert("RGBA")
    alpha = np.full((96, 128), 255, np.uint8)
    alpha[:, :64] = 0
    picture.putalpha(Image.fromarray(alpha))
    picture.save(home / "input" / "painted.png")
    loaded = restyling.graph.add("LoadImage", image="painted.png")
    restyling.set(restyling.styled, photo=loaded.out(0), soft_mask=loaded.out(1), mask_feather=0)
    (told,) = queued(comfy, restyling.graph).outputs[restyling.saved.id]["images"]
    passport, _ = of_file(comfy, told)
    assert passport.outside_max == 0
    saved = Image.open(io.BytesIO(comfy.get(f"/view?{urllib.parse.urlencode(told)}"))).convert("RGB")
    changed = np.abs(np.asarray(saved, int) - np.asarray(picture.convert("RGB"), int)).max(axis=2)
    assert (changed[:, :40] > 0).mean() > 0.8


def test_the_photograph_of_the_examples_is_drawn_when_a_page_asks_for_it(comfy: ComfyServer, home: Path) -> None:
    own = Image.new("L", (20, 10), 77)
    own.save(home / "input" / "theatre_mask.png")
    comfy.post_json("/lora_atelier/example_building", {})
    with Image.open(home / "input" / "theatre.png") as photo:
        assert (photo.size, photo.mode) == ((768, 512), "RGBA")
        painted = 255 - np.asarray(photo.getchannel("A"), float)
    assert painted.min() == 0 and painted.max() == 255
    assert ((painted > 0) & (painted < 255)).mean() > 0.01
    with Image.open(home / "input" / "theatre_mask.png") as mask:
        assert mask.size == own.size, "what is there already stays"


def test_a_second_opinion_shows_each_candidate_beside_real_pictures(
    comfy: ComfyServer, checkout: Checkout, home: Path
) -> None:
    graph = Graph()
    base = graph.add("PocketModelLoader")
    dataset = graph.add("DrawnDataset", style="bauhaus", pictures=6, validation_count=2)
    shown = graph.add("PreviewAny", source=dataset.out(1))
    comfy.run(graph)
    runs, pictures = home / "output" / "lora_atelier" / "runs", home / "datasets" / "drawn_bauhaus_6"
    of = [
        "--data",
        pictures,
        "--model",
        POCKET_MODEL,
        "--tokenizer",
        checkout.folder,
        "--runs",
        runs,
        "--name",
        "opinion",
    ]
    split = ["--resolution", "128", "--validation-count", "2"]
    quick = ["--epochs", "3", "--batch-size", "2", "--rank", "2", "--layers", "attention", "--warmup-steps", "1"]
    drawn = ["--preview-every-epochs", "0", "--preview-steps", "2", "--device", "cpu"]
    assert main(["train", *map(str, of), *split, *quick, *drawn]) == 0

    sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2), "dataset": dataset.out()}
    run = graph.add("TrainingRunLoader", run_name="opinion")
    asked = {**defaults(comfy.object_info()["SecondOpinion"]), "pictures": 2}
    opinion = graph.add("SecondOpinion", **asked, **sockets, run=run.out())
    graph[shown.id]["inputs"]["source"] = opinion.out(1)
    for line in comfy.run(graph).outputs[shown.id]["text"][0].splitlines()[1:]:
        assert "style distance" not in line and "training picture" in line
    graph[opinion.id]["inputs"]["clip_vision"] = graph.add("SmallClipVision").out()
    outcome = comfy.run(graph)
    lines = outcome.outputs[shown.id]["text"][0].splitlines()
    assert [line.split(":")[0] for line in lines[:2]] == ["held-out pictures", "no LoRA"]
    assert 1 <= sum(line.startswith("epoch ") for line in lines[2:]) == len(lines) - 2 <= 3
    (picked,) = (line for line in lines if "(picked)" in line)
    assert "than no LoRA, style distance 0." in picked and "the pick" not in picked
    assert outcome.outputs[opinion.id]["text"] == lines, "the node shows it too, in the user's language"
    (sheet,) = saved_pictures(comfy, outcome, opinion.id)
    assert sheet.width > 2 * 128 and sheet.height > len(lines) * 128
    graph[dataset.id]["inputs"]["style"] = "renaissance"
    with pytest.raises(PromptFailed, match="The candidates of the run 'opinion' can't be measured here: the pictures"):
        comfy.run(graph)
