"""What ComfyUI's front end expects in a pack's locales/<language>/nodeDefs.json.

    python -m devtools.locales

writes the English one from the nodes themselves: translators start from it, and a test compares the two.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .comfyui import find_checkout
from .home import temporary_home
from .places import CATEGORY, ROOT
from .server import ComfyServer

FOLDER = ROOT / "locales"
Definitions = dict[str, dict[str, Any]]


def definitions(object_info: dict[str, Any]) -> Definitions:
    """The English texts of the pack's nodes, from what a server returns about all nodes."""
    ours = {name: info for name, info in object_info.items() if info["category"] == CATEGORY}
    return {name: _node(info) for name, info in sorted(ours.items())}


def read(language: str) -> Definitions:
    """The texts of a language in locales/."""
    found: Definitions = json.loads((FOLDER / language / "nodeDefs.json").read_text(encoding="utf-8"))
    return found


def write(language: str, texts: Definitions) -> None:
    """Put the texts of a language into locales/."""
    path = FOLDER / language / "nodeDefs.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(texts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def literal(text: str) -> str:
    """The text as a message of vue-i18n, where { } @ $ and | have a special meaning."""
    return re.sub(r"[{}@$|]", lambda found: f"{{'{found.group()}'}}", text)


def _node(info: dict[str, Any]) -> dict[str, Any]:
    inputs = {**info["input"].get("required", {}), **info["input"].get("optional", {})}
    outputs = zip(info["output_name"], info["output_tooltips"], strict=True)
    return {
        "display_name": literal(info["display_name"]),
        "description": literal(info["description"]),
        "inputs": {
            name: {"name": name, "tooltip": literal(options["tooltip"])} for name, (_, options) in inputs.items()
        },
        "outputs": {
            str(index): {"name": literal(name), "tooltip": literal(tooltip)}
            for index, (name, tooltip) in enumerate(outputs)
        },
    }


def main() -> None:
    with temporary_home() as home, ComfyServer(find_checkout(), home, offline=True) as server:
        write("en", definitions(server.object_info()))


if __name__ == "__main__":
    main()
