"""Workflows as ComfyUI's front end saves them: change a widget, turn them into what POST /prompt takes.

The conversion follows the front end's own. What only a browser can know is left out: subgraphs (unpack them first)
and group nodes are refused, and text replacements such as %KSampler.seed% stay as they are. Standard library only.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .console import Failure

Workflow = dict[str, Any]
ObjectInfo = Mapping[str, Any]
Source = tuple[str, int]

MUTED, BYPASSED = 2, 4
NOTES = ("Note", "MarkdownNote")
REROUTE, PRIMITIVE = "Reroute", "PrimitiveNode"
VIRTUAL = (*NOTES, REROUTE, PRIMITIVE)
WIDGET_TYPES = {"INT": 0, "FLOAT": 0, "BOOLEAN": False, "STRING": "", "MARKDOWN": "", "COLOR": "#ffffff", "COMBO": None}
UPLOADS = ("image_upload", "video_upload", "animated_image_upload", "audio_upload")
SEEDS = ("seed", "noise_seed")


class WorkflowError(Failure):
    """A workflow that cannot be changed or converted as asked; the message names the node."""


def load_workflow(path: Path) -> Workflow:
    """Read a workflow that was saved (not "exported for API"). Raises WorkflowError."""
    try:
        workflow = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WorkflowError(f"{path} cannot be read as a workflow: {error}") from None
    if not isinstance(workflow, dict) or not isinstance(workflow.get("nodes"), list):
        raise WorkflowError(f"{path} is no workflow saved by ComfyUI's front end: it has no list of nodes.")
    return workflow


def to_api(workflow: Workflow, object_info: ObjectInfo) -> dict[str, dict[str, Any]]:
    """The graph in API format, ready for POST /prompt.

    Args:
        workflow: format 0.4 or 1 of the front end; it is left as it is.
        object_info: the answer of GET /object_info.

    Raises:
        WorkflowError: a node that shall run is unknown, or a link leads nowhere or in a circle.
    """
    workflow = copy.deepcopy(workflow)
    links = _Links(workflow)
    _apply_primitives(workflow, links, object_info)
    running = [node for node in workflow["nodes"] if _runs(node)]
    output = {str(node["id"]): _api_node(node, links, object_info) for node in running}
    for node in output.values():
        node["inputs"] = {
            name: value for name, value in node["inputs"].items() if not isinstance(value, list) or value[0] in output
        }
    return output


def find_nodes(workflow: Workflow, which: str | int) -> list[dict[str, Any]]:
    """The nodes that have `which` as their id; if there are none, those of that title; else those of that type.

    Raises:
        WorkflowError: there is no such node; the message lists what there is.
    """
    nodes = workflow["nodes"]
    for key in ("id", "title", "type"):
        found = [node for node in nodes if str(node.get(key)) == str(which)]
        if found:
            return found
    there = ", ".join(sorted({str(node["type"]) for node in nodes}))
    raise WorkflowError(f"The workflow has no node {which!r}. It has: {there}.")


def get_widget(workflow: Workflow, which: str | int, widget: str, object_info: ObjectInfo) -> Any:
    """The value of a widget of the first node that `which` finds. Raises WorkflowError."""
    node = find_nodes(workflow, which)[0]
    values = _widget_values(node, object_info)
    if widget not in values:
        raise _no_such_widget(node, widget, values)
    return values[widget]


def set_widget(workflow: Workflow, which: str | int, widget: str, value: Any, object_info: ObjectInfo) -> None:
    """Set a widget, in place, in every node that `which` (an id, a title or a type) finds.

    A widget that a PrimitiveNode feeds is set there, which is what a user would do.

    Raises:
        WorkflowError: no such node, no such widget, or its value comes from another node.
    """
    links = _Links(workflow)
    for node in find_nodes(workflow, which):
        values = _widget_values(node, object_info)
        if widget not in values:
            raise _no_such_widget(node, widget, values)
        origin = _fed_by(node, widget, links)
        if origin is None:
            node["widgets_values"] = list({**values, widget: value}.values())
        elif origin["type"] == PRIMITIVE:
            origin["widgets_values"] = [value, *(origin.get("widgets_values") or [])[1:]]
        else:
            raise WorkflowError(f"{widget} of {_name(node)} is connected: its value comes from {_name(origin)}.")


def widgets_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Name and first value of each widget of a node, in the order of widgets_values; `None` names one with no input.

    Args:
        definition: the node's entry in object_info.
    """
    return {widget.name: widget.default for widget in _widgets(definition)}


# Nodes


def _runs(node: Mapping[str, Any]) -> bool:
    return node["type"] not in VIRTUAL and node.get("mode", 0) not in (MUTED, BYPASSED)


