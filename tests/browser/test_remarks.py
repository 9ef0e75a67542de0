"""What a node says about its inputs stands in it, whole, under each renderer, and goes with the next run."""

from __future__ import annotations

import pytest

from browser.atelier import Atelier

SENTENCES = [
    "The mask is black all over, so nothing of the photo may change: paint white where the style may work.",
    "The lineart has other proportions than the photo, so it was stretched.",
]


def test_remarks_are_read_in_the_node_and_go_again(either: Atelier, request: pytest.FixtureRequest) -> None:
    atelier = either
    # Once an input was changed, some Vue renderers no longer notice new widgets.
    node = atelier.add("StyledControlNetApply", 60, 60, lora_strength=0.5)
    atelier.fit(1.0)
    told = "([id, text]) => app.graph.getNodeById(id).onExecuted({ text })"
    atelier.page.evaluate(told, [node, SENTENCES])
    remark = atelier.page.locator(".lora-atelier-remarks:visible")  # and not those of a test before
    atelier.until(remark.is_visible)
    atelier.until(lambda: remark.bounding_box()["height"] >= 30)
    atelier.page.wait_for_timeout(300)  # for the canvas to be drawn
    atelier.shot(f"remarks-{request.node.callspec.id}")
    assert remark.inner_text().split("\n") == SENTENCES
    assert remark.evaluate("element => element.scrollHeight <= element.clientHeight + 1"), "a line is cut off"
    atelier.page.evaluate(told, [node, []])
    atelier.until(lambda: not remark.is_visible())
