"""The curves of averaged and raw weights and the probe of training pictures, and picking among the weights."""

from __future__ import annotations

import pytest

from browser.atelier import Atelier

RUN = "weimar"


@pytest.fixture
def shown(either: Atelier) -> tuple[Atelier, int, int]:
    """The page with a run that has an average and a probe in a plot and a picker."""
    return either, *either.showing(RUN)


def choose_weights(atelier: Atelier, picker: int, weights: str) -> None:
    """Set the picker's widget to the weights that may be picked."""
    atelier.page.evaluate(
        """([id, weights]) => {
            const widget = app.graph.getNodeById(id).widgets.find(({ name }) => name === "weights");
            widget.value = weights;
            widget.callback?.(weights);
        }""",
        [picker, weights],
    )


def test_all_curves_are_drawn_and_named(shown: tuple[Atelier, int, int], request: pytest.FixtureRequest) -> None:
    atelier, plot, picker = shown
    atelier.shot(f"weights-{request.node.callspec.id}")
    chart = atelier.chart(plot)
    for part in (".la-line", ".la-other", ".la-probe", ".la-gap", ".la-told", ".la-band", ".la-dots"):
        assert len(atelier.path(chart, part)) > 20, part
    assert [key.text_content() for key in chart.query_selector_all(".la-key")] == [
        "held-out pictures (averaged weights)",
        "raw weights",
        "training pictures",
        "told from held-out",
        "training steps (right)",
        "no LoRA",
    ]
    assert "raw weights" in [name.text_content() for name in chart.query_selector_all(".la-names text")]
    keys = [key.text_content() for key in atelier.chart(picker).query_selector_all(".la-key")]
    assert keys == ["held-out pictures (averaged weights)", "no LoRA"]


def test_a_narrow_node_keeps_the_legend_inside(shown: tuple[Atelier, int, int], request: pytest.FixtureRequest) -> None:
    atelier, *nodes = shown
    for node in nodes:
        atelier.resize(node, 400)
        chart = atelier.chart(node)
        atelier.until(lambda chart=chart: chart.evaluate("chart => chart.clientWidth") < 400)
    atelier.page.wait_for_timeout(300)
    atelier.shot(f"weights-narrow-{request.node.callspec.id}")
    for chart in map(atelier.chart, nodes):
        assert atelier.outside(chart) == []
        assert chart.evaluate("chart => chart.querySelector('.la-plot').clientHeight") >= 120


def test_pointing_compares_the_curves(shown: tuple[Atelier, int, int]) -> None:
    atelier, plot, _ = shown
    chart = atelier.chart(plot)
    atelier.page.mouse.move(*atelier.place_of(chart, 30))
    atelier.until(lambda: atelier.text(chart, ".la-tooltip strong") == "Epoch 30")
    rows = [
        [cell.text_content() for cell in row.query_selector_all("span")]
        for row in chart.query_selector_all(".la-reading")
    ]
    assert [row[0] for row in rows] == [
        "averaged weights",
        "raw weights",
        "training pictures",
        "training steps",
        "told from held-out",
        "on disk",
    ]
    assert all(row[2].endswith("% better") for row in rows[:3])
    assert atelier.text(chart, ".la-title span") == "against no LoRA"
    assert len(chart.query_selector_all(".la-crosshair circle")) == 3


@pytest.mark.parametrize("weights", ["averaged", "raw", "best"])
def test_a_click_takes_the_nearest_epoch_of_the_allowed_weights(shown: tuple[Atelier, int, int], weights: str) -> None:
    atelier, _, picker = shown
    view = atelier.server.get_json(f"/lora_atelier/runs/{RUN}")
    of = {"averaged": view["averaged_checkpoints"], "raw": view["checkpoints"]}
    kept_of_any = {*of["averaged"], *of["raw"]}
    allowed = of.get(weights) or sorted(kept_of_any)
    # Where other weights have a file, if only some are allowed: it must not attract the click.
    away = min(kept_of_any.difference(allowed) or set(range(20, 60)).difference(allowed))
    expected = min(allowed, key=lambda kept: abs(kept - away))
    choose_weights(atelier, picker, weights)
    atelier.page.wait_for_timeout(300)
    chart = atelier.chart(picker)
    atelier.page.mouse.click(*atelier.place_of(chart, away))
    assert atelier.value(picker, "rule") == "chosen epoch"
    assert abs(atelier.value(picker, "epoch") - away) == abs(expected - away)
    assert atelier.value(picker, "weights") == weights
    atelier.until(lambda: atelier.text(chart, ".la-point text") == f"epoch {atelier.value(picker, 'epoch')} (p)")
    atelier.undo()
    atelier.until(lambda: atelier.value(picker, "rule") == "lowest in G")
    assert atelier.value(picker, "epoch") == 0


def test_the_curve_of_the_picked_weights_is_the_main_one(shown: tuple[Atelier, int, int]) -> None:
    atelier, _, picker = shown
    chart = atelier.chart(picker)
    averaged = atelier.text(chart, ".la-reason")
    assert atelier.text(chart, ".la-key-validation") == "held-out pictures (averaged weights)"
    choose_weights(atelier, picker, "raw")
    atelier.until(lambda: atelier.text(chart, ".la-key-validation") == "held-out pictures (raw weights)")
    assert atelier.text(chart, ".la-reason") != averaged
