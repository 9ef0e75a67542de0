"""Charts come, go, multiply, move into subgraphs, and follow zoom and theme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from browser.atelier import Atelier

WITHOUT_ITS_RUN = """id => {
    const workflow = JSON.parse(JSON.stringify(app.graph.serialize()));
    const { properties } = workflow.nodes.find((node) => String(node.id) === String(id)); // newer ones write texts
    delete properties.lora_atelier_shown;
    delete properties.lora_atelier_runs;
    return workflow;
}"""
CHARTS_IN_PAGE = "() => document.querySelectorAll('.lora-atelier-chart').length"


@pytest.fixture
def plotted(either: Atelier) -> tuple[Atelier, int]:
    """The page with the finished run in one plot."""
    loader = either.add("TrainingRunLoader", 0, 0, run_name="weimar")
    plot = either.add("ValidationLossPlot", 360, 0)
    either.connect(loader, 0, plot, "run")
    either.fit()
    either.run()
    either.shows_curve(plot)
    return either, plot


def test_a_removed_node_leaves_nothing(plotted: tuple[Atelier, int]) -> None:
    atelier, plot = plotted
    assert atelier.page.evaluate(CHARTS_IN_PAGE) == 1
    atelier.page.evaluate("id => app.graph.remove(app.graph.getNodeById(id))", plot)
    atelier.until(lambda: atelier.page.evaluate(CHARTS_IN_PAGE) == 0)


def test_a_copy_shows_the_run_by_itself(plotted: tuple[Atelier, int]) -> None:
    atelier, plot = plotted
    copy = atelier.page.evaluate(
        """id => {
            app.canvas.copyToClipboard([app.graph.getNodeById(id)]);
            app.canvas.pasteFromClipboard({ position: [360, 620] });
            return Math.max(...app.graph.nodes.map((node) => node.id));
        }""",
        plot,
    )
    atelier.fit()
    atelier.shows_curve(copy)
    assert atelier.page.evaluate(CHARTS_IN_PAGE) == 2
    atelier.page.evaluate("id => app.graph.remove(app.graph.getNodeById(id))", plot)
    atelier.until(lambda: atelier.page.evaluate(CHARTS_IN_PAGE) == 1)
    atelier.shows_curve(copy)


def test_a_copy_of_the_workflow_opens_empty_and_stays_so_when_the_other_runs(plotted: tuple[Atelier, int]) -> None:
    atelier, plot = plotted
    first = atelier.tab()
    atelier.load(atelier.page.evaluate(WITHOUT_ITS_RUN, plot))  # the same ids, of the workflow too
    second = atelier.tab()
    assert second != first
    assert atelier.path(atelier.chart(plot), ".la-line") == ""
    atelier.bring_to_front(first)
    ended = atelier.page.evaluate_handle(
        """async (plot) => {
            const { api } = await import("/scripts/api.js");
            const { widgets } = app.graph.getNodeById(plot);
            widgets.find(({ name }) => name === "width").value += 8; // so that it is executed anew
            const ended = new Promise((resolve) => api.addEventListener("execution_success", resolve, { once: true }));
            await app.queuePrompt(0, 1);
            return { ended };
        }""",
        plot,
    )
    atelier.bring_to_front(second)
    ended.evaluate("({ ended }) => ended")
    assert atelier.path(atelier.chart(plot), ".la-line") == ""
    assert atelier.page.evaluate("id => app.graph.getNodeById(id).properties.lora_atelier_shown ?? null", plot) is None
    atelier.bring_to_front(first)
    atelier.shows_curve(plot)
    atelier.bring_to_front(second)
    atelier.run()
    atelier.shows_curve(plot)


def test_a_chart_in_a_subgraph_hears_of_its_node(plotted: tuple[Atelier, int]) -> None:
    atelier, plot = plotted
    inner = atelier.page.evaluate(
        """id => {
            const node = app.graph.getNodeById(id);
            node.properties.lora_atelier_shown = node.properties.lora_atelier_runs = undefined;
            const { subgraph } = app.graph.convertToSubgraph(new Set([node]));
            app.canvas.setGraph(subgraph);
            return subgraph.nodes[0].id;
        }""",
        plot,
    )
    atelier.run()
    atelier.fit()
    chart = atelier.shows_curve(inner)
    assert atelier.text(chart, ".la-run") == "weimar"
    atelier.page.evaluate("() => app.canvas.setGraph(app.graph.rootGraph ?? app.graph)")


def test_the_wheel_zooms_over_a_chart(plotted: tuple[Atelier, int]) -> None:
    atelier, plot = plotted
    before = atelier.page.evaluate("() => app.canvas.ds.scale")
    atelier.page.mouse.move(*atelier.place_of(atelier.chart(plot), 30))
    atelier.page.mouse.wheel(0, 120)
    atelier.until(lambda: atelier.page.evaluate("() => app.canvas.ds.scale") < before)


def test_the_wheel_scrolls_the_previews_and_nothing_else(either: Atelier) -> None:
    atelier = either
    _, picker = atelier.showing("weimar")
    atelier.resize(picker, 400)  # narrower than all previews of the run side by side
    before = atelier.page.evaluate("() => app.canvas.ds.scale")
    strip = atelier.chart(picker).query_selector(".la-previews")
    assert strip
    atelier.until(lambda: strip.evaluate("strip => strip.scrollWidth - strip.clientWidth") > 40)
    strip.evaluate("strip => { strip.scrollLeft = 0; }")
    box = strip.bounding_box()
    assert box
    atelier.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    atelier.page.mouse.wheel(0, 120)
    atelier.until(lambda: strip.evaluate("strip => strip.scrollLeft") > 40)
    assert atelier.page.evaluate("() => app.canvas.ds.scale") == before


def test_a_click_meets_its_epoch_when_the_graph_is_zoomed(plotted: tuple[Atelier, int]) -> None:
    atelier, plot = plotted
    for scale in (0.6, 1.3):
        atelier.fit(scale)
        chart = atelier.chart(plot)
        atelier.page.mouse.move(*atelier.place_of(chart, 40))
        atelier.until(lambda chart=chart: atelier.text(chart, ".la-tooltip strong") == "Epoch 40")


def test_a_small_node_keeps_its_chart_inside(plotted: tuple[Atelier, int], request: pytest.FixtureRequest) -> None:
    atelier, plot = plotted
    atelier.resize(plot, 300)
    atelier.fit()
    chart = atelier.chart(plot)
    atelier.until(lambda: chart.evaluate("chart => chart.clientWidth") < 300)
    atelier.page.wait_for_timeout(300)
    atelier.shot(f"small-{request.node.callspec.id}")
    assert atelier.outside(chart) == []


@pytest.fixture
def light(atelier: Atelier) -> Iterator[Atelier]:
    atelier.setting("Comfy.ColorPalette", "light")
    yield atelier
    atelier.setting("Comfy.ColorPalette", "dark")


@pytest.mark.parametrize("renderer", ["canvas", "vue"])
def test_light_theme_has_dark_words_on_a_light_ground(light: Atelier, renderer: str) -> None:
    light.renderer(renderer)
    _, plot, picker = light.reading("renaissance")
    light.fit()
    light.run()
    chart = light.shows_curve(plot)
    light.shows_curve(picker)
    light.fit()
    light.shot(f"light-{renderer}")
    words, ground = chart.evaluate(
        """chart => {
            const paint = document.createElement("canvas").getContext("2d");
            const brightness = (colour) => {
                paint.fillStyle = colour;
                paint.fillRect(0, 0, 1, 1);
                const [r, g, b] = paint.getImageData(0, 0, 1, 1).data;
                return (r + g + b) / 765;
            };
            const { color, backgroundColor } = getComputedStyle(chart);
            return [brightness(color), brightness(backgroundColor)];
        }"""
    )
    assert words < 0.3
    assert ground > 0.7
    assert light.text(chart, ".la-status") == "Cancelled at epoch 40 of 60 · run again to continue"
