"""Node ids that another pack has too: ComfyUI keeps the one that was loaded last, and says nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from comfy_api.latest import io

SECOND = "LoraAtelier"
"""What a node's second id begins with, under which it is there if another pack took its first."""

_log = logging.getLogger(__name__)


def tell_replaced(nodes: Sequence[type[io.ComfyNode]]) -> None:
    """Writes to the log which nodes of packs loaded before have an id of ours. To be called before ours are loaded."""
    for node in nodes:
        other = _registered(_id(node))
        if other is not None:
            _log.warning(
                "LoRA Atelier: %s also has a node with the id %s, which is LoRA Atelier's from now on. Workflows of "
                "that pack that use it need LoRA Atelier to be switched off.",
                _pack(other),
                _id(node),
            )


def register_again(nodes: Sequence[type[io.ComfyNode]]) -> None:
    """Gives nodes whose id another pack took a second one, and says so in the log. To be called once all are loaded."""
    for node in nodes:
        other = _registered(_id(node))
        if other is None or other is node:
            continue
        second = _under_second_id(node)
        _nodes().NODE_CLASS_MAPPINGS[_id(second)] = second
        _nodes().NODE_DISPLAY_NAME_MAPPINGS[_id(second)] = second.GET_SCHEMA().display_name
        _log.warning(
            "LoRA Atelier: %s also has a node with the id %s and was loaded later, so workflows that don't say which "
            "pack they mean get its node. LoRA Atelier's is in the list as %r: put it into its place, or switch one of "
            "the packs off.",
            _pack(other),
            _id(node),
            second.GET_SCHEMA().display_name,
        )


def with_known_ids(request: dict[str, Any]) -> dict[str, Any]:
    """A request to run a graph, in which nodes saved under a second id have their first where no other pack took it.

    Not by ComfyUI's own list of replacements: that drops every input that it does not list, and fails where one that it
    lists is not connected.

    Args:
        request: what was posted to /prompt. It may be anything: what is not a graph is ComfyUI's to refuse.
    """
    try:
        graph = request["prompt"]
        known = {name: {**entry, "class_type": _known(entry["class_type"])} for name, entry in graph.items()}
    except (AttributeError, KeyError, TypeError):
        return request
    return {**request, "prompt": known}


def _known(node_id: str) -> str:
    first = node_id.removeprefix(SECOND)
    return first if _registered(node_id) is None and _registered(first) is not None else node_id


def ours(nodes: Sequence[type[io.ComfyNode]], node_id: object) -> type[io.ComfyNode] | None:
    """The node of ours that ComfyUI has under an id, first or second; None if that is another pack's or nobody's."""
    found = _registered(str(node_id))
    return found if isinstance(found, type) and issubclass(found, tuple(nodes)) else None


def display_name(node_id: object) -> str:
    """What a node is called in the interface."""
    return str(_nodes().NODE_DISPLAY_NAME_MAPPINGS.get(str(node_id), node_id))


def is_output(node_id: object) -> bool:
    """Whether ComfyUI runs a graph for the sake of nodes with this id."""
    return bool(getattr(_registered(str(node_id)), "OUTPUT_NODE", False))


def _under_second_id(node: type[io.ComfyNode]) -> type[io.ComfyNode]:
    def define_schema(cls: type[io.ComfyNode]) -> io.Schema:
        schema = node.define_schema()
        schema.display_name = f"{schema.display_name} (LoRA Atelier)"
        schema.node_id = SECOND + schema.node_id
        return schema

    second: type[io.ComfyNode] = type(SECOND + _id(node), (node,), {"define_schema": classmethod(define_schema)})
    return second


def _id(node: type[io.ComfyNode]) -> str:
    return str(node.define_schema().node_id)


def _registered(node_id: str) -> Any:
    return _nodes().NODE_CLASS_MAPPINGS.get(node_id)


def _pack(node: Any) -> str:
    """A pack by the name of its folder."""
    module = str(getattr(node, "RELATIVE_PYTHON_MODULE", node.__module__))
    return f"The pack {module.removeprefix('custom_nodes.')}" if module.startswith("custom_nodes.") else module


def _nodes() -> Any:
    import nodes

    return nodes
