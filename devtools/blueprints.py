"""The pack's blueprints: parts of the examples, each folded into one node, as ComfyUI's own front end folds them."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from playwright.sync_api import Page

from .graphs import load_workflow
from .places import CATEGORY, ROOT

BLUEPRINTS_FOLDER = ROOT / "subgraphs"
"""ComfyUI lists what is in a pack's folder of this name; the files' names are the blueprints' titles."""
WIDTH = 400
"""Of the one node, so that its title and its widgets can be read."""
_NAMESPACE = uuid.UUID("7c1f6a0e-3d0b-5b43-9a55-2f0b8a8d6c10")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Blueprint:
    """Nodes of an example that become one."""

    example: str
    nodes: tuple[int, ...]
    widgets: tuple[tuple[int, str], ...]
    """Those that the one node shows, by their node, from top to bottom."""
    outputs: tuple[tuple[int, int], ...]
    """Outputs, by node and slot, that it has beside those that the example uses."""
    description: str
    aliases: tuple[str, ...]


BLUEPRINTS = {
    "Train a Style (LoRA Atelier)": Blueprint(
        example="train_a_style",
        nodes=(4, 7, 8, 9),
        widgets=((7, "run_name"), (7, "epochs"), (9, "rule")),
        outputs=((9, 2),),
        description="Captions the pictures of a style, trains a LoRA on them, validates it and picks the epoch to use.",
        aliases=("train lora", "fine-tune", "style", CATEGORY),
    ),
    "Restyle a Building (LoRA Atelier)": Blueprint(
        example="restyle_a_building",
        nodes=(8, 10, 12, 14, 15, 16, 18, 19, 21),
        widgets=(
            (16, "prompt"),
            (16, "lora_strength"),
            (14, "control_net_name"),
            (15, "control_net_name"),
            (18, "seed"),
        ),
        outputs=(),
        description="Shows the building of a photograph in a style, held in place by its lines and its depth.",
        aliases=("restyle", "controlnet", "architecture", CATEGORY),
    ),
}

_FOLD = """async ({ workflow, name, nodes, widgets, outputs, width, description, category }) => {
    await app.loadGraphData(workflow);
    app.canvas.draw(true, true); // the nodes take their places, between the two ends of the subgraph
    const parts = nodes.map((id) => app.graph.getNodeById(id));
    const { subgraph, node } = app.graph.convertToSubgraph(new Set(parts));
    for (const [id, slot] of outputs) {
        const part = subgraph.getNodeById(id);
        const { name, type } = part.outputs[slot];
        subgraph.addOutput(name, type).connect(part.outputs[slot], part);
    }
    subgraph.name = node.title = name;
    node.properties.proxyWidgets = widgets.map(([id, widget]) => [String(id), widget]);
    const shown = node.serialize();
    for (const slot of shown.inputs) slot.link = null;
    for (const slot of shown.outputs) slot.links = [];
    const definition = { ...subgraph.asSerialisable(), description, category };
    return JSON.stringify({ node: { ...shown, pos: [0, 0], size: [width, shown.size[1]], order: 0 }, definition });
}"""


def fold(page: Page, name: str) -> str:
    """A blueprint as it is committed: JSON, with ids that are the same each time."""
    blueprint = BLUEPRINTS[name]
    workflow = load_workflow(blueprint.example)
    asked = {"workflow": workflow, "name": name, "width": WIDTH, "category": CATEGORY, **asdict(blueprint)}
    folded = json.loads(page.evaluate(_FOLD, asked))
    node, definition = folded["node"], folded["definition"]
    whole: dict[str, Any] = {
        "revision": 0,
        "last_node_id": node["id"],
        "last_link_id": 0,
        "nodes": [node],
        "links": [],
        "version": 0.4,
        "definitions": {"subgraphs": [definition]},
        "extra": {"BlueprintDescription": blueprint.description, "BlueprintSearchAliases": list(blueprint.aliases)},
    }
    return _with_fixed_ids(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", name)


def _with_fixed_ids(text: str, name: str) -> str:
    """The text with other ids: the front end draws new ones each time."""
    fixed: dict[str, str] = {}
    for found in _UUID.findall(text):
        fixed.setdefault(found, str(uuid.uuid5(_NAMESPACE, f"{name} {len(fixed)}")))
    return _UUID.sub(lambda found: fixed[found.group()], text)
