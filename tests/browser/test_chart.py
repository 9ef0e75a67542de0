"""The chart in the nodes: it shows a run, a click picks an epoch, and neither undo nor reload loses it."""

from __future__ import annotations

import pytest

from browser.atelier import Atelier


@pytest.fixture
def shown(either: Atelier) -> tuple[Atelier, int, int]:
    """The page with the finished run in a plot and a picker."""
    return either, *either.showing("weimar")


@pytest.fixture
def plain(either: Atelier) -> tuple[Atelier, int, int]:
    """The page with a run that keeps no average and probes nothing, in a plot and a picker."""
    return either, *either.showing("renaissance")


def kept_epoch(atelier: Atelier, run: str = "weimar", kind: str = "averaged_checkpoints") -> int:
    """An epoch with a checkpoint that is not the picked one."""
    view = atelier.server.get_json(f"/lora_atelier/runs/{run}")
    return next(epoch for epoch in view[kind][3:] if epoch != view["selection"]["epoch"])


def test_chart_shows_the_run(shown: tuple[Atelier, int, int], request: pytest.FixtureRequest) -> None:
    atelier, plot, picker = shown
    atelier.fit()
    atelier.shot(f"chart-{request.node.callspec.id}")
    view = atelier.server.get_json("/lora_atelier/runs/weimar")
    parts = {".la-band", ".la-dots", ".la-region-g rect", ".la-region-o rect"}
    for node, own in ((plot, {".la-training"}), (picker, {".la-preview"})):
        chart = atelier.chart(node)
        assert atelier.text(chart, ".la-run") == "weimar"
        assert atelier.text(chart, ".la-point text") == f"epoch {view['selection']['epoch']} (p)"
        assert atelier.text(chart, ".la-reason") == view["selection"]["reason"]
        assert atelier.text(chart, ".la-status") == "Finished · 60 epochs"
        reason = chart.query_selector(".la-reason")
        assert reason and reason.evaluate("part => part.scrollHeight <= part.clientHeight + 1"), "it is cut off"
        assert atelier.outside(chart) == []
        shown = {part for part in (*parts, ".la-training", ".la-preview") if chart.query_selector(part)}
        assert shown == parts | own
    chart = atelier.chart(picker)
    assert len(chart.query_selector_all(".la-preview")) == len(view["previews"]) == 12
    picture = chart.query_selector(".la-preview img")
    assert picture
    atelier.until(lambda: picture.evaluate("image => image.naturalWidth") == 256)


def test_pointing_marks_the_preview(shown: tuple[Atelier, int, int], request: pytest.FixtureRequest) -> None:
    atelier, _, picker = shown
    chart = atelier.chart(picker)
    atelier.page.mouse.move(*atelier.place_of(chart, 30))
    atelier.until(lambda: atelier.text(chart, ".la-tooltip strong") == "Epoch 30")
    marked = chart.query_selector(".la-marked")
    assert marked
    assert marked.get_attribute("data-epoch") == "30"
    atelier.shot(f"tooltip-{request.node.callspec.id}")
    tops = "(chart, parts) => parts.map((part) => chart.querySelector(part).getBoundingClientRect().top)"
    axis, tooltip = chart.evaluate(tops, [".la-axis", ".la-tooltip"])
    assert tooltip >= axis, "it hides a curve"
    atelier.page.mouse.move(5, 5)
    atelier.until(lambda: not chart.query_selector(".la-tooltip").is_visible())


def test_click_picks_and_undo_takes_it_back(shown: tuple[Atelier, int, int]) -> None:
    atelier, _, picker = shown
    chart = atelier.chart(picker)
    before = atelier.text(chart, ".la-point text")
    epoch = kept_epoch(atelier)
    atelier.page.mouse.click(*atelier.place_of(chart, epoch))
    assert atelier.value(picker, "rule") == "chosen epoch"
    assert atelier.value(picker, "epoch") == epoch
    atelier.until(lambda: atelier.text(chart, ".la-point text") == f"epoch {epoch} (p)")
    atelier.undo()
    atelier.until(lambda: atelier.value(picker, "rule") == "lowest in G")
    assert atelier.value(picker, "epoch") == 0
    atelier.until(lambda: atelier.text(atelier.chart(picker), ".la-point text") == before)
    atelier.redo()
    atelier.until(lambda: atelier.value(picker, "epoch") == epoch)


