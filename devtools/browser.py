"""A Chromium for the browser tests. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .console import say, timed

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


def find_chromium() -> str | None:
    """The path of a browser of the Chromium family, or None. The variable CHROMIUM names one."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or next((place for place in PLACES if Path(place).exists()), None)


def ensure_chromium() -> None:
    """Install Chromium where that is ours to do: on Debian, as root or in CI. Elsewhere browser tests are skipped."""
    if find_chromium():
        return
    root = sys.platform == "linux" and os.geteuid() == 0
    if not shutil.which("apt-get") or not (root or os.environ.get("CI") == "true"):
        say("No Chromium found: the browser tests will be skipped. Install chromium or Chrome to run them.")
        return
    sudo = [] if root else ["sudo", "-n"]
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    with timed("Installing Chromium for the browser tests"):
        for arguments in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", "chromium"]):
            ran = subprocess.run(
                [*sudo, "apt-get", *arguments], env=environment, capture_output=True, text=True, check=False
            )
            if ran.returncode != 0:
                say(f"  apt-get {arguments[0]} failed; the browser tests will be skipped.\n{ran.stderr[-800:]}")
                return