def _name(node: Mapping[str, Any]) -> str:
    title = node.get("title")
    return f"node {node['id']} ({node['type']}{f', {title!r}' if title and title != node['type'] else ''})"


def _definition(node: Mapping[str, Any], object_info: ObjectInfo) -> Mapping[str, Any]:
    kind = node["type"]
    if kind in object_info:
        definition: Mapping[str, Any] = object_info[kind]
        return definition
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", kind):
        raise WorkflowError(f"{_name(node)} is a subgraph. Unpack it in the front end and save the workflow again.")
    if kind.startswith(("workflow>", "workflow/")):
        raise WorkflowError(f"{_name(node)} is a group node. Convert it to nodes in the front end and save again.")
    pack = (node.get("properties") or {}).get("cnr_id")
    hint = f" Its pack is {pack}." if pack else ""
    raise WorkflowError(f"ComfyUI does not know the type of {_name(node)}: a node pack is missing or failed.{hint}")


def _api_node(node: Mapping[str, Any], links: _Links, object_info: ObjectInfo) -> dict[str, Any]:
    definition = _definition(node, object_info)
    inputs = {}
    for widget, value in zip(_widgets(definition), _widget_values(node, object_info).values(), strict=True):
        if not widget.sent:
            continue
        if widget.dynamic and isinstance(value, str):
            value = plain_prompt(value)
        inputs[widget.name] = {"__value__": value} if isinstance(value, list) else value
    for slot in node.get("inputs") or []:
        source = links.source(slot)
        if source is not None:
            inputs[slot["name"]] = list(source)
    title = node.get("title") or definition.get("display_name") or node["type"]
    return {"inputs": inputs, "class_type": node["type"], "_meta": {"title": title}}


# Widgets


@dataclass(frozen=True)
class _Widget:
    """A place in widgets_values."""

    name: str
    default: Any = None
    sent: bool = True  # in the API format
    dynamic: bool = False  # a prompt with comments and {choices}


