"""What a run costs by the number of its pictures: python dev.py bench many_pictures

Invented pictures of 64 x 64 pixels and a tiny network on one thread of a CPU, so that what counts is all the rest:
reading and comparing pictures, latents, batches, the record, and the end of an epoch. Each number of pictures has a process of
its own, whose peak of memory is printed. What depends on every picture should be in proportion to them, the rest constant.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lora_core.config import LoraConfig, PreviewConfig, RunConfig, TrainingConfig
from lora_core.dataset.load import load_style
from lora_core.progress import SilentWatcher

from .gpu.material import Scale, history_of, random_base
from .gpu.whole import TimedTrainer

SIZES = (64, 640, 6400)
SIDE, BATCH, EPOCHS = 64, 4, 2
RECIPE = RunConfig(
    LoraConfig(rank=2, train_text_encoder=False),
    training=TrainingConfig(epochs=EPOCHS, batch_size=BATCH),
    preview=PreviewConfig(every_epochs=0),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    print("pictures   read and compared   latents   an epoch's steps   closing an epoch   validation   memory")
    processes = multiprocessing.get_context("spawn")
    for count in parser.parse_args().sizes:
        process = processes.Process(target=measure, args=(count,))
        process.start()
        process.join()


def measure(count: int) -> None:
    """Prints a line."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        invent(folder / "pictures", count)
        begun = time.perf_counter()
        dataset = load_style(folder / "pictures", resolution=SIDE)
        reading = time.perf_counter() - begun
        scale = Scale.of(torch.device("cpu"), tiny=True)
        base, run, cache = random_base(scale), folder / "run", folder / "cache"
        trainer = TimedTrainer(RECIPE, dataset, base, run, cache, scale.device, SilentWatcher())
        trainer.scale = scale
        trainer.train()
        validations = [entry["seconds"] for entry in history_of(run) if entry["kind"] == "averaged"]
    closing = trainer.closings[1] - validations[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count:8} {reading:17.2f} s {trainer.starting:7.2f} s {trainer.steps[1] * trainer.steps_per_epoch:16.2f} s "
        f"{1000 * closing:15.0f} ms {statistics.median(validations):10.2f} s {peak:6.0f} MB",
        flush=True,
    )


def invent(folder: Path, count: int) -> None:
    """So many pictures, none of which resembles another."""
    folder.mkdir()
    numbers = np.random.default_rng(0)
    for number in range(count):
        coarse = numbers.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text("a building", encoding="utf-8")


if __name__ == "__main__":
    main()
