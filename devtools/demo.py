"""The demo: train, pick and restyle in a real ComfyUI. See demo_command; runs in the environment."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from .comfyui import Checkout, find_checkout
from .console import Failure, say, seconds, timed
from .demo_pictures import write_photo, write_style
from .demo_settings import DRAWN, pocket_settings, restyle_settings, train_settings
from .demo_sheet import write_sheet
from .graphs import Graph, Settings, find_nodes, load_graph, load_workflow, with_inputs, with_new_inputs, with_values_of
from .home import development_home, offer_checkpoint
from .server import ComfyServer, Outcome, PromptRejected
from .standins import CHECKPOINT, DEPTH, LINEART, Standins
from .watching import watch

MEMORY_GIB = 10  # ComfyUI's copy of a full-size model and the trainer's, both in float32 on a CPU
STOPPED = ("cancelled", "training", "failed")
# Nodes of the example workflows.
WITH, WITHOUT, FIVE_STYLES = "With the style", "Without it: same prompt, same seed", "Save the sheet"


def show(arguments: argparse.Namespace) -> int:
    """The demo, from starting ComfyUI onwards, with the options of demo_command; an exit code."""
    begun = time.monotonic()
    checkout = find_checkout()
    home = development_home(checkout.version)
    full_size = arguments.standin or arguments.checkpoint
    checkpoint = _full_size_model(checkout, home, arguments.checkpoint) if full_size else None
    log = home / "comfyui.log"
    log.unlink(missing_ok=True)
    server = ComfyServer(checkout, home, log=log, port=arguments.port or (8188 if arguments.keep else None))
    with timed(f"Starting ComfyUI {checkout.version}"):
        server.start()
    with server:
        demo = Demo(server, home, arguments.new)
        if checkpoint:
            demo.full_size(checkpoint)
        else:
            demo.pocket(arguments.style)
        say(f"\nThe demo took {seconds(time.monotonic() - begun)}.")
        if not arguments.keep:
            say("python dev.py demo --keep, or python dev.py comfy, opens ComfyUI with all this in it.")
            return 0
        say(f"Open {server.address}\nThe demo's graphs are under Workflows; Ctrl+C stops ComfyUI.\n")
        return server.serve()


def _warn_of_little_memory() -> None:
    free = psutil.virtual_memory().available / 2**30
    if free < MEMORY_GIB:
        say(f"About {MEMORY_GIB} GB of memory are needed, {free:.0f} GB are free: closing other programs helps.")


def _full_size_model(checkout: Checkout, home: Path, own: Path | None) -> str:
    """Put models and photographs into the home, and say which are stand-ins; the checkpoint's name in the loader."""
    _warn_of_little_memory()
    write_style(home / "datasets")
    write_photo(home / "input")
    standins = Standins(checkout)
    name = offer_checkpoint(home, own) if own else CHECKPOINT
    standins.install(home, checkpoint=own is None)
    models = home / "models"
    if standins.is_standin(models / "checkpoints" / name):
        say(f"Checkpoint: {name}, a stand-in with the shape of Stable Diffusion 1.5 and random weights.")
        say("            Training, curves and files are real; the pictures will be noise. --checkpoint FILE is real.")
    else:
        say(f"Checkpoint: {name}")
    if any(standins.is_standin(models / "controlnet" / net) for net in (LINEART, DEPTH)):
        say(f"ControlNets, BLIP and Depth Anything are stand-ins too; real ones go into {models}")
    return name


