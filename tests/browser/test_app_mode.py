"""The examples that open as apps: their inputs under names for people, the charts among them, on a phone too."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.atelier import Atelier
from comfyui.harness import write_pictures
from devtools.apps import APPS, app_name
from devtools.graphs import load_graph, load_workflow, with_values_of

FIRST = (1, 41, 13)
"""The front end that App mode came with."""
REMEMBER = """run => {
    for (const node of app.graph.nodes.filter(({ widgets }) => widgets?.some((w) => w.name === "lora_atelier_chart"))) {
        Object.assign(node.properties, { lora_atelier_shown: run, lora_atelier_runs: [run] });
        node.onConfigure?.(node.serialize());
    }
}"""
CHARTS = """() => [...document.querySelectorAll(".lora-atelier-chart")]
    .map((chart) => [chart.getBoundingClientRect(), chart.querySelector(".la-line")?.getAttribute("d") ?? ""])
    .filter(([box]) => box.width)
    .map(([{ left, right, top, height }, line]) => ({ left, right, top, height, drawn: line.length > 20 }))"""


SMALL: dict[str, dict[str, Any]] = {
    "DatasetLoader": {"folder": "for an app", "resolution": 64, "validation_count": 1},
    "LoRATrainer": {"run_name": "in an app", "epochs": 2, "batch_size": 1, "rank": 1, "preview_every": 0},
    "EmptyLatentImage": {"width": 64, "height": 64},
    "KSampler": {"steps": 1},
}
"""Values with which the example trains in seconds."""


@pytest.fixture
def apps(atelier: Atelier) -> Iterator[Atelier]:
    """The page of a front end that has App mode; left as a graph."""
    if atelier.front_end() < FIRST:
        pytest.skip(f"front end {atelier.front_end()} has no App mode")
    yield atelier
    atelier.load()


@pytest.fixture
def phone(apps: Atelier) -> Iterator[Atelier]:
    """The same page, as wide as a phone."""
    apps.page.set_viewport_size({"width": 390, "height": 844})
    yield apps
    apps.page.set_viewport_size({"width": 1600, "height": 1000})


@pytest.fixture
def pictures(home: Path) -> Path:
    """A folder of pictures with captions."""
    folder = write_pictures(home / "datasets" / "for an app", 4)
    for picture in folder.glob("*.png"):
        picture.with_suffix(".txt").write_text("a house", encoding="utf-8")
    return folder


def open_app(atelier: Atelier, workflow: dict[str, Any]) -> None:
    """Open it, past what newer front ends have to say about apps."""
    atelier.load(workflow)
    skip = atelier.page.get_by_role("button", name="Skip")
    atelier.page.wait_for_timeout(1500)
    if skip.is_visible():
        skip.click()


def small_app() -> dict[str, Any]:
    """train_a_style as an app, small, on the pocket model."""
    before = load_graph("train_a_style")
    after = copy.deepcopy(before)
    for node in after.values():
        node["inputs"].update(SMALL.get(node["class_type"], {}))
    workflow = with_values_of(load_workflow(app_name("train_a_style")), before, after)
    loader = next(node for node in workflow["nodes"] if node["type"] == "CheckpointLoaderSimple")
    loader.update(type="PocketModelLoader", widgets_values=[], inputs=[], properties={})
    return workflow


def test_an_app_shows_its_inputs_and_charts_on_a_phone(phone: Atelier) -> None:
    page = phone.page
    open_app(phone, load_workflow(app_name("train_a_style")))
    page.get_by_text("Edit & Run", exact=True).click()
    page.evaluate(REMEMBER, "weimar")
    labels = [each.label for each in APPS["train_a_style"].inputs if each.label]
    for label in (*labels, "How the training goes", "Which epoch to use"):
        # Visible, since some front ends leave the graph in the page, below the app.
        page.get_by_text(label, exact=True).filter(visible=True).first.scroll_into_view_if_needed()
    phone.until(lambda: [chart["drawn"] for chart in page.evaluate(CHARTS)] == [True, True])
    for chart in page.evaluate(CHARTS):
        assert 0 <= chart["left"] < chart["right"] <= 390
        assert chart["height"] >= 340
    phone.shot("app-phone")
    top = page.evaluate(CHARTS)[0]["top"]
    page.mouse.move(195, 400)  # a chart is under the wheel, and the page scrolls
    page.mouse.wheel(0, -200)
    phone.until(lambda: page.evaluate(CHARTS)[0]["top"] > top)


@pytest.mark.usefixtures("pictures")
def test_a_training_runs_to_its_end_in_an_app(apps: Atelier, home: Path) -> None:
    page = apps.page
    open_app(apps, small_app())
    page.get_by_role("button", name="Run", exact=True).filter(visible=True).last.click()
    saved = page.locator(".la-saved code").filter(visible=True)
    apps.until(lambda: saved.count() == 1, 120)
    assert (home / "models" / "loras" / saved.inner_text()).is_file()
    assert "Finished · 2 epochs" in page.locator(".lora-atelier-chart").filter(visible=True).first.inner_text()
    apps.until(lambda: page.get_by_text("style_00001_.png").filter(visible=True).count() > 0, 120)  # the app's picture
    apps.until(lambda: not apps.server.get_json("/queue")["queue_running"], 120)
    apps.shot("app-trained")
