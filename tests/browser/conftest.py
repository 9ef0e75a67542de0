"""One browser page for all tests, and runs on the disk to show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.atelier import EMPTY, RENDERERS, Atelier
from browser.invented_run import write_dataset, write_run
from devtools.page import open_page
from devtools.server import ComfyServer


@pytest.fixture(scope="session")
def runs(home: Path) -> Path:
    """The folder of runs with two in it: weimar, finished, and renaissance, cancelled and without an average."""
    folder = home / "output" / "lora_atelier" / "runs"
    dataset = write_dataset(home / "datasets" / "invented")
    write_run(folder / "weimar", dataset, epochs=60, previews=True)
    write_run(folder / "renaissance", dataset, epochs=60, last=40, ended="cancelled", seed=1, plain=True)
    return folder


@pytest.fixture(scope="package")  # for as long as it is open it draws, sixty times a second
def _page(comfy: ComfyServer, chromium: str, runs: Path) -> Iterator[Atelier]:
    with open_page(comfy, viewport={"width": 1600, "height": 1000}) as page:
        yield Atelier(page, comfy)


@pytest.fixture
def atelier(_page: Atelier) -> Iterator[Atelier]:
    """The page with an empty graph; the test fails if the pack's scripts complain."""
    _page.problems.clear()
    _page.load()
    _page.dismiss_toasts()
    yield _page
    assert not _page.problems, "\n".join(_page.problems)


@pytest.fixture(params=RENDERERS)
def either(request: pytest.FixtureRequest, atelier: Atelier) -> Atelier:
    """The page under each renderer."""
    atelier.renderer(request.param)
    # With a graph of its own: ComfyUI lays out another renderer's again after an undo, which can lose the redo.
    atelier.load({**EMPTY, "extra": {"workflowRendererVersion": RENDERERS[request.param]}})
    return atelier
