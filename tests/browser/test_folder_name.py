"""A clone's folder has the repository's name, and a workflow may name the pack as it was called before: both work."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from browser.atelier import Atelier
from devtools.comfyui import Checkout
from devtools.graphs import WORKFLOWS
from devtools.home import make_home
from devtools.places import PACK_NAME, ROOT
from devtools.server import ComfyServer

CLONE = "comfyui-lora-atelier"


@pytest.fixture(scope="module")
def cloned(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory, _page: Atelier) -> Iterator[Atelier]:
    """The page of a ComfyUI whose custom_nodes has the pack under a clone's name."""
    home = make_home(tmp_path_factory.mktemp("clone"))
    (home / "custom_nodes" / PACK_NAME).rename(home / "custom_nodes" / CLONE)
    browser = _page.page.context.browser
    assert browser
    with ComfyServer(checkout, home, offline=True) as server:
        atelier = Atelier(browser.new_page(viewport={"width": 1600, "height": 1000}), server)
        atelier.open()
        yield atelier
        atelier.page.close()


@pytest.mark.parametrize("renderer", ["canvas", "vue"])
def test_the_chart_finds_its_style_sheet_in_any_folder(cloned: Atelier, renderer: str) -> None:
    cloned.load()
    cloned.renderer(renderer)
    node = cloned.add("ValidationLossPlot")
    cloned.fit()
    chart = cloned.chart(node)
    cloned.until(lambda: chart.evaluate("chart => getComputedStyle(chart).display") == "flex")
    sheets = chart.evaluate("chart => [...document.styleSheets].map((sheet) => sheet.href ?? '')")
    assert [sheet for sheet in sheets if sheet.endswith(f"/extensions/{CLONE}/chart/chart.css")]


def test_templates_and_help_are_served_from_any_folder(cloned: Atelier) -> None:
    found = cloned.server.get_json("/workflow_templates")[CLONE]
    assert set(found) == {path.stem for path in WORKFLOWS.glob("*.json")}
    assert b"# Dataset Loader" in cloned.server.get(f"/extensions/{CLONE}/docs/DatasetLoader.md")


def test_a_workflow_with_the_packs_earlier_name_opens(cloned: Atelier) -> None:
    text = (ROOT / "example_workflows" / "learn_without_a_gpu.json").read_text(encoding="utf-8")
    earlier = text.replace(f'"cnr_id": "{PACK_NAME}"', f'"cnr_id": "{CLONE}"')
    assert earlier != text
    workflow = json.loads(earlier)
    cloned.load(workflow)
    cloned.page.wait_for_timeout(1000)
    assert cloned.page.locator(".comfy-missing-nodes").count() == 0
    kinds = cloned.page.evaluate("() => app.graph.nodes.filter((node) => !node.has_errors).map((node) => node.type)")
    assert sorted(kinds) == sorted(node["type"] for node in workflow["nodes"])
