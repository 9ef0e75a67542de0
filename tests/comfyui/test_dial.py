"""The dial on the pocket model: calibrated by stock nodes on a drawn building, kept in a file, and turned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from comfyui.harness import ComfyServer, Graph, Node, PromptFailed, PromptRejected, defaults, saved_pictures
from lora_core.restyle.calibration import Calibration, Point
from lora_core.restyle.dial_path import settings_at

NAME = "мій дім"
SETTINGS = ("lineart_strength", "lineart_end", "depth_strength", "depth_end")


@pytest.fixture
def kept(home: Path) -> Iterator[Path]:
    """Where the calibration is written."""
    path = home / "output" / "lora_atelier" / "dials" / f"{NAME}.json"
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def calibrating(comfy: ComfyServer, name: str = NAME) -> tuple[Graph, Node]:
    """A graph from Dial Steps to Dial Calibration: three holds, two seeds, a batch of one building."""
    info = comfy.object_info()
    graph = Graph()
    base = graph.add("PocketModelLoader")
    building = graph.add("DrawnBuilding", style="vernacular", number=2, width=128, height=96)
    steps = graph.add("DialSteps", steps=3, seeds=2, seed=2**64 - 1)
    sockets = {"model": base.out(0), "clip": base.out(1), "vae": base.out(2), "photo": building.out(0)}
    dialled = {setting: steps.out(index) for index, setting in enumerate(SETTINGS)}
    styled = graph.add("StyledControlNetApply", **{**defaults(info["StyledControlNetApply"]), **sockets, **dialled})
    conditions = {"model": styled.out(0), "positive": styled.out(1), "negative": styled.out(2)}
    sampling = {"steps": 4, "cfg": 2.0, "sampler_name": "euler", "scheduler": "normal"}
    latents = graph.add(
        "KSampler", **conditions, **sampling, latent_image=styled.out(3), denoise=steps.out(4), seed=steps.out(5)
    )
    sampled = graph.add("VAEDecode", samples=latents.out(), vae=base.out(2))
    # In place of a ControlNet, which would have to be trained: the more it holds, the more of the photograph.
    blend = {"blend_factor": steps.out(0), "blend_mode": "normal"}
    picture = graph.add("ImageBlend", image1=sampled.out(), image2=building.out(0), **blend)
    passport = graph.add("RestylePassport", photo=styled.out(4), picture=picture.out(), plain_picture=building.out(0))
    measured = graph.add("DialCalibration", passports=passport.out(2), steps=steps.out(6), name=name, about="a note")
    graph.add("SaveImage", images=measured.out(0), filename_prefix="dial")
    return graph, measured


def turned(comfy: ComfyServer, keep: float, calibration: str) -> tuple[list[float], str]:
    """The five settings, and what the node says."""
    graph = Graph()
    dial = graph.add("BuildingDial", keep=keep, calibration=calibration)
    shown = [graph.add("PreviewAny", source=dial.out(index)) for index in (0, 1, 2, 3, 4, 6)]
    graph.add("PreviewImage", images=dial.out(5))
    outcome = comfy.run(graph)
    *numbers, report = (outcome.outputs[node.id]["text"][0] for node in shown)
    return [float(number) for number in numbers], report


def test_a_dial_is_calibrated_kept_and_turned(comfy: ComfyServer, kept: Path) -> None:
    graph, measured = calibrating(comfy)
    saved = next(name for name, node in graph.items() if node["class_type"] == "SaveImage")
    (plot,) = saved_pictures(comfy, comfy.run(graph, timeout=300), saved)
    assert plot.size == (960, 420)
    calibration = Calibration.from_text(kept.read_text(encoding="utf-8"))
    assert (calibration.title, calibration.about) == (NAME, "a note")
    assert [(point.hold, point.pictures) for point in calibration.points] == [(0, 2), (0.5, 2), (1, 2)]
    curve = calibration.curve()
    assert f"{NAME}.json" in str(comfy.object_info()["BuildingDial"]["input"])
    for keep in (0.0, 0.3, 1.0):
        found, report = turned(comfy, keep, f"{NAME}.json")
        settings = settings_at(curve.hold(keep))
        assert found == pytest.approx([*(getattr(settings, name) for name in SETTINGS), settings.denoise])
        assert report.startswith(f"{curve.promised(keep):.0%} of the lines should agree")
    kept.unlink()
    with pytest.raises(PromptFailed, match="There is no calibration"):
        turned(comfy, 0.3, f"{NAME}.json")
    comfy.run(graph, timeout=300)  # what it wrote is gone, so it writes it again
    assert Calibration.from_text(kept.read_text(encoding="utf-8")) == calibration
    graph[measured.id]["inputs"]["steps"] = graph.add("DialSteps", steps=4, seeds=2, seed=0).out(6)
    with pytest.raises(PromptFailed, match="Passports of 6 pictures arrived for 8 pictures at 4 holds"):
        comfy.run(graph, timeout=300)


def test_without_a_calibration_the_settings_turn_evenly(comfy: ComfyServer) -> None:
    found, report = turned(comfy, 0.25, "uncalibrated")
    assert found == [0.25, 0.55, 0.188, 0.55, 0.9]
    assert "Not calibrated" in report


@pytest.mark.parametrize("choice", ["../my.json", "/etc/x.json", "NUL.json", "my", "a\nb.json", 3, "\\\\host\\x.json"])
def test_a_calibration_that_is_no_name_is_refused_before_anything_runs(comfy: ComfyServer, choice: object) -> None:
    with pytest.raises(PromptRejected, match=r"calibration"):
        turned(comfy, 0.5, choice)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["../my", "COM1", "", "a/b"])
def test_a_name_that_is_none_is_refused_before_anything_runs(comfy: ComfyServer, name: str) -> None:
    with pytest.raises(PromptRejected, match="calibration's name"):
        comfy.run(calibrating(comfy, name)[0])


def test_the_longest_name_that_can_be_written_can_be_chosen(comfy: ComfyServer, kept: Path) -> None:
    longest = kept.with_name("y" * 100 + ".json")
    kept.parent.mkdir(parents=True, exist_ok=True)
    longest.write_text(Calibration("y", "", (Point(0, 1, 0.3, 0.0), Point(1, 1, 0.9, 0.0))).to_text(), encoding="utf-8")
    assert turned(comfy, 0.5, longest.name)[1].startswith("60% of the lines should agree")
    longest.unlink()


def test_another_file_is_not_replaced(comfy: ComfyServer, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("{}", encoding="utf-8")
    with pytest.raises(PromptFailed, match="is another file and stays as it is"):
        comfy.run(calibrating(comfy)[0], timeout=300)
    assert kept.read_text(encoding="utf-8") == "{}"
    with pytest.raises(PromptFailed, match="not a calibration"):
        turned(comfy, 0.5, f"{NAME}.json")
