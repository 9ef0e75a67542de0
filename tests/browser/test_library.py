"""The library in the sidebar of the real front end: runs opened, noted upon, compared, put into a graph, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from browser.atelier import Atelier
from browser.invented_run import write_dataset, write_run

TAB = "lora-atelier-library"
OPEN_CHANGES = "() => app.extensionManager.workflow.activeWorkflow.changeTracker.changeCount"
ENDED = """async (detail) => {
    const { api } = await import("/scripts/api.js");
    api.dispatchEvent(new CustomEvent("lora_atelier.ended", { detail }));
}"""


@pytest.fixture
def library(atelier: Atelier, runs: Path) -> Iterator[Locator]:
    """The tab, open, with the list of runs, whatever an earlier test left there; `runs` are those on the disk."""
    panel = atelier.page.locator(".lora-atelier-panel")
    atelier.page.keyboard.press("Alt+l")
    try:
        panel.wait_for()
        back = panel.locator(".la-back")
        if back.is_visible():
            back.click()
        panel.get_by_role("searchbox").fill("")
        panel.locator(".la-row").nth(1).wait_for()
        yield panel
    finally:
        atelier.page.evaluate(f"() => app.extensionManager.command.execute('Workspace.ToggleSidebarTab.{TAB}')")
        panel.wait_for(state="detached")


def row(library: Locator, run: str) -> Locator:
    return library.locator(f'.la-row[data-run="{run}"]')


def kinds(atelier: Atelier) -> list[str]:
    found: list[str] = atelier.page.evaluate("() => app.graph.nodes.map((node) => node.comfyClass).sort()")
    return found


def test_a_run_is_opened_and_noted_upon(atelier: Atelier, library: Locator, runs: Path) -> None:
    row(library, "weimar").wait_for()
    all_runs = library.locator(".la-row").count()
    search = library.get_by_role("searchbox")
    search.fill("weim")
    atelier.until(lambda: library.locator(".la-row").count() == 1)
    assert "better than no LoRA" in (row(library, "weimar").text_content() or "")
    picture = row(library, "weimar").locator("img")
    atelier.until(lambda: picture.evaluate("image => image.naturalWidth") == 256)
    row(library, "weimar").locator(".la-open").click()
    atelier.until(lambda: len(library.locator(".la-chart path.la-line").get_attribute("d") or "") > 20)
    notes = library.locator("textarea")
    notes.fill("Найкраще з епохи 20")
    notes.blur()
    file = runs / "weimar" / "notes.txt"
    atelier.until(file.exists)
    assert file.read_text(encoding="utf-8") == "Найкраще з епохи 20\n"
    atelier.shot("library-opened")
    notes.fill("")
    notes.blur()
    atelier.until(lambda: not file.exists())
    library.locator(".la-back").click()
    search.fill("")
    atelier.until(lambda: library.locator(".la-row").count() == all_runs)
    atelier.shot("library-list")


def test_runs_are_compared(atelier: Atelier, library: Locator) -> None:
    for run in ("weimar", "renaissance"):
        row(library, run).get_by_role("checkbox").check()
    library.get_by_role("button", name="Compare", exact=True).click()
    window = atelier.page.locator("dialog.lora-atelier-comparison")
    atelier.until(lambda: window.locator(".la-overlay-plot path.la-line").count() == 2)
    difference = window.locator(".la-difference")
    atelier.until(lambda: "on its own held-out pictures" in difference.inner_text())
    assert window.get_by_text("average decay").is_visible()
    atelier.shot("library-compared")
    for side in ("Left", "Right"):
        window.get_by_label(f"{side}: run").select_option("weimar")
    window.get_by_label("Right: epoch").select_option("60")
    atelier.until(lambda: "weimar, epoch 60 has a higher validation loss" in difference.inner_text())
    window.get_by_label("Where the left picture ends").fill("30")
    assert window.locator(".la-pictures").evaluate("frame => frame.style.getPropertyValue('--la-at')") == "30%"
    atelier.shot("library-epochs")
    atelier.page.keyboard.press("Escape")
    window.wait_for(state="detached")
    library.get_by_role("button", name="Clear").click()


def test_a_run_is_opened_in_a_graph_and_one_undo_takes_it_away(
    either: Atelier, library: Locator, request: pytest.FixtureRequest
) -> None:
    either.add("KSampler", 0, 0)
    either.fit()
    row(library, "renaissance").locator(".la-open").click()
    library.get_by_role("button", name="Open in a graph").click()
    added = ["CheckpointPicker", "KSampler", "TrainingRunLoader", "ValidationLossPlot"]
    assert kinds(either) == added
    picker = either.page.evaluate("() => app.graph.nodes.find((node) => node.comfyClass === 'CheckpointPicker').id")
    chart = either.shows_curve(picker)
    assert either.text(chart, ".la-run") == "renaissance"
    loader = either.page.evaluate("() => app.graph.nodes.find((node) => node.comfyClass === 'TrainingRunLoader').id")
    assert either.value(loader, "run_name") == "renaissance"
    either.shot(f"library-graph-{request.node.callspec.id}")
    either.undo()  # the focus is still on the button in the sidebar
    either.until(lambda: kinds(either) == ["KSampler"])

    library.get_by_role("button", name="Open in a graph").click()
    assert kinds(either) == added
    either.until(lambda: either.page.evaluate(OPEN_CHANGES) == 0)
    either.page.mouse.click(800, 950)  # in Vue the nodes have other sizes now than when they were added
    either.undo()
    either.until(lambda: kinds(either) == ["KSampler"])
    library.locator(".la-back").click()


def test_a_run_is_deleted_after_a_question(atelier: Atelier, library: Locator, runs: Path, tmp_path: Path) -> None:
    folder = runs / "superfluous"
    write_run(folder, write_dataset(tmp_path / "pictures"), epochs=6)
    atelier.page.evaluate(ENDED, {"node": "1", "prompt_id": "", "run": "superfluous"})
    row(library, "superfluous").locator(".la-open").click()
    library.get_by_role("button", name="Delete…").click()
    library.get_by_role("button", name="Keep it").click()
    assert folder.exists()
    library.get_by_role("button", name="Delete…").click()
    library.locator(".la-danger").click()
    atelier.until(lambda: not folder.exists())
    row(library, "superfluous").wait_for(state="detached")
    assert (runs / "weimar" / "run.json").exists()
