"""Lists that read well as plain text and as Markdown, which some versions of ComfyUI take every text for."""

from __future__ import annotations

from collections.abc import Sequence


def outline(title: str, items: Sequence[str]) -> str:
    """A title and a list below it; the title alone if there is nothing to list."""
    return "\n".join([title, "", *(f"- {item}" for item in items)]) if items else title
