"""Hands graphs to ComfyUI's own queue as its route /prompt does, and asks what became of them.

Everything else of ComfyUI holds for them then: progress, Cancel, history, previews. Its own queue keeps nothing beyond
a restart, and its history says how each graph ended.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import time
from collections.abc import Coroutine, Mapping
from typing import Any

import execution
from server import PromptServer

from ...lora_core.queue.entry import Entry
from ...lora_core.queue.graph import Graph, circle
from ...lora_core.queue.worker import Outcome
from .plain_words import in_words
from .taken_ids import display_name

TARGETS = "partial_execution_targets"
"""In a request to run a graph: only for the sake of these nodes."""
_PATIENCE = 120
"""Seconds for looking through a graph: other packs' nodes may ask the network for their choices."""


def running_graph(prompt_id: str) -> dict[str, dict[str, Any]]:
    """The graph that runs under this id, by node; empty if there is none."""
    running, _ = PromptServer.instance.prompt_queue.get_current_queue_volatile()
    return next((dict(item[2]) for item in running if item[1] == prompt_id), {})


class ComfyQueue:
    """The trainers of a queue: ComfyUI itself. Its methods are called outside of the server's own thread."""

    def refusal(self, graph: Graph) -> str:
        """Why ComfyUI would refuse a graph; empty if it would not."""
        return _circle(graph) or _sentence(_look_through(graph))

    def hand_over(self, entry: Entry) -> str:
        """Puts a graph into ComfyUI's queue; why not, if it is refused."""
        return _circle(entry.graph) or _sentence(_put(entry))

    def outcome(self, entry_id: str) -> Outcome | None:
        """How a graph ended; None as long as it waits or runs."""
        queue = PromptServer.instance.prompt_queue
        running, waiting = queue.get_current_queue_volatile()
        if any(item[1] == entry_id for item in (*running, *waiting)):
            return None
        ended = queue.get_history(prompt_id=entry_id, map_function=lambda told: told).get(entry_id)
        return Outcome("withdrawn") if ended is None else _outcome(ended.get("status") or {})

    def withdraw(self, entry_id: str) -> bool:
        """Takes a graph out of ComfyUI's queue, if it does not run yet."""
        return bool(PromptServer.instance.prompt_queue.delete_queue_item(lambda item: item[1] == entry_id))


def _circle(graph: Graph) -> str:
    """Says that a graph runs in a circle, which ComfyUI finds by going round until Python has enough of it."""
    nodes = [display_name(graph[name]["class_type"]) for name in circle(graph)]
    return f"The graph runs in a circle: {' -> '.join(nodes)}. Take one of these links away." if nodes else ""


async def _look_through(graph: Graph) -> str:
    changed_on_the_way = copy.deepcopy(graph)
    valid, error, _, node_errors = await execution.validate_prompt("", changed_on_the_way, None)
    return "" if valid and not node_errors else _why(error, node_errors)


async def _put(entry: Entry) -> str:
    server = PromptServer.instance
    pages = {"extra_pnginfo": {"workflow": entry.workflow}} if entry.workflow else {}
    request = {"prompt": copy.deepcopy(entry.graph), "prompt_id": entry.id, "extra_data": pages}
    request = server.trigger_on_prompt(request)
    graph, data = request["prompt"], request["extra_data"]
    replacements = getattr(server, "node_replace_manager", None)  # newer than 0.3.75
    if replacements is not None:
        replacements.apply_replacements(graph)
    valid, error, outputs, node_errors = await execution.validate_prompt(entry.id, graph, request.get(TARGETS))
    if not valid:
        return _why(error, node_errors)
    if entry.client:
        data["client_id"] = entry.client
    data["create_time"] = int(time.time() * 1000)
    server.prompt_queue.delete_history_item(entry.id)  # of an earlier try, which would count as this one's end
    server.prompt_queue.put((server.number, entry.id, graph, data, outputs, {}))
    server.number += 1
    return ""


def _sentence(task: Coroutine[Any, Any, str]) -> str:
    """What a task in the server's own thread says of a graph."""
    future = asyncio.run_coroutine_threadsafe(task, PromptServer.instance.loop)
    try:
        return future.result(_PATIENCE)
    except Exception as error:  # of another pack's node: the trainings behind this one must not wait for it
        logging.exception("LoRA Atelier: ComfyUI cannot look through a graph of the queue of trainings")
        return in_words(
            f"ComfyUI could not look through the graph: {error or type(error).__name__}. Run it as usual to see why."
        )
    finally:
        future.cancel()  # what took too long must not happen later


def _why(error: Mapping[str, Any] | None, node_errors: Mapping[str, Any]) -> str:
    """What ComfyUI says of a graph that it refuses, in one line; nodes of ours say it in a sentence."""
    told = [(display_name(node["class_type"]), each) for node in node_errors.values() for each in node["errors"]]
    own = [each for each in told if each[1]["type"] == "custom_validation_failed"]
    if not told:
        parts = [(error or {}).get(name) for name in ("message", "details")]
        return in_words(
            ": ".join(str(part) for part in parts if part) or "ComfyUI refuses the graph. Run it as usual to see why."
        )
    kind, first = (own or told)[0]
    name = (first.get("extra_info") or {}).get("input_name", "")
    details = str(first.get("details") or "").removeprefix(f"{name} - ")
    return in_words(f"{kind}: {details if own else ': '.join(filter(None, (str(first['message']), details)))}")


def _outcome(status: Mapping[str, Any]) -> Outcome:
    if status.get("status_str") == "success":
        return Outcome("succeeded")
    told = {message[0]: message[1] for message in status.get("messages") or ()}
    if "execution_interrupted" in told:
        return Outcome("cancelled")
    failure = told.get("execution_error") or {}
    words = str(failure.get("exception_message", "")).strip() or "ComfyUI does not say why. Its log may."
    return Outcome("failed", in_words(f"{display_name(failure.get('node_type', 'ComfyUI'))}: {words}"))
