"""What users read: translations and help pages name the nodes, inputs and outputs that exist, and no others."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from browser.atelier import NODES, Atelier
from devtools.comfyui import DEFAULT_VERSION, Checkout
from devtools.locales import FOLDER, Definitions, definitions, read
from devtools.places import PACK_NAME, ROOT
from devtools.server import ComfyServer

DOCS = ROOT / "web" / "docs"
LANGUAGES = sorted(path.name for path in FOLDER.iterdir())
PAGES = [*sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("*/*.md"))]


@pytest.fixture(scope="module")
def english(comfy: ComfyServer) -> Definitions:
    return definitions(comfy.object_info())


def shape(texts: Definitions) -> dict[str, tuple[list[str], list[str]]]:
    """Names of inputs and numbers of outputs of each node."""
    return {name: (sorted(text["inputs"]), sorted(text["outputs"])) for name, text in texts.items()}


def test_english_texts_are_those_of_the_nodes(english: Definitions) -> None:
    assert read("en") == english, "run python -m devtools.locales"


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_are_complete(english: Definitions, language: str) -> None:
    texts = read(language)
    assert shape(texts) == shape(english)
    for name, text in texts.items():
        explained = [text["description"]]
        explained += [entry["tooltip"] for kind in ("inputs", "outputs") for entry in text[kind].values()]
        assert all(len(words) > 3 for words in explained), name
        if language != "en":
            assert not any(words == theirs for words, theirs in zip(explained, _tooltips(english[name]), strict=True))


def _tooltips(text: dict) -> list[str]:
    return [text["description"]] + [entry["tooltip"] for kind in ("inputs", "outputs") for entry in text[kind].values()]


def test_every_node_has_a_page_in_every_language() -> None:
    wanted = {DOCS / f"{name}.md" for name in NODES}
    wanted |= {DOCS / name / f"{language}.md" for name in NODES for language in LANGUAGES if language != "en"}
    assert set(PAGES) == wanted


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_help_explains_every_input_and_no_other(english: Definitions, page: Path) -> None:
    name = page.stem if page.parent == DOCS else page.parent.name
    text = page.read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    explained = [word for row in rows for word in re.findall(r"`([^`]+)`", row)]
    assert sorted(explained) == sorted(english[name]["inputs"])
    outputs = [entry["name"] for entry in english[name]["outputs"].values()]
    missing = [output for output in outputs if not re.search(rf"^\|[^|]*\b{re.escape(output)}\b", text, re.MULTILINE)]
    assert missing == []


def test_help_panel_shows_the_page(atelier: Atelier) -> None:
    atelier.renderer("canvas")
    node = atelier.add("CheckpointPicker", 200, 0)
    atelier.fit(0.9)
    atelier.open_help(node)
    page = atelier.page.locator(".node-help-content")
    page.get_by_text("If it goes wrong").wait_for()
    assert page.get_by_text("earliest within one standard error").count() == 1
    atelier.shot("help")
    atelier.page.keyboard.press("Escape")
    atelier.page.evaluate("() => app.extensionManager.sidebarTab.toggleSidebarTab('node-library')")


def test_a_ukrainian_browser_gets_ukrainian_texts(atelier: Atelier, checkout: Checkout) -> None:
    texts = read("uk")["CheckpointPicker"]
    browser = atelier.page.context.browser
    assert browser
    with browser.new_context(locale="uk-UA", viewport={"width": 1500, "height": 900}) as context:
        other = Atelier(context.new_page(), atelier.server)
        other.open()
        locale = other.page.evaluate("() => app.extensionManager.setting.get('Comfy.Locale')")
        if checkout.version != DEFAULT_VERSION and locale != "uk":
            pytest.skip("this front end knows no Ukrainian, so it asks for English texts")
        node = other.add("CheckpointPicker", 200, 0)
        other.fit(0.9)
        told = other.page.evaluate("id => app.graph.getNodeById(id).constructor.nodeData.description", node)
        assert told == texts["description"]
        other.open_help(node)
        other.page.locator(".node-help-content").get_by_text("Поради").wait_for()
        other.shot("help-uk")
        assert not other.problems


def test_the_report_keeps_its_lines(atelier: Atelier) -> None:
    """Some front ends take it for Markdown, which joins lines that are no list."""
    loader = atelier.add("DatasetLoader", 0, 0, folder="invented", resolution=64, validation_count=1)
    preview = atelier.add("PreviewAny", 360, 0)
    atelier.connect(loader, 1, preview, "source")
    atelier.fit()
    atelier.run()
    shown = """id => {
        const widget = app.graph.getNodeById(id).widgets.find(({ name }) => name.startsWith("preview"));
        return widget.element?.innerText || String(widget.value ?? "");
    }"""
    atelier.until(lambda: "for validation" in atelier.page.evaluate(shown, preview))
    summary, sizes, held_out, *_ = filter(None, map(str.strip, atelier.page.evaluate(shown, preview).splitlines()))
    assert summary.startswith("invented: ")
    assert sizes.lstrip("- ").startswith("Sizes: ")
    assert held_out.lstrip("- ").startswith("Validation (never trained on): ")
    atelier.resize(preview, 420, 320)
    atelier.page.wait_for_timeout(300)
    atelier.shot("report")


def test_what_the_pack_draws_is_ukrainian_in_a_ukrainian_browser(atelier: Atelier) -> None:
    """In any front end, also in those that offer no Ukrainian."""
    browser = atelier.page.context.browser
    assert browser
    template = json.loads((ROOT / "example_workflows" / "restyle_a_building.json").read_text(encoding="utf-8"))
    with browser.new_context(locale="uk-UA", viewport={"width": 1500, "height": 900}) as context:
        other = Atelier(context.new_page(), atelier.server)
        other.open()
        other.load(template)
        notes = other.page.evaluate(
            "() => app.graph.nodes.filter((n) => n.type === 'MarkdownNote').map((n) => n.widgets[0].value)"
        )
        assert any("**Дайте будівлі навчений стиль**" in note for note in notes)
        other.load()
        _, picker = other.showing("weimar")
        reason = other.text(other.chart(picker), ".la-reason")
        assert re.match(
            r"Епоха \d+ з 60, .* ваги: валідаційна втрата на [\d.]+ % ± [\d.]+ % краща, ніж без LoRA; ", reason
        )
        latin = re.findall(r"[A-Za-z]{3,}", other.text(other.chart(picker), ".la-reason, .la-status"))
        assert set(latin) <= {"LoRA"}
        other.shot("chart-uk")
        assert not other.problems


def test_the_pack_serves_its_pages(comfy: ComfyServer) -> None:
    for page in PAGES:
        served = comfy.get(f"/extensions/{PACK_NAME}/docs/{page.relative_to(DOCS).as_posix()}")
        assert served == page.read_bytes()
