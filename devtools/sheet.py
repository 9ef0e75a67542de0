"""Lays out a workflow on a grid and writes it the way ComfyUI's front end saves it. Standard library only."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .places import PACK_NAME, ROOT
from .workflow import widgets_of

GRID = 10
TITLE = 30  # of a node, above its position
GROUP_TITLE = 40
GAP = 30  # between nodes and inside the border of a group
GROUP_GAP = 50
CORE_VERSION = "0.3.75"

Output = tuple["Placed", int]
"""An output of a node on the sheet, to connect to an input."""


@dataclass
class Placed:
    """A node on the sheet; `node["MODEL"]` is its output of that name."""

    entry: dict[str, Any]

    def __getitem__(self, output: str) -> Output:
        names = [slot["name"] for slot in self.entry["outputs"]]
        return self, names.index(output)


@dataclass
class Column:
    """Nodes one below the other, all of one width; those that may grow share the room that is left at the end."""

    width: int
    nodes: list[dict[str, Any]] = field(default_factory=list)
    growing: list[dict[str, Any]] = field(default_factory=list)

    @property
    def height(self) -> int:
        """From the first node to the end of the last, in pixels."""
        return sum(node["size"][1] + TITLE + GAP for node in self.nodes) - GAP

    def grow(self, height: int) -> None:
        """Makes the column as high as told, if it has a node that may grow."""
        rest = (height - self.height) // GRID
        for place, node in enumerate(self.growing):
            share = rest // (len(self.growing) - place)
            node["size"][1] += share * GRID
            rest -= share

    def put(self, left: int, top: int) -> None:
        """Gives every node its place."""
        for node in self.nodes:
            node["pos"] = [left, top + TITLE]
            top += node["size"][1] + TITLE + GAP


@dataclass
class Group:
    """A titled frame around columns."""

    title: str
    color: str
    columns: list[Column] = field(default_factory=list)


@dataclass
class Sheet:
    """A workflow in the making, read from left to right: groups of columns of nodes.

    Args:
        name: decides the workflow's id, so that writing it twice gives the same file.
        object_info: the answer of GET /object_info: sockets, widgets and their first values come from there.
    """

    name: str
    object_info: Mapping[str, Any]
    nodes: list[dict[str, Any]] = field(default_factory=list)
    links: list[list[Any]] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def group(self, title: str, color: str) -> None:
        """Begins a group to the right of the one before."""
        self.groups.append(Group(title, color))

    def column(self, width: int) -> None:
        """Begins a column in the group, to the right of the one before."""
        self.groups[-1].columns.append(Column(width))

    def note(self, title: str, text: str, height: int, *, grows: bool = False) -> None:
        """A note with Markdown in it."""
        self._place("MarkdownNote", title, height, grows, widgets_values=[text], color="#432", bgcolor="#653")

    def add(
        self,
        kind: str,
        title: str | None = None,
        *,
        height: int = 0,
        grows: bool = False,
        models: Sequence[Mapping[str, str]] = (),
        widgets: Mapping[str, Any] | None = None,
        **inputs: Any,
    ) -> Placed:
        """A node below the one before.

        Args:
            kind: its type, a key of `object_info`.
            title: what stands over it; its display name by default.
            height: in pixels; as much as sockets and widgets need by default. A node with a text, a picture or a
                chart in it needs more.
            grows: whether it takes the room that its column has left.
            models: {"name", "url", "directory"} of each file that the front end may offer to download.
            widgets: values of widgets whose names are taken here, such as a "height".
            inputs: an Output for a connection, else the value of a widget; what is not named keeps its first value.

        Raises:
            ValueError: the node has no such widget or socket.
        """
        definition = self.object_info[kind]
        values = widgets_of(definition)
        unknown = {name for name, value in inputs.items() if not _is_output(value)} - set(values)
        if unknown:
            raise ValueError(f"{kind} has no widget {', '.join(sorted(unknown))}")
        values |= {name: value for name, value in inputs.items() if not _is_output(value)} | dict(widgets or {})
        slots, outputs = _input_slots(definition, set(values)), _output_slots(definition)
        properties: dict[str, Any] = {"Node name for S&R": kind, **_origin(definition)}
        if models:
            properties["models"] = [dict(model) for model in models]
        sockets = sum("widget" not in slot for slot in slots)
        needed = max(sockets, len(outputs)) * 20 + (24 * len(values) + 8 if values else 0) + 6
        placed = self._place(
            kind,
            title,
            max(height, -(-needed // GRID) * GRID),
            grows,
            inputs=slots,
            outputs=outputs,
            properties=properties,
            widgets_values=list(values.values()),
        )
        for name, value in inputs.items():
            if _is_output(value):
                self._connect(value, placed, name)
        return placed

    def to_json(self) -> dict[str, Any]:
        """The workflow, ready for json.dumps; all groups are of the same height."""
        height = max(column.height for group in self.groups for column in group.columns)
        left, frames = 0, []
        for number, group in enumerate(self.groups, start=1):
            right = left + GAP
            for column in group.columns:
                column.grow(height)
                column.put(right, GROUP_TITLE + GAP)
                right += column.width + GAP
            frames.append(
                {
                    "id": number,
                    "title": group.title,
                    "bounding": [left, 0, right - left, GROUP_TITLE + height + 2 * GAP],
                    "color": group.color,
                    "font_size": 24,
                    "flags": {},
                }
            )
            left = right + GROUP_GAP
        return {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PACK_NAME}/{self.name}")),
            "revision": 0,
            "last_node_id": len(self.nodes),
            "last_link_id": len(self.links),
            "nodes": _in_order(self.nodes, self.links),
            "links": self.links,
            "groups": frames,
            "config": {},
            # Sizes are those of the canvas renderer; the Vue renderer scales them by itself when told so.
            "extra": {"ds": {"scale": 0.5, "offset": [80, 160]}, "workflowRendererVersion": "LG"},
            "version": 0.4,
        }

    def _place(self, kind: str, title: str | None, height: int, grows: bool, **entries: Any) -> Placed:
        column = self.groups[-1].columns[-1]
        entry: dict[str, Any] = {
            "id": len(self.nodes) + 1,
            "type": kind,
            "pos": [0, 0],
            "size": [column.width, height],
            "flags": {},
            "order": 0,
            "mode": 0,
            "inputs": [],
            "outputs": [],
            **({"title": title} if title else {}),
            "properties": {},
            **entries,
        }
        self.nodes.append(entry)
        column.nodes.append(entry)
        if grows:
            column.growing.append(entry)
        return Placed(entry)

    def _connect(self, source: Output, target: Placed, name: str) -> None:
        node, index = source
        names = [slot["name"] for slot in target.entry["inputs"]]
        slot, output = target.entry["inputs"][names.index(name)], node.entry["outputs"][index]
        number = len(self.links) + 1
        self.links.append([number, node.entry["id"], index, target.entry["id"], names.index(name), output["type"]])
        slot["link"] = number
        output["links"] = [*(output["links"] or []), number]


def _is_output(value: Any) -> bool:
    return isinstance(value, tuple)


def _input_slots(definition: Mapping[str, Any], widgets: set[str]) -> list[dict[str, Any]]:
    """Sockets first, then one for each widget, as the front end orders them."""
    sockets, of_widgets = [], []
    for section in ("required", "optional"):
        for name, (kind, *_) in (definition["input"].get(section) or {}).items():
            slot: dict[str, Any] = {"name": name, "type": "COMBO" if isinstance(kind, list) else kind, "link": None}
            if section == "optional":
                slot["shape"] = 7
            if name in widgets:
                of_widgets.append({**slot, "widget": {"name": name}})
            else:
                sockets.append(slot)
    return [*sockets, *of_widgets]


def _output_slots(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = zip(definition["output"], definition["output_name"], definition["output_is_list"], strict=True)
    return [
        {"name": name, "type": kind, **({"shape": 6} if is_list else {}), "links": None} for kind, name, is_list in rows
    ]


def _origin(definition: Mapping[str, Any]) -> dict[str, str]:
    """The pack and version that the front end names when a node is missing."""
    if str(definition["python_module"]).endswith(PACK_NAME):
        return {"cnr_id": PACK_NAME, "ver": _pack_version()}
    return {"cnr_id": "comfy-core", "ver": CORE_VERSION}


def _pack_version() -> str:
    found = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert found, "pyproject.toml names no version"
    return found.group(1)


def _in_order(nodes: Sequence[dict[str, Any]], links: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """The nodes with `order` set: each after the nodes it takes something from."""
    waiting = {node["id"]: {link[1] for link in links if link[3] == node["id"]} for node in nodes}
    order: dict[int, int] = {}
    while waiting:
        ready = next(number for number, sources in waiting.items() if sources <= order.keys())
        order[ready] = len(order)
        del waiting[ready]
    return [{**node, "order": order[node["id"]]} for node in nodes]
