"""A training that waits its turn: what is to be done, and what has become of it so far."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from ..errors import RunError
from .graph import Graph, is_graph

State = Literal["waiting", "running", "failed", "cancelled"]
"""A training that succeeds leaves the queue."""
FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """One place in the queue."""

    id: str
    """Also the id under which the graph is run, so that a page knows its own."""
    runs: tuple[str, ...]
    """Names of the runs that it trains, as far as they are known before it starts."""
    added: str
    """Date and time, ISO 8601."""
    graph: Graph
    """What is run: a graph in API format."""
    workflow: Graph | None = None
    """The same as it was drawn, to be opened again."""
    client: str = ""
    """The page that added it, which is told how each node gets on."""
    state: State = "waiting"
    begun: bool = False
    """Whether it was under way before: then it goes on from its last state."""
    reason: str = ""
    """Why it failed."""

    def to_bytes(self) -> bytes:
        """As it is stored."""
        # Not by asdict, which would copy the graphs, and fail on one whose values are nested deeply.
        stored = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps({"format": FORMAT, **stored}).encode("ascii")

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> Entry:
        """The inverse, of a file of this name.

        Raises:
            RunError: it makes no sense, or a newer version wrote it.
        """
        try:
            stored = json.loads(data)
            if stored["format"] > FORMAT:
                raise RunError(
                    f"A newer version of LoRA Atelier wrote {name!r} in the queue of trainings. Update this one."
                )
            known = {field.name: stored[field.name] for field in fields(cls)}
            if not _is_whole(known):
                raise ValueError("a part is of another kind")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise RunError(
                f"A file of the queue is damaged: {name!r}. Add that training to the queue again and delete the file."
            ) from error
        return cls(**{**known, "runs": tuple(known["runs"])})


def _is_whole(stored: dict[str, Any]) -> bool:
    """Whether every field that was read has the right type."""
    runs = stored["runs"]
    return (
        all(isinstance(stored[name], str) for name in ("id", "added", "client", "reason"))
        and isinstance(runs, list)
        and bool(runs)
        and all(isinstance(run, str) for run in runs)
        and is_graph(stored["graph"])
        and (stored["workflow"] is None or isinstance(stored["workflow"], dict))
        and stored["state"] in get_args(State)
        and isinstance(stored["begun"], bool)
    )
