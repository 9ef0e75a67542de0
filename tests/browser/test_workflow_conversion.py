"""devtools.workflow makes of a workflow what the real front end makes of it.

Compared are the golden workflow of the unit tests, our example workflows, and ComfyUI's own templates, which were
written by many hands over years of front ends.
"""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from typing import Any

import pytest

from browser.atelier import Atelier
from devtools.comfyui import DEFAULT_VERSION, Checkout
from devtools.places import ROOT
from devtools.workflow import WorkflowError, load_workflow, to_api

OWN = sorted((ROOT / "example_workflows").glob("*.json"))
GOLDEN = ROOT / "tests" / "unit" / "workflows" / "knots.json"
TEMPLATES = "comfyui_workflow_templates_media_image"
# Audio players, 3D viewers and text previews put themselves into the API format too; no node has an input of that name.
VIEWERS = {"audioUI", "image", "preview"}

CONVERT = """async (workflow) => {
    await app.loadGraphData(workflow, true, false);
    return (await app.graphToPrompt()).output;
}"""


@pytest.fixture(scope="module")
def info(comfy) -> dict[str, Any]:
    return comfy.object_info()


def front_ends(atelier: Atelier, workflow: dict[str, Any]) -> dict[str, Any]:
    return essence(atelier.page.evaluate(CONVERT, workflow))


def essence(api: dict[str, Any]) -> dict[str, Any]:
    """Without titles, which the front end translates, and without the viewers' own entries."""
    return {
        number: (
            node["class_type"],
            {name: value for name, value in node["inputs"].items() if name not in VIEWERS or value != ""},
        )
        for number, node in api.items()
    }


@pytest.mark.parametrize("path", [GOLDEN, *OWN], ids=lambda path: path.stem)
def test_conversion_equals_the_front_ends(atelier: Atelier, info: dict[str, Any], path: Path) -> None:
    workflow = load_workflow(path)
    assert essence(to_api(workflow, info)) == front_ends(atelier, workflow)


def test_conversion_of_comfyuis_templates_equals_the_front_ends(
    atelier: Atelier, info: dict[str, Any], checkout: Checkout
) -> None:
    elsewhere = "this ComfyUI has its templates elsewhere"
    pytest.importorskip(TEMPLATES, reason=elsewhere)
    folder = importlib.resources.files(TEMPLATES) / "templates"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    if checkout.version != DEFAULT_VERSION and not files:
        pytest.skip(elsewhere)
    compared, different = 0, []
    for file in files:
        workflow = json.loads(file.read_text(encoding="utf-8"))
        try:
            ours = to_api(workflow, info)
        except WorkflowError as refused:  # subgraphs and nodes of paid services
            if "subgraph" in str(refused) or "does not know" in str(refused):
                continue
            raise
        compared += 1
        if essence(ours) != front_ends(atelier, workflow):
            different.append(file.name)
    assert different == []
    assert compared >= 30
