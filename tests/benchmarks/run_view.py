"""What an epoch of a run costs its charts: python dev.py bench run_view

For invented runs of 200 and 2,000 epochs, at their last epochs: the time in the training thread (deciding which
checkpoints stay, and what is sent to every page), the time of a view in the server's own thread, once for all charts
that ask, and the bytes of both. Times are those of the processor, so that a busy machine does not count.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lora_core.config import RunConfig
from lora_core.picking.retention import keep
from lora_core.record.reader import RunReader
from lora_core.record.thinning import thinned

LENGTHS = (200, 2000)
STEPS, PICTURES, TIMESTEPS = 14, 8, 2
KEPT = 16
"""Checkpoints of raw weights, and as many of averaged ones."""
WATCHED = 15
"""How many of the last epochs are measured; the median counts."""
RUN = {
    "format": 2,
    "name": "long",
    "config": RunConfig().to_json(),
    "dataset": {"pictures": [{"side": "training"}] * 56 + [{"side": "validation"}] * PICTURES},
}
Entry = dict[str, Any]


def main() -> None:
    """Prints a line for each length."""
    for length in LENGTHS:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{length:5} epochs: {measure(Path(folder), length)}", flush=True)


def measure(folder: Path, length: int) -> str:
    """The last epochs of a run of some length, in words."""
    epochs = [entries_of(epoch, length) for epoch in range(length + 1)]
    losses = {epoch: np.mean(entry["losses"], axis=1).tolist() for epoch, (*_, entry) in enumerate(epochs)}
    (folder / "run.json").write_text(json.dumps(RUN), encoding="utf-8")
    write_checkpoints(folder, length)
    append(folder, [entry for epoch in epochs[:-WATCHED] for entry in epoch])
    reader = RunReader(folder)
    begun = time.thread_time()
    reader.view()
    opening = time.thread_time() - begun
    training, serving = [], []
    for epoch in range(length - WATCHED + 1, length + 1):
        append(folder, epochs[epoch])
        begun = time.thread_time()
        message = end_of_epoch(epoch, {each: losses[each] for each in range(epoch + 1)})
        training.append(time.thread_time() - begun)
        begun = time.thread_time()
        view = json.dumps(thinned(reader.view()).to_json())
        serving.append(time.thread_time() - begun)
    return (
        f"training thread {np.median(training) * 1000:.1f} ms, {len(message)} bytes to every page; a view "
        f"{np.median(serving) * 1000:.0f} ms in the server's thread, {len(view) / 1000:.1f} kB to a page that asks; "
        f"the first view {opening * 1000:.0f} ms"
    )


def end_of_epoch(epoch: int, losses: Mapping[int, list[float]]) -> str:
    """What the training thread does for retention, of both kinds of weights, and for the browser; the message."""
    on_disk = [*range(epoch % KEPT, epoch, max(1, epoch // KEPT)), epoch]
    for _ in ("raw", "averaged"):
        keep(on_disk, losses, KEPT)
    return json.dumps({"node": "7", "prompt_id": "0" * 36, "run": RUN["name"], "epoch": epoch})


def entries_of(epoch: int, length: int) -> list[Entry]:
    """An epoch of a run that learns, stays and overfits; the validation of the averaged weights comes last."""
    random = np.random.default_rng(epoch)
    shape = -0.06 * (1 - np.exp(-epoch / length / 0.12)) + 0.1 * max(0.0, epoch / length - 0.35) ** 1.6
    first = (epoch - 1) * STEPS + 1
    steps = range(first, first + STEPS) if epoch else ()
    entries: list[Entry] = [
        {"kind": "step", "step": step, "epoch": epoch, "loss": 0.13 * random.lognormal(0, 0.28), "seconds": 0.8123}
        for step in steps
    ]
    for kind, every in (("probe", 5), ("validation", 5), ("averaged", 1)):
        if epoch % every == 0:
            losses = 0.13 * (1 + shape + random.normal(0, 0.002, (PICTURES, TIMESTEPS)))
            entries.append({"kind": kind, "epoch": epoch, "losses": losses.tolist(), "seconds": 2.4})
    return entries


def append(folder: Path, entries: list[Entry]) -> None:
    """Adds lines to the history."""
    with (folder / "history.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)


def write_checkpoints(folder: Path, length: int) -> None:
    """Empty files, evenly spread."""
    (folder / "checkpoints").mkdir()
    for epoch in range(length // KEPT, length + 1, length // KEPT):
        for suffix in ("", "_averaged"):
            (folder / "checkpoints" / f"epoch_{epoch:04d}{suffix}.safetensors").touch()


if __name__ == "__main__":
    main()