def _inputs(definition: Mapping[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Name, type and options of each input, in the order in which the front end makes widgets of them."""
    sections = definition["input"]
    order = definition.get("input_order") or {}
    for section in ("required", "optional"):
        specs = sections.get(section) or {}
        for name in [*order.get(section, []), *(name for name in specs if name not in order.get(section, []))]:
            kind, options = specs[name][0], (specs[name][1:] or [{}])[0] or {}
            yield name, options.get("widgetType", kind), options


def _widgets(definition: Mapping[str, Any]) -> list[_Widget]:
    found: list[_Widget] = []
    upload = False
    for name, kind, options in _inputs(definition):
        upload = upload or any(options.get(key) for key in UPLOADS)
        if options.get("forceInput") or options.get("rawLink") or not _makes_widget(kind):
            continue
        combo = isinstance(kind, list) or kind == "COMBO"
        found.append(_Widget(name, _first_value(kind, options), dynamic=bool(options.get("dynamicPrompts"))))
        if options.get("control_after_generate", kind == "INT" and name in SEEDS):
            found.append(_Widget(f"{name}: control_after_generate", "randomize", sent=False))
            if combo:
                found.append(_Widget(f"{name}: control_filter_list", "", sent=False))
    if upload:
        found.append(_Widget("upload", "image", sent=False))
    return found


def _makes_widget(kind: Any) -> bool:
    return isinstance(kind, list) or kind in WIDGET_TYPES


def _first_value(kind: Any, options: Mapping[str, Any]) -> Any:
    choices = kind if isinstance(kind, list) else options.get("options") or []
    if isinstance(kind, list) or kind == "COMBO":
        return options.get("default") or (choices[0] if choices else None)
    return options.get("default", WIDGET_TYPES[kind])


def _widget_values(node: Mapping[str, Any], object_info: ObjectInfo) -> dict[str, Any]:
    """Every widget's name and value, those with no input of their own too, in the order of widgets_values."""
    definition = _definition(node, object_info)
    values = widgets_of(definition)
    saved = node.get("widgets_values") or []
    if isinstance(saved, dict):
        return {name: saved.get(name, value) for name, value in values.items()}
    saved = _without_forced(definition, list(values), list(saved))
    return {**values, **dict(zip(values, saved, strict=False))}


def _without_forced(definition: Mapping[str, Any], names: list[str], saved: list[Any]) -> list[Any]:
    """Front ends before 1.16 saved a value for inputs that cannot be widgets too: it is dropped."""
    forced = []
    for name, _, options in _inputs(definition):
        if name in names or options.get("forceInput"):
            forced.append(bool(options.get("forceInput")))
            if options.get("control_after_generate"):
                forced.append(False)
    if len(forced) != len(saved):
        return saved
    return [value for value, dummy in zip(saved, forced, strict=True) if not dummy]


def _no_such_widget(node: Mapping[str, Any], widget: str, values: Mapping[str, Any]) -> WorkflowError:
    return WorkflowError(f"{_name(node)} has no widget {widget!r}. It has: {', '.join(values) or 'none'}.")


def plain_prompt(text: str) -> str:
    """A prompt without comments and with the first of {each|set|of|choices}; the front end draws one at random."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
    before = None
    while text != before:
        before = text
        text = re.sub(r"(?<!\\)\{([^{}|]*)(\|[^{}]*)?\}", r"\1", text)
    return re.sub(r"\\([{}|])", r"\1", text)


# Links


class _Links:
    """Who feeds an input: through reroutes and bypassed nodes, as the front end follows them."""

    def __init__(self, workflow: Workflow):
        self.nodes = {str(node["id"]): node for node in workflow["nodes"]}
        self.origins: dict[int, Source] = {}
        self.targets: dict[int, Source] = {}
        for link in workflow.get("links") or []:
            if isinstance(link, dict):
                number, origin, target = link["id"], (link["origin_id"], link["origin_slot"]), link["target_id"]
                slot = link["target_slot"]
            else:
                number, origin, target, slot = link[0], (link[1], link[2]), link[3], link[4]
            self.origins[number] = (str(origin[0]), int(origin[1]))
            self.targets[number] = (str(target), int(slot))

    def origin(self, slot: Mapping[str, Any]) -> Source | None:
        """Node id and output slot at the other end of an input's link, whatever that node is."""
        number = slot.get("link")
        if number is None:
            return None
        if number not in self.origins or self.origins[number][0] not in self.nodes:
            raise WorkflowError(f"The input {slot['name']!r} has the link {number}, which leads nowhere.")
        return self.origins[number]

    def source(self, slot: Mapping[str, Any], kind: str | None = None) -> Source | None:
        """Node id and output slot of the node that in the end gives an input its value, or None."""
        seen = set()
        while (origin := self.origin(slot)) is not None:
            if origin in seen:
                raise WorkflowError(f"The links behind the input {slot['name']!r} run in a circle.")
            seen.add(origin)
            node = self.nodes[origin[0]]
            kind = kind or slot["type"]
            inputs = node.get("inputs") or []
            if node.get("mode", 0) == BYPASSED:
                index = _passes(node, origin[1], kind)
                if index is None:
                    return None
                slot, kind = inputs[index], None
            elif node["type"] in VIRTUAL:
                if origin[1] >= len(inputs):
                    return None
                slot = inputs[origin[1]]
            else:
                return origin
        return None


def _passes(node: Mapping[str, Any], slot: int, wanted: str) -> int | None:
    """Which input of a bypassed node stands in for its output `slot`."""
    kinds = [entry["type"] for entry in node.get("inputs") or []]
    given = node["outputs"][slot]["type"]
    if wanted in ("*", ""):
        return None if not kinds else slot if slot < len(kinds) else 0
    if slot < len(kinds) and _connects(kinds[slot], given) and _connects(kinds[slot], wanted):
        return slot
    if wanted in kinds:
        return kinds.index(wanted)
    fitting = (index for index, kind in enumerate(kinds) if _connects(kind, given) and _connects(kind, wanted))
    return next(fitting, None)


def _connects(one: Any, other: Any) -> bool:
    """Whether two socket types fit: "*" fits all, "INT,FLOAT" fits either."""
    if one in ("", "*", 0) or other in ("", "*", 0):
        return True
    return bool({*str(one).lower().split(",")} & {*str(other).lower().split(",")})


def _fed_by(node: Mapping[str, Any], widget: str, links: _Links) -> Mapping[str, Any] | None:
    for slot in node.get("inputs") or []:
        if (slot.get("widget") or {}).get("name", slot["name"]) == widget:
            origin = links.origin(slot)
            return None if origin is None else links.nodes[origin[0]]
    return None


def _apply_primitives(workflow: Workflow, links: _Links, object_info: ObjectInfo) -> None:
    """Copy the value of every PrimitiveNode into the widgets it is connected to."""
    for primitive in workflow["nodes"]:
        values = primitive.get("widgets_values")
        if primitive["type"] != PRIMITIVE or not values:
            continue
        for number in (primitive.get("outputs") or [{}])[0].get("links") or []:
            target, slot = links.targets[number]
            node = links.nodes[target]
            if node["type"] in VIRTUAL or not _runs(node):
                continue
            name = (node["inputs"][slot].get("widget") or {}).get("name")
            known = _widget_values(node, object_info)
            if name in known:
                node["widgets_values"] = list({**known, name: values[0]}.values())
