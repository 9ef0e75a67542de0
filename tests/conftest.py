"""What all tests share: stand-in models, a real ComfyUI server, a browser."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from devtools.browser import MISSING, find_chromium
from devtools.comfyui import Checkout, find_checkout
from devtools.home import make_home, remove_home, temporary_home
from devtools.places import dev_dir
from devtools.server import ComfyServer
from devtools.standins import Standins

# A slow machine is not the fault of the code under test.
settings.register_profile("atelier", deadline=None)
settings.load_profile("atelier")


@pytest.hookimpl(optionalhook=True)  # for an environment without pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """How several processes share the tests."""
    from two_streams import TwoStreams

    return TwoStreams(config, log)


@pytest.fixture(scope="session")
def checkout() -> Checkout:
    """The ComfyUI under test: COMFYUI_DIR, or 0.3.75."""
    return find_checkout()


@pytest.fixture(scope="session")
def standins(checkout: Checkout) -> Standins:
    """Stand-in models, built when first needed."""
    return Standins(checkout)


@pytest.fixture(scope="session")
def home(standins: Standins) -> Iterator[Path]:
    """A base directory for this run of the tests alone, with every stand-in in place and the pack linked in.

    Its path has spaces and Cyrillic letters, as a user's may.
    """
    parent = dev_dir() / "test-homes"
    parent.mkdir(parents=True, exist_ok=True)
    folder = make_home(Path(tempfile.mkdtemp(prefix="моя майстерня ", dir=parent)))
    standins.install(folder)
    standins.install_thin(folder)
    yield folder
    log = folder / "comfyui.log"
    if log.exists():
        shutil.copyfile(log, dev_dir() / "last-test-comfyui.log")
    if not os.environ.get("ATELIER_KEEP_HOME"):
        remove_home(folder)


@pytest.fixture(scope="session")
def comfy(checkout: Checkout, home: Path) -> Iterator[ComfyServer]:
    """A running ComfyUI with the pack, one for the whole session."""
    with ComfyServer(checkout, home, offline=True) as server:
        yield server


@pytest.fixture(scope="module")
def mortal(checkout: Checkout) -> Iterator[ComfyServer]:
    """A server of its own: the others' tests need theirs alive."""
    with temporary_home() as home, ComfyServer(checkout, home, offline=True) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium. If there is none, `dev.py test` and CI fail; pytest run by hand skips what needs it."""
    found = find_chromium()
    if found is None:
        required = os.environ.get("ATELIER_BROWSER") == "required" or os.environ.get("CI") == "true"
        (pytest.fail if required else pytest.skip)(MISSING)
    return found