@dataclass
class Demo:
    """Example workflows in a running ComfyUI. Both methods raise Failure with what a node said."""

    server: ComfyServer
    home: Path
    new: bool = False
    shorter: Mapping[str, Settings] = field(default_factory=dict)
    """By example: settings on top of the demo's own, for those who test it."""

    def pocket(self, style: str) -> None:
        """learn_without_a_gpu at full length, pictures with and without the style, and one building in five styles."""
        run_name = self._run_name(f"demo-{style}", (*STOPPED, "finished"))
        learn = self._prepare("learn_without_a_gpu", pocket_settings(style, run_name))
        learned = self._execute(f"Training {run_name} on the pocket model", learn)
        self._report(run_name, (learn, learned))
        pictures = self.home / "datasets" / f"drawn_{style}_{DRAWN}"
        rows = {
            f"{style.capitalize()}, as drawn for training": sorted(pictures.glob("*.png"))[:4],
            "The pocket model without the LoRA": self._pictures(learn, learned, WITHOUT),
            "The same prompt and seed with it": self._pictures(learn, learned, WITH),
        }
        sheet = write_sheet(rows, self.home / "output" / "lora_atelier" / f"{run_name}.png")
        say(f"All side by side:\n  {sheet}")
        restyle = self._prepare("restyle_without_a_gpu")
        restyled = self._execute("Restyling one building in five styles", restyle)
        (five,) = self._pictures(restyle, restyled, FIVE_STYLES)
        say(f"One building in five styles:\n  {five}")

    def full_size(self, checkpoint: str) -> None:
        """train_a_style and restyle_a_building on a checkpoint of SD 1.5's size, made smaller."""
        run_name = self._run_name("demo" if checkpoint == CHECKPOINT else f"{Path(checkpoint).stem}-demo", STOPPED)
        train = self._prepare("train_a_style", train_settings(checkpoint, run_name))
        trained = self._execute(f"Training {run_name}", train)
        restyle = self._prepare("restyle_a_building", restyle_settings(checkpoint, run_name))
        restyled = self._execute("Restyling a building", restyle)
        self._report(run_name, (train, trained), (restyle, restyled))

    def _run_name(self, prefix: str, go_on: tuple[str, ...]) -> str:
        """prefix-1, prefix-2, ...: the last one if its status is in `go_on`, otherwise the next one."""
        numbers = [
            int(name.removeprefix(f"{prefix}-"))
            for name in self.server.get_json("/lora_atelier/runs")
            if name.startswith(f"{prefix}-") and name.removeprefix(f"{prefix}-").isdigit()
        ]
        last = max(numbers, default=0)
        status = self._view(f"{prefix}-{last}").get("status") if last and not self.new else None
        if status not in go_on:
            return f"{prefix}-{last + 1}"
        what = "is finished and used again" if status == "finished" else "was stopped and is resumed"
        say(f"\nThe run {prefix}-{last} {what} (--new starts another).")
        return f"{prefix}-{last}"

    def _view(self, run_name: str) -> dict[str, Any]:
        view: dict[str, Any] = self.server.get_json(f"/lora_atelier/runs/{run_name}")
        return view

    def _prepare(self, name: str, *settings: Settings) -> Graph:
        """An example with the demo's settings as a graph; the browser offers it as a workflow under Workflows."""
        given = graph = load_graph(name)
        for values in (*settings, self.shorter.get(name, {})):
            graph = with_inputs(graph, values)
        saved = self.home / "user" / "default" / "workflows" / f"demo_{name}.json"
        saved.parent.mkdir(parents=True, exist_ok=True)
        saved.write_text(json.dumps(with_values_of(load_workflow(name), given, graph)), encoding="utf-8")
        return with_new_inputs(graph, self.server.object_info())

    def _execute(self, what: str, graph: Graph) -> Outcome:
        say(f"\n{what}")
        begun = time.monotonic()
        try:
            with self.server.events() as events:
                outcome = watch(self.server, events, self.server.submit(graph), graph)
        except PromptRejected as rejected:
            raise Failure(
                "ComfyUI refused the graph:\n" + "\n".join(f"  {error}" for error in rejected.errors)
            ) from None
        if outcome.status != "success":
            told = [f"  {error.node_type}: {error.message}" for error in outcome.errors] or [f"  {outcome.status}"]
            raise Failure("\n".join([f"{what} failed.", *told, f"  (log: {self.server.log})"]))
        say(f"{what}: done in {seconds(time.monotonic() - begun)}")
        return outcome

    def _report(self, run_name: str, *done: tuple[Graph, Outcome]) -> None:
        train, trained = done[0]
        (picker,) = find_nodes(train, "CheckpointPicker")
        picked = trained.outputs[picker]["lora_atelier_view"][0]["selection"]
        averaged = "-averaged" if picked["weights"] == "averaged" else ""
        lora = f"{run_name}-epoch-{picked['epoch']:04d}{averaged}.safetensors"
        say(f"\nPicked: {picked['reason']}\n  {self.home / 'models' / 'loras' / lora}")
        for graph, outcome in done:
            for number in find_nodes(graph, "SaveImage"):
                path, *more = self._saved(outcome, number)
                name = path.stem.rstrip("_0123456789").replace("_", " ").capitalize()  # validation_loss_00001_.png
                say(f"{name}{f' and {len(more)} more' if more else ''}:\n  {path}")
        run = self.home / "output" / "lora_atelier" / "runs" / run_name
        say(f"Time spent: {time_in_it(run / 'history.jsonl')}\nAll of the run:\n  {run}")

    def _pictures(self, graph: Graph, outcome: Outcome, title: str) -> list[Path]:
        (number,) = find_nodes(graph, title)
        return self._saved(outcome, number)

    def _saved(self, outcome: Outcome, number: str) -> list[Path]:
        """The picture that a SaveImage node wrote."""
        told = outcome.outputs[number]["images"]
        return [self.home / entry["type"] / entry["subfolder"] / entry["filename"] for entry in told]


def time_in_it(history: Path) -> str:
    """How long the steps of a run took, and how long its validations, all three kinds together."""
    spent: dict[str, list[float]] = {"step": [], "validation": []}
    for line in history.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if "seconds" in entry:
            spent["step" if entry["kind"] == "step" else "validation"].append(entry["seconds"])
    return ", ".join(f"{len(spans):,} {kind}s {seconds(sum(spans))}" for kind, spans in spent.items())
