"""Every node in both renderers: it is there, shows no error, and has a sensible size."""

from __future__ import annotations

import pytest

from browser.atelier import CHARTS, NODES, Atelier
from devtools.server import ComfyServer

LAYOUT_FOLDS = {"canvas": True, "vue": False}
"""Whether the renderer of the front end under test folds advanced inputs away."""


def ours(comfy: ComfyServer) -> dict[str, dict]:
    return {name: info for name, info in comfy.object_info().items() if info["category"] == "LoRA Atelier"}


def test_the_tests_know_all_nodes(comfy: ComfyServer) -> None:
    assert set(ours(comfy)) == set(NODES)


@pytest.mark.parametrize("name", NODES)
def test_every_input_and_output_is_explained(comfy: ComfyServer, name: str) -> None:
    info = comfy.object_info(name)[name]
    inputs = {**info["input"].get("required", {}), **info["input"].get("optional", {})}
    assert [key for key, (_, *options) in inputs.items() if not (options and options[0].get("tooltip"))] == []
    assert len(info["output_tooltips"]) == len(info["output"])
    assert all(info["output_tooltips"])
    assert info["description"]


def test_all_nodes_stand_in_the_graph(either: Atelier, request: pytest.FixtureRequest) -> None:
    atelier = either
    ids, x = {}, 0.0
    for name in NODES:
        ids[name] = atelier.add(name, x, 0)
        x += atelier.size(ids[name])[0] + 60
    atelier.fit()
    atelier.shot(f"nodes-{request.node.callspec.id}")
    for name, node in ids.items():
        width, height = atelier.size(node)
        assert 200 <= width <= 520, name
        assert 40 <= height <= (800 if LAYOUT_FOLDS[request.node.callspec.id] else 1500), name
    for name in CHARTS:
        chart = atelier.chart(ids[name])
        atelier.until(chart.is_visible)
        assert "Run the graph" in atelier.text(chart, ".la-invitation")
    assert atelier.page.locator(".node-error").count() == 0
    assert atelier.error_toasts() == 0


def test_advanced_inputs_are_folded_away_and_come_back(atelier: Atelier) -> None:
    atelier.renderer("canvas")
    node = atelier.add("LoRATrainer")
    folded = atelier.size(node)[1]
    names = atelier.page.evaluate(
        "id => app.graph.getNodeById(id).widgets.filter((widget) => widget.advanced).map((widget) => widget.name)", node
    )
    assert "weight_decay" in names
    assert "epochs" not in names
    atelier.page.evaluate("id => app.graph.getNodeById(id).toggleAdvanced()", node)
    assert atelier.size(node)[1] > folded + 200


def test_small_numbers_are_shown_with_all_their_digits(either: Atelier) -> None:
    node = either.add("LoRATrainer")
    either.fit(1)
    shown = either.page.evaluate(
        """id => {
            const widget = app.graph.getNodeById(id).widgets.find((widget) => widget.name === "learning_rate");
            const input = '[aria-label="learning_rate"]';
            return LiteGraph.vueNodesMode
                ? document.querySelector(`[data-node-id="${id}"] :is(input${input}, ${input} input)`).value
                : widget._displayValue;
        }""",
        node,
    )
    assert float(shown) == 0.0003
