"""ComfyUI's cache follows the disk: a node runs again when what it read or wrote there has changed.

Before a graph runs, ComfyUI asks each node for a fingerprint and runs the node if it is another one than before. At
that moment a node knows what is typed into it, not what other nodes will send, and what it is about to write is not
there yet. So a node says while it runs what its outputs depend on, and its fingerprint is a number that is another one
as soon as any of that is no longer as it was.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from comfy_api.latest import io
from comfy_execution.utils import get_executing_context

from ...lora_core.errors import AtelierError

State = Callable[..., str]
"""What something on the disk is now, by whatever identifies it; see `lora_core.changes`."""
_MOST_REMEMBERED = 1000


@dataclass
class _Followed:
    """What a node depends on, and how it was when the node said so."""

    number: int
    states: dict[tuple[State, tuple[Any, ...]], str] = field(default_factory=dict)

    def unchanged(self) -> bool:
        return all(_now(state, of) == before for (state, of), before in self.states.items())


_numbers = itertools.count(time.time_ns())
"""None is used twice, not even after a restart: newer versions of ComfyUI can keep their cache beyond it."""
_followed: dict[str, _Followed] = {}
"""By node and what is typed into it, the latest used last. One node with the same inputs may stand for several runs."""
_asked: dict[str, str] = {}
"""The key in `_followed` of each node of the graph that runs, by its id."""


def number(node: type[io.ComfyNode], inputs: Mapping[str, Any]) -> int:
    """A node's fingerprint; to be returned by its `fingerprint_inputs`."""
    node_id = _running()
    key = json.dumps([node.__name__, node_id, sorted(inputs.items())], default=repr)
    _asked[node_id] = key
    known = _followed.pop(key, None)
    if known is None or not known.unchanged():
        known = _Followed(next(_numbers))
    _followed[key] = known
    while len(_followed) > _MOST_REMEMBERED:
        del _followed[next(iter(_followed))]
    return known.number


def follow(state: State, *of: Any) -> None:
    """Says that the outputs of the node that runs are those of what `state(*of)` describes as it is now.

    To be called before it is read, so that a change in between is seen, or after the node itself has written it.
    """
    known = _followed.get(_asked.get(_running(), ""))  # ComfyUI asks for no fingerprint if it keeps no cache
    if known is not None:
        known.states[state, of] = _now(state, of)


def _now(state: State, of: tuple[Any, ...]) -> str:
    try:
        return state(*of)
    except (AtelierError, OSError):  # it is gone, which the node will say in words
        return "missing"


def _running() -> str:
    """The id of the node that ComfyUI asks or runs at this moment."""
    context = get_executing_context()
    return context.node_id if context is not None else ""
