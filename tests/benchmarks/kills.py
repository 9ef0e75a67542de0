"""Kills of a whole ComfyUI while it trains: python dev.py bench kills

In each round a graph on the pocket model (draw, train, plot, pick) is queued, the server gets SIGKILL at a random
moment of it, and another server runs the same graph to its end; in every fourth round the second server is killed as
well. What is compared with a graph that nothing interrupted: the picked LoRA, that of the last epoch, and every
validation loss, bit for bit.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from devtools.comfyui import find_checkout
from devtools.graphs import Graph, load_graph, with_inputs
from devtools.home import temporary_home
from devtools.server import ComfyServer
from lora_core.record.checkpoints import checkpoint_path, load_lora

from .fixed_run import hash_of_losses, hash_of_tensors

ROUNDS = 20
TWICE_EVERY = 4
"""In every round of this number the server is killed twice in a row."""
EPOCHS = 12
TRAINER = {
    "batch_size": 2,
    "rank": 4,
    "learning_rate": 0.001,
    "warmup_steps": 2,
    "lora_dropout": 0.1,
    "caption_dropout": 0.2,
    "horizontal_flip": True,
    "preview_every": 3,
    "preview_steps": 2,
    "probe_every": 2,
}
_NOT_NEEDED = ("SaveImage", "PreviewImage", "PreviewAny")
"""Without them ComfyUI runs nothing after the pick."""


@dataclass(frozen=True)
class Result:
    """Hashes of what a graph made."""

    picked: str
    last: str
    losses: str


def main() -> int:
    """Runs the rounds that were asked for; 1 if any of them ended in other numbers."""
    parser = argparse.ArgumentParser(prog="dev.py bench kills", description=__doc__)
    parser.add_argument("--first", type=int, default=1, metavar="ROUND", help="1 by default")
    parser.add_argument("--last", type=int, default=ROUNDS, metavar="ROUND", help=f"{ROUNDS} by default")
    parser.add_argument("--seed", type=int, default=0, help="of the moments; 0 by default")
    options = parser.parse_args()
    with temporary_home() as home, ComfyServer(find_checkout(), home, offline=True) as server:
        run_graph(server, "warming up")
        started = time.monotonic()
        expected = run_graph(server, "whole")
        duration = time.monotonic() - started
        print(f"Uninterrupted, {duration:.1f} s: {expected}", flush=True)
        differing = 0
        for number in range(options.first, options.last + 1):
            moments = draw_moments(options.seed, number, duration)
            reached, result = survive(server, f"round {number}", moments)
            at = ", then ".join(f"{moment:.2f} s ({where})" for moment, where in zip(moments, reached, strict=True))
            verdict = "the same, bit for bit" if result == expected else f"DIFFERENT: {result}"
            print(f"Round {number}: killed at {at}: {verdict}", flush=True)
            differing += result != expected
    print(f"{differing} of {options.last - options.first + 1} rounds differ.")
    return int(differing > 0)


def draw_moments(seed: int, number: int, duration: float) -> list[float]:
    """When the servers of a round are killed, in seconds after the graph was queued."""
    numbers = random.Random(f"{seed} {number}")
    return [numbers.uniform(0, duration) for _ in range(1 if number % TWICE_EVERY else 2)]


def survive(server: ComfyServer, name: str, moments: list[float], epochs: int = EPOCHS) -> tuple[list[str], Result]:
    """Kills the server at each moment and starts it again; how far the run had got each time, and the result."""
    reached = []
    for moment in moments:
        server.submit(graph_of(name, epochs))
        time.sleep(moment)
        server.kill()
        reached.append(how_far(run_folder(server.home, name)))
        server.start()
    return reached, run_graph(server, name, epochs)


def run_graph(server: ComfyServer, name: str, epochs: int = EPOCHS) -> Result:
    """Runs the graph to its end. Raises PromptFailed."""
    server.run(graph_of(name, epochs))
    run = run_folder(server.home, name)
    picked, _ = load_lora(server.home / "models" / "loras" / f"{name}.safetensors")
    last, _ = load_lora(checkpoint_path(run, epochs))
    return Result(hash_of_tensors(picked), hash_of_tensors(last), hash_of_losses(run / "history.jsonl"))


def graph_of(name: str, epochs: int) -> Graph:
    """The template learn_without_a_gpu, made short, up to the pick; the run and the picked file are called `name`."""
    graph = {key: node for key, node in load_graph("learn_without_a_gpu").items() if _is_needed(node["class_type"])}
    settings = {
        "DrawnDataset": {"pictures": 10, "validation_count": 3},
        "LoRATrainer": {**TRAINER, "epochs": epochs, "run_name": name},
        "CheckpointPicker": {"file_name": name},
    }
    return with_inputs(graph, settings)


def run_folder(home: Path, name: str) -> Path:
    """Where the run is."""
    return home / "output" / "lora_atelier" / "runs" / name


def how_far(run: Path) -> str:
    """What a run's history tells of its progress, in words."""
    history = run / "history.jsonl"
    if not history.exists():
        return "before training"
    whole_lines = history.read_bytes().split(b"\n")[:-1]
    entries = [json.loads(line) for line in whole_lines]
    steps = max((entry["step"] for entry in entries if entry["kind"] == "step"), default=0)
    return f"after step {steps} and {entries[-1]['kind'] if entries else 'nothing'}"


def _is_needed(kind: str) -> bool:
    return kind not in _NOT_NEEDED


if __name__ == "__main__":
    sys.exit(main())
