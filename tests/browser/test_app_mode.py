"""The examples that open as apps: their inputs under names for people, the charts among them, on a phone too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from browser.atelier import Atelier
from devtools.apps import APPS, app_name
from devtools.graphs import load_workflow

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


@pytest.fixture
def phone(atelier: Atelier) -> Iterator[Atelier]:
    """The page, as wide as a phone, of a front end that has App mode; left as a graph."""
    if atelier.front_end() < FIRST:
        pytest.skip(f"front end {atelier.front_end()} has no App mode")
    atelier.page.set_viewport_size({"width": 390, "height": 844})
    yield atelier
    atelier.page.set_viewport_size({"width": 1600, "height": 1000})
    atelier.load()


def test_an_app_shows_its_inputs_and_charts_on_a_phone(phone: Atelier) -> None:
    page = phone.page
    phone.load(load_workflow(app_name("train_a_style")))
    skip = page.get_by_role("button", name="Skip")
    page.wait_for_timeout(1500)
    if skip.is_visible():
        skip.click()
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
