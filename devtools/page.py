"""ComfyUI's front end in a browser page, through Playwright."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, sync_playwright

from .browser import ensure_chromium
from .graphs import Workflow
from .server import ComfyServer

READY = "() => window.app?.graph && window.app.extensionManager?.workflow?.activeWorkflow"
# Banners about the front end itself would cover the nodes.
QUIET = """
localStorage.setItem("vueNodesBannerDismissed", "true");
localStorage.setItem("comfy.vueNodesMigration.dismissed", "true");
"""
# As text, which leaves out what is undefined, as in the file that the front end saves.
BOTH_FORMS = """async (workflow) => {
    await app.loadGraphData(workflow);
    const { workflow: saved, output } = await app.graphToPrompt();
    return [JSON.stringify(saved), JSON.stringify(output)];
}"""
SET = "([name, value]) => app.extensionManager.setting.set(name, value)"


@contextmanager
def open_page(server: ComfyServer, **options: Any) -> Iterator[Page]:
    """A page with the front end of a server, ready; `options` are Playwright's for a page. Raises Failure."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=["--no-sandbox"])
        page = browser.new_page(**options)
        show(page, server)
        yield page
        browser.close()


def show(page: Page, server: ComfyServer) -> None:
    """Open ComfyUI in the page, or reload it."""
    page.add_init_script(QUIET)
    page.goto(server.address)
    page.wait_for_function(READY, timeout=120_000)


def set_setting(page: Page, name: str, value: Any) -> None:
    """One of the front end's settings."""
    page.evaluate(SET, [name, value])


def both_forms(page: Page, workflow: Workflow) -> tuple[str, str]:
    """What the front end exports once it has loaded a workflow: the workflow itself and its API form, as JSON."""
    saved, graph = page.evaluate(BOTH_FORMS, workflow)
    return saved, graph
