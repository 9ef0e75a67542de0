"""What the registry's zip holds: the files that git tracks, minus what .comfyignore lists. Standard library only."""

from __future__ import annotations

import subprocess

from .console import Failure
from .places import ROOT

SIZE_LIMIT = 24_500_000
"""Bytes, which all who install the pack download: the pocket model has 15.5 million, its other files 8."""


def shipped_files() -> list[str]:
    """Paths from the repository's root, with slashes, sorted. Raises Failure where there is no git repository."""
    tracked = _git("ls-files", "-z").split("\0")[:-1]
    rules = ["-c", f"core.excludesFile={ROOT / '.comfyignore'}"]  # the rules are those of .gitignore
    ignored = _git(*rules, "check-ignore", "--no-index", "-z", "--stdin", given="\0".join(tracked)).split("\0")
    return sorted(set(tracked) - set(ignored))


def _git(*arguments: str, given: str = "") -> str:
    ran = subprocess.run(["git", *arguments], cwd=ROOT, input=given, capture_output=True, encoding="utf-8", check=False)
    if ran.returncode not in (0, 1):  # 1: check-ignore ignores none of them
        raise Failure(f"git {arguments[0]} failed in {ROOT}:\n{ran.stderr.strip()}")
    return ran.stdout
