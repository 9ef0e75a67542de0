"""A Chromium for the browser tests: python -m devtools.browser installs it where it can. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from .console import Failure, say, timed

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)

MISSING = (
    "No Chromium was found for the browser tests: install chromium or Chrome, or name one in the variable CHROMIUM. "
    "`dev.py test --fast` leaves these tests out."
)


def find_chromium() -> str | None:
    """The path of a browser of the Chromium family, or None. The variable CHROMIUM names one."""
    named = os.environ.get("CHROMIUM")
    return next(filter(None, map(shutil.which, [named] if named else [*NAMES, *PLACES])), None)


def ensure_chromium() -> str:
    """The path of a Chromium; on Debian, as root or in CI, it is installed if there is none. Raises Failure."""
    found = find_chromium()
    if found is None and shutil.which("apt-get") and (_is_root() or os.environ.get("CI") == "true"):
        _install()
        found = find_chromium()
    if found is None:
        raise Failure(MISSING)
    return found


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _install() -> None:
    sudo = [] if _is_root() else ["sudo", "-n"]
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    with timed("Installing Chromium on this machine for the browser tests (apt-get install chromium)"):
        for arguments in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", "chromium"]):
            command = [*sudo, "apt-get", *arguments]
            ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if ran.returncode != 0:
                raise Failure(f"{MISSING}\napt-get {arguments[0]} failed:\n{ran.stderr[-800:]}")


def main() -> int:
    """Makes sure of it, or says why there is none."""
    try:
        ensure_chromium()
    except Failure as failure:
        say(f"\n{failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
