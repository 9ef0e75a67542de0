"""What ComfyUI reports about a graph: its outcome, or why it was refused. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NodeError:
    """An error that ComfyUI reports for a node: `node_id` is a key of the graph, or "" for the whole graph."""

    node_id: str
    node_type: str
    kind: str
    message: str
    traceback: str = ""

    def __str__(self) -> str:
        return f"{self.node_type or 'graph'} ({self.node_id or '-'}): {self.message}"


class PromptRejected(Exception):
    """The graph did not pass ComfyUI's validation; nothing ran."""

    def __init__(self, errors: list[NodeError]):
        super().__init__("; ".join(map(str, errors)))
        self.errors = errors


class PromptFailed(Exception):
    """A node raised while the graph ran."""

    def __init__(self, outcome: Outcome):
        super().__init__("; ".join(map(str, outcome.errors)) or outcome.status)
        self.outcome = outcome
        self.errors = outcome.errors


@dataclass(frozen=True)
class Outcome:
    """How a graph ended: `status` is "success", "error" or "interrupted"; `outputs` are the nodes' ui values."""

    prompt_id: str
    status: str
    outputs: dict[str, dict[str, Any]]
    errors: list[NodeError]
    cached: list[str]


def validation_errors(answer: dict[str, Any]) -> list[NodeError]:
    """From the answer of POST /prompt."""
    errors = []
    for node_id, told in (answer.get("node_errors") or {}).items():
        for error in told["errors"]:
            text = f"{error['message']}: {error['details']}" if error.get("details") else error["message"]
            errors.append(NodeError(node_id, told.get("class_type", ""), error["type"], text))
    general = answer.get("error") or {}
    if not errors:
        text = f"{general.get('message', answer)}: {general.get('details', '')}".rstrip(": ")
        errors.append(NodeError("", "", general.get("type", "unknown"), text))
    return errors


def outcome_of(prompt_id: str, entry: dict[str, Any]) -> Outcome:
    """From the entry of a graph that has ended in GET /history."""
    status, errors, cached = entry["status"]["status_str"], [], []
    for kind, data in entry["status"]["messages"]:
        if kind == "execution_cached":
            cached = [str(node) for node in data["nodes"]]
        elif kind == "execution_interrupted":
            status = "interrupted"
        elif kind == "execution_error":
            errors.append(
                NodeError(
                    str(data["node_id"]),
                    data["node_type"],
                    data["exception_type"],
                    data["exception_message"].strip(),
                    "".join(data.get("traceback") or []),
                )
            )
    return Outcome(prompt_id, status, entry.get("outputs") or {}, errors, cached)
