"""What a running graph reports over the websocket, as lines for a person."""

from __future__ import annotations

import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from tqdm import tqdm

from .console import seconds
from .server import ComfyServer, Events, Graph, Outcome

WORTH_A_LINE = 2.0  # seconds a node takes
PATIENCE = 40.0  # seconds for ComfyUI to save what was interrupted
BAR = "  {desc} |{bar:20}| {n_fmt} of {total_fmt}"


def progress_bar(**options: Any) -> tqdm:
    """A progress bar below the lines of a graph; none in a file or a pipe, where there are only the lines."""
    own = {"desc": "waiting", "total": 1, "bar_format": BAR, "leave": False, "dynamic_ncols": True, "disable": None}
    return tqdm(**{**own, **options})


def watch(server: ComfyServer, events: Events, prompt_id: str, graph: Graph) -> Outcome:
    """Show a graph's progress until it has ended, in success or not.

    Ctrl+C presses ComfyUI's Cancel, waits until the running node has saved its work, and is then passed on.
    """
    screen = Screen(graph, progress_bar(), lambda run: server.get_json(f"/lora_atelier/runs/{urllib.parse.quote(run)}"))
    read = 0
    try:
        while True:
            arrived = events.after(read)
            read += len(arrived)
            for kind, data in arrived:
                screen.tell(kind, data)
            outcome = None if arrived else server.outcome(prompt_id)
            if outcome is not None:
                return outcome
    except KeyboardInterrupt:
        screen.say("Stopping: ComfyUI finishes its step and saves the run, which the next demo resumes ...")
        server.interrupt()
        end = time.monotonic() + PATIENCE
        while server.outcome(prompt_id) is None and time.monotonic() < end:
            time.sleep(0.2)
        raise
    finally:
        screen.close()


class Screen:
    """Turns events into permanent lines (a node that took long, an epoch completed) and a bar (what runs now)."""

    def __init__(self, graph: Graph, bar: tqdm, view_of: Callable[[str], Mapping[str, Any]]):
        """`view_of` asks the server for a run's view."""
        self._view_of = view_of
        self._titles = {node: str(entry["_meta"]["title"]) for node, entry in graph.items()}
        self._bar = bar
        self._node: str | None = None
        self._begun = time.monotonic()
        self._trains = False  # the node says more than its bar does
        self._shown: set[int] = set()  # epochs

    def tell(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take one message of the websocket."""
        if kind == "executing":
            self._leave()
            self._node, self._begun = data.get("node"), time.monotonic()
            if self._node:
                self._show(self._title(), 0, 1)
        elif kind == "lora_atelier.progress":
            self._trains = True
            self._show(progress_text(data), data["step"], data["steps"])
        elif kind == "lora_atelier.epoch":
            self._epoch(self._view_of(data["run"]))
        elif kind == "progress" and data.get("max", 0) > 1 and not self._trains:
            self._show(self._title(), int(data["value"]), int(data["max"]))

    def say(self, text: str) -> None:
        """A permanent line."""
        tqdm.write(f"  {text}")

    def close(self) -> None:
        """The graph has ended."""
        self._leave()
        self._bar.close()

    def _show(self, text: str, done: int, total: int) -> None:
        self._bar.desc, self._bar.n, self._bar.total = text, done, total
        self._bar.refresh()

    def _title(self) -> str:
        return self._titles.get(self._node or "", str(self._node))

    def _leave(self) -> None:
        """Say how long the node that was running took, if that was long."""
        span = time.monotonic() - self._begun
        if self._node and span >= WORTH_A_LINE:
            self.say(f"{self._title()}: {seconds(span)}")
        self._node, self._trains = None, False
        self._shown.clear()

    def _epoch(self, view: Mapping[str, Any]) -> None:
        epoch = view["epoch"]
        if epoch not in self._shown:
            self._shown.add(epoch)
            self.say(epoch_text(view))


def progress_text(data: Mapping[str, Any]) -> str:
    """How far a run has got: "epoch 2 of 5, training, loss 0.812, about 40 s left"; its bar shows the step."""
    if data["stage"] == "caching":
        return "caching latents"
    text = f"epoch {data['epoch']} of {data['epochs']}, {data['stage']}"
    if data.get("loss") is not None:
        text += f", loss {data['loss']:.4f}"
    if data.get("seconds_left") is not None:
        text += f", about {seconds(data['seconds_left'])} left"
    return text


def epoch_text(view: Mapping[str, Any]) -> str:
    """An epoch's losses: "epoch 3 of 5: training loss 0.912, validation loss 0.985"."""
    if view["epoch"] == 0:
        text = "before training:"
    else:
        text = f"epoch {view['epoch']} of {view['epochs']}:"
    told = []
    for name, curve in (("training", view["train"]), ("validation", view["averaged"] or view["validation"])):
        if view["epoch"] in curve["epoch"]:
            loss = curve["loss"][curve["epoch"].index(view["epoch"])]
            told.append(f"{name} loss {'no number' if loss is None else f'{loss:.4f}'}")
    return f"{text} {', '.join(told)}" if told else f"{text} saved"
