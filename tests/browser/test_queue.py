"""The queue of trainings in the sidebar of the real front end: filled from open graphs, ordered, worked on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator

from browser.atelier import Atelier
from browser.test_library import library
from browser.training import trainer_graph
from devtools.server import ComfyServer

__all__ = ["library"]
QUEUE = "/lora_atelier/queue"


@pytest.fixture
def still(comfy: ComfyServer) -> Iterator[ComfyServer]:
    """A server whose queue is empty and stands still."""
    comfy.post_json(f"{QUEUE}/going", {"going": "no"})
    yield comfy
    for training in comfy.get_json(QUEUE)["trainings"]:
        comfy.post_json(f"{QUEUE}/{training['id']}/remove", {})
    comfy.post_json(f"{QUEUE}/going", {"going": "yes"})


def test_trainings_are_queued_from_the_graph_ordered_and_worked_on(
    atelier: Atelier, library: Locator, still: ComfyServer
) -> None:
    queue = library.locator(".la-queue")
    add = queue.get_by_role("button", name="Add this training to the queue")
    add.click()
    atelier.until(lambda: "no LoRA Trainer" in queue.inner_text())
    assert atelier.problems.pop().startswith("400: "), "an empty graph is refused"
    for run in ("Bauhaus by night", "Ренесанс"):
        atelier.load()
        base = atelier.add("PocketModelLoader", 0, 0)
        trainer_graph(atelier, base, "invented", run_name=run, epochs=200)
        add.click()
        queue.locator("li", has_text=run).wait_for()
    atelier.fit()
    assert "Waiting: 2" in queue.inner_text() and "stands still" in queue.inner_text()
    queue.get_by_role("button", name="Ренесанс: earlier").click()
    atelier.until(lambda: "Ренесанс" in (queue.locator("li").first.text_content() or ""))
    heading = queue.locator(".la-heading-line")
    assert heading.locator("button").evaluate("button => button.clientHeight") < 40, "its words are on one line"
    atelier.shot("queue-dark")
    atelier.setting("Comfy.ColorPalette", "light")
    atelier.shot("queue-light")
    atelier.setting("Comfy.ColorPalette", "dark")
    queue.get_by_role("button", name="Go on", exact=True).click()
    failed = queue.locator('li[data-state="failed"]')
    atelier.until(lambda: "No caption for" in atelier.toasts())  # of the open workflow, whose training is the first
    atelier.until(lambda: failed.count() == 2)  # neither has captions, and the first stops not the second
    assert "No caption for" in failed.first.inner_text()
    dialog = atelier.page.locator(".p-dialog-mask")  # the front end's own, of the graph that failed
    while dialog.count():
        atelier.page.keyboard.press("Escape")
        atelier.page.wait_for_timeout(300)
    atelier.shot("queue-failed")
    atelier.load()
    failed.last.get_by_role("button", name="Open its graph").click()
    atelier.until(lambda: atelier.page.evaluate("() => app.graph.nodes.some((n) => n.comfyClass === 'LoRATrainer')"))
    queue.get_by_role("button", name="Ренесанс: take out of the queue").click()
    atelier.until(lambda: queue.locator("li").count() == 1)
