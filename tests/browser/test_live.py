"""A real training, seen from the browser: the chart is live, survives a reload, and shows how the run ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser.atelier import Atelier
from browser.invented_run import write_dataset
from browser.training import trainer_graph
from devtools.standins import CHECKPOINT


@pytest.fixture(scope="module")
def few_pictures(home: Path) -> str:
    """The name of a folder with two pictures to train on and one to validate with."""
    dataset = write_dataset(home / "datasets" / "few", 3, validation_count=1)
    for picture in dataset.pictures:
        picture.path.with_suffix(".txt").write_text("a building", encoding="utf-8")
    return "few"


def with_checkpoint(atelier: Atelier, folder: str, **settings: object) -> tuple[int, int]:
    """`trainer_graph` with a stock checkpoint."""
    return trainer_graph(atelier, atelier.add("CheckpointLoaderSimple", 0, 0, ckpt_name=CHECKPOINT), folder, **settings)


def test_a_training_is_followed_cancelled_and_gone_on_with(atelier: Atelier, few_pictures: str) -> None:
    atelier.renderer("canvas")
    trainer, picker = with_checkpoint(atelier, few_pictures, epochs=200, run_name="live {style}")
    atelier.fit()
    atelier.page.evaluate("() => app.queuePrompt(0, 1)")
    for node in (trainer, picker):
        chart = atelier.chart(node)
        atelier.until(lambda chart=chart: "Training · epoch" in atelier.text(chart, ".la-status"), 240)
        atelier.until(lambda chart=chart: len(atelier.path(chart, ".la-line")) > 20, 120)
        assert atelier.text(chart, ".la-run") == "live few"
    atelier.shot("live-training")

    atelier.page.wait_for_timeout(1500)
    atelier.open()
    chart = atelier.shows_curve(trainer)
    atelier.until(lambda: "Training · epoch" in atelier.text(chart, ".la-status"), 60)
    assert " left" in atelier.text(chart, ".la-status")

    atelier.server.interrupt()
    for node in (trainer, picker):
        chart = atelier.chart(node)
        atelier.until(lambda chart=chart: "Cancelled at epoch" in atelier.text(chart, ".la-status"), 60)
    atelier.shot("live-cancelled")


UNTOUCHED = """ids => ids.every((id) => {
    const node = app.graph.getNodeById(id);
    const { element } = node.widgets.find(({ name }) => name === "lora_atelier_chart");
    return element.classList.contains("la-empty") && !("lora_atelier_shown" in node.properties);
})"""
EPOCHS_HEARD = """async (count) => {
    const { api } = await import("/scripts/api.js");
    await new Promise((resolve) => {
        api.addEventListener("lora_atelier.epoch", () => { if (--count === 0) resolve(); });
    });
}"""


def test_only_the_workflow_that_runs_shows_its_training(atelier: Atelier, few_pictures: str) -> None:
    atelier.renderer("canvas")
    nodes = with_checkpoint(atelier, few_pictures, epochs=200, run_name="in one of three")
    copy = atelier.page.evaluate("() => JSON.parse(JSON.stringify(app.graph.serialize()))")
    browser = atelier.page.context.browser
    assert browser
    window = Atelier(browser.new_page(), atelier.server)
    try:
        window.open()
        window.load(copy)
        first = atelier.tab()
        atelier.page.evaluate("() => app.queuePrompt(0, 1)")
        for node in nodes:
            chart = atelier.chart(node)
            atelier.until(lambda chart=chart: "Training · epoch" in atelier.text(chart, ".la-status"), 240)

        atelier.load(copy)  # a second tab, with the same workflow's id
        second = atelier.tab()
        assert second != first
        for page in (atelier.page, window.page):
            page.evaluate(EPOCHS_HEARD, 2)
        if atelier.tab() != second:  # ComfyUI looks for the id in the address, which both have, and may find the first
            atelier.bring_to_front(second)
        for page in (atelier.page, window.page):
            assert page.evaluate(UNTOUCHED, list(nodes))

        atelier.bring_to_front(first)
        for node in nodes:
            chart = atelier.chart(node)
            atelier.until(lambda chart=chart: "Training · epoch" in atelier.text(chart, ".la-status"), 60)
            atelier.until(lambda chart=chart: atelier.text(chart, ".la-run") == "in one of three")
        atelier.server.interrupt()
        for node in nodes:
            chart = atelier.chart(node)
            atelier.until(lambda chart=chart: "Cancelled at epoch" in atelier.text(chart, ".la-status"), 60)
        assert window.page.evaluate(UNTOUCHED, list(nodes))
        assert not window.problems
    finally:
        atelier.server.interrupt()
        window.page.close()