def test_keyboard_picks_too(shown: tuple[Atelier, int, int]) -> None:
    atelier, _, picker = shown
    chart = atelier.chart(picker)
    chart.query_selector(".la-plot").focus()
    atelier.page.keyboard.press("End")
    atelier.page.keyboard.press("Enter")
    assert atelier.value(picker, "rule") == "chosen epoch"
    assert atelier.value(picker, "epoch") == 60
    atelier.undo()
    atelier.until(lambda: atelier.value(picker, "rule") == "lowest in G")


def test_a_chosen_epoch_is_what_the_graph_picks(shown: tuple[Atelier, int, int]) -> None:
    atelier, _, picker = shown
    epoch = kept_epoch(atelier)
    atelier.page.mouse.click(*atelier.place_of(atelier.chart(picker), epoch))
    atelier.run()
    assert (atelier.server.home / "models" / "loras" / f"weimar-epoch-{epoch:04d}-averaged.safetensors").exists()


def test_without_an_average_there_is_one_curve(plain: tuple[Atelier, int, int]) -> None:
    atelier, plot, picker = plain
    for node, steps in ((plot, ["training steps (right)"]), (picker, [])):
        chart = atelier.chart(node)
        keys = [key.text_content() for key in chart.query_selector_all(".la-key")]
        assert keys == ["held-out pictures", *steps, "no LoRA"]
        assert not any(atelier.path(chart, part) for part in (".la-other", ".la-probe", ".la-gap"))
    chart = atelier.chart(plot)
    atelier.page.mouse.move(*atelier.place_of(chart, 30))
    atelier.until(lambda: atelier.text(chart, ".la-tooltip strong") == "Epoch 30")
    told = atelier.text(chart, ".la-tooltip")
    assert all(word in told for word in ("held-out pictures", "smoothed", "against no LoRA", "training steps"))


def test_without_an_average_the_graph_picks_the_raw_weights(plain: tuple[Atelier, int, int]) -> None:
    atelier, _, picker = plain
    epoch = kept_epoch(atelier, "renaissance", "checkpoints")
    atelier.page.mouse.click(*atelier.place_of(atelier.chart(picker), epoch))
    atelier.run()
    assert (atelier.server.home / "models" / "loras" / f"renaissance-epoch-{epoch:04d}.safetensors").exists()


def test_an_epoch_without_checkpoint_says_so(shown: tuple[Atelier, int, int]) -> None:
    atelier, _, picker = shown
    atelier.page.evaluate(
        """id => {
            const { widgets } = app.graph.getNodeById(id);
            for (const [name, value] of [["rule", "chosen epoch"], ["epoch", 999]]) {
                const widget = widgets.find((widget) => widget.name === name);
                widget.value = value;
                widget.callback?.(value);
            }
        }""",
        picker,
    )
    chart = atelier.chart(picker)
    atelier.until(lambda: "Epoch 999 has no checkpoint" in atelier.text(chart, ".la-reason"))
    atelier.problems.clear()  # the server's 404 is the expected answer


def test_reload_keeps_the_curves(shown: tuple[Atelier, int, int]) -> None:
    atelier, plot, picker = shown
    epoch = kept_epoch(atelier)
    atelier.page.mouse.click(*atelier.place_of(atelier.chart(picker), epoch))
    atelier.page.wait_for_timeout(1500)  # the front end keeps unsaved workflows after a while
    atelier.open()
    chart = atelier.shows_curve(picker)
    atelier.shows_curve(plot)
    atelier.until(lambda: atelier.text(chart, ".la-point text") == f"epoch {epoch} (p)")


def test_preview_opens_large_and_closes(shown: tuple[Atelier, int, int], request: pytest.FixtureRequest) -> None:
    atelier, _, picker = shown
    chart = atelier.chart(picker)
    thumbnail = chart.query_selector('.la-preview[data-epoch="25"]')
    assert thumbnail
    thumbnail.click()
    large = chart.query_selector(".la-large")
    assert large
    assert large.is_visible()
    assert atelier.text(chart, ".la-large figcaption") == "Epoch 25"
    atelier.page.keyboard.press("ArrowRight")
    assert atelier.text(chart, ".la-large figcaption") == "Epoch 30"
    atelier.shot(f"preview-{request.node.callspec.id}")
    box = large.bounding_box()
    assert box and (box["width"], box["height"]) == (1600, 1000), "it does not fill the page"
    atelier.page.keyboard.press("Escape")
    assert not large.is_visible()
    last = chart.query_selector('.la-preview[data-epoch="30"]')
    assert last and last.evaluate("thumbnail => document.activeElement === thumbnail")
