"""A loader of pictures draws them in itself, unless their overview is shown by another node: then twice is too much."""

from __future__ import annotations

import pytest

from comfyui.harness import ComfyServer, Graph, defaults


@pytest.mark.parametrize(("shown_behind", "drawn"), [(None, True), ("loader", False), ("captioner", False)])
def test_the_overview_is_drawn_once(comfy: ComfyServer, shown_behind: str | None, drawn: bool) -> None:
    graph = Graph()
    loader = graph.add("DrawnDataset", style="renaissance", pictures=3, validation_count=1)
    captioning = defaults(comfy.object_info("BlipCaptioner")["BlipCaptioner"])
    captioner = graph.add("BlipCaptioner", **{**captioning, "dataset": loader.out()})
    graph.add("PreviewAny", source=captioner.out(1))
    if shown_behind:
        graph.add("PreviewImage", images={"loader": loader, "captioner": captioner}[shown_behind].out(2))
    outcome = comfy.run(graph)
    assert ("images" in outcome.outputs.get(loader, {})) is drawn
