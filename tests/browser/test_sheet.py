"""A sheet from the picker in the real front end: one press adds its nodes, and one undo takes them away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from browser.atelier import Atelier
from lora_core.picking.weights import Weights
from lora_core.record.strengths import StrengthEntry, add_strengths
from lora_core.run_folder import STRENGTHS_FILE

ADDED = {"SheetCells", "CLIPTextEncode", "KSampler", "VAEDecode", "StyleSheet"}


@pytest.fixture
def pictures(either: Atelier) -> tuple[Atelier, int]:
    """The page with a picker that shows a run, and stock nodes behind it that make a picture; the picker's id."""
    _, picker = either.showing("weimar")
    base, empty, latent = (either.add(kind, 0, y) for kind, y in _LOADED)
    prompt = either.add("CLIPTextEncode", 1500, 0, text="a house")
    sampler = either.add("KSampler", 1950, 0, seed=42, steps=2)
    decoder = either.add("VAEDecode", 2350, 0)
    preview = either.add("PreviewImage", 2350, 120)
    for source, output, target, name in (
        *((base, 0, picker, "model"), (base, 1, picker, "clip"), (base, 1, empty, "clip"), (base, 2, decoder, "vae")),
        *((picker, 1, prompt, "clip"), (picker, 0, sampler, "model"), (prompt, 0, sampler, "positive")),
        *((empty, 0, sampler, "negative"), (latent, 0, sampler, "latent_image"), (sampler, 0, decoder, "samples")),
        (decoder, 0, preview, "images"),
    ):
        either.connect(source, output, target, name)
    either.note_changes()
    either.fit()
    return either, picker


_LOADED = (("PocketModelLoader", 300), ("CLIPTextEncode", 400), ("EmptyLatentImage", 650))


def kinds(atelier: Atelier) -> list[str]:
    found: list[str] = atelier.page.evaluate("() => app.graph.nodes.map((node) => node.comfyClass).sort()")
    return found


def queued(atelier: Atelier) -> dict[str, Any]:
    """The inputs of each node of a kind that there is one of, as they would be queued."""
    graph: dict[str, Any] = atelier.page.evaluate("async () => (await app.graphToPrompt()).output")
    return {node["class_type"]: node["inputs"] | {"id": key} for key, node in graph.items()}


def test_one_press_adds_a_sheet_and_one_undo_takes_it_away(
    pictures: tuple[Atelier, int], request: pytest.FixtureRequest
) -> None:
    atelier, picker = pictures
    before = kinds(atelier)
    button = atelier.chart(picker).query_selector(".la-sheet")
    assert button
    button.click()
    assert sorted([*before, *ADDED]) == kinds(atelier)
    atelier.fit()
    atelier.shot(f"sheet-added-{request.node.callspec.id}")
    inputs = queued(atelier)
    cells = inputs["SheetCells"]["id"]
    assert (inputs["SheetCells"]["rows"], inputs["SheetCells"]["columns"]) == ("epochs", "strengths")
    assert inputs["SheetCells"]["seed"] == 42
    assert inputs["StyleSheet"]["cells"] == [cells, 5]
    assert inputs["KSampler"]["model"] == [cells, 0]
    assert inputs["KSampler"]["seed"] == [cells, 4]
    atelier.undo()
    atelier.until(lambda: kinds(atelier) == before)


def test_the_strengths_of_the_pick_are_shown_within_the_chart(
    either: Atelier, runs: Path, request: pytest.FixtureRequest
) -> None:
    view = either.server.get_json("/lora_atelier/runs/weimar")
    strengths = [tenths / 10 for tenths in range(16)]
    losses = [[picture * (1 + 0.1 * (each - 0.8) ** 2) for picture in (0.1, 0.12, 0.2)] for each in strengths]
    picked = view["pick"]["epoch"], Weights(view["pick"]["weights"])
    add_strengths(runs / "weimar", StrengthEntry(*picked, "invented", ["a", "b", "c"], strengths, losses))
    try:
        _, picker = either.showing("weimar")
        chart = either.chart(picker)
        either.until(lambda: "Strength 0.8 has the lowest" in either.text(chart, ".la-strengths p"))
        assert len(chart.query_selector_all(".la-strengths text")) == 4
        for width in (500, 300):  # as high as it needs to be: the chart is at its lowest
            either.resize(picker, width)
            either.fit(1)
            either.shot(f"strengths-{request.node.callspec.id}-{width}")
            outside = chart.evaluate(
                """chart => {
                    const edges = chart.getBoundingClientRect();
                    const drawing = edges.width > 340 ? [".la-strengths svg"] : []; // elsewhere the sentence says it
                    return [...drawing, ".la-heading", ".la-plot", ".la-strengths p", ".la-foot"].filter((part) => {
                        const { top, bottom, height } = chart.querySelector(part).getBoundingClientRect();
                        return top < edges.top || bottom > edges.bottom + 1 || height < 15;
                    });
                }"""
            )
            assert outside == []
    finally:
        (runs / "weimar" / STRENGTHS_FILE).unlink()
