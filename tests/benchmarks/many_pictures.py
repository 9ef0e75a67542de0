"""What a run costs by the number of its pictures: python dev.py bench many_pictures

Invented pictures of 64 x 64 pixels and a tiny network on one thread of a CPU, so that what counts is all the rest:
reading and comparing pictures, latents, batches, the record, and the end of an epoch. Each number of pictures has a
process of its own, whose peak of memory is printed. What every picture takes part in should be in proportion to their
number, the rest constant. Times are those of the processor, so that a busy machine does not count.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lora_core.config import LoraConfig, PreviewConfig, RunConfig, TrainingConfig
from lora_core.dataset.load import load_style
from lora_core.progress import SilentWatcher
from lora_core.training.trainer import Trainer

from .gpu.material import Scale, random_base

SIZES = (64, 640, 6400)
SIDE, BATCH, EPOCHS = 64, 4, 1
RECIPE = RunConfig(
    LoraConfig(rank=2, train_text_encoder=False),
    training=TrainingConfig(epochs=EPOCHS, batch_size=BATCH),
    preview=PreviewConfig(every_epochs=0),
)


class TimedTrainer(Trainer):
    """Notes when its epochs were closed, in seconds of the processor."""

    def train(self) -> None:
        """As the trainer's."""
        self.times = [time.process_time()]
        super().train()

    def _close_epoch(self) -> None:
        self.times.append(time.process_time())
        super()._close_epoch()
        self.times.append(time.process_time())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    print("pictures   read and compared   latents   an epoch's steps   its end, with validation   memory")
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
        begun = time.process_time()
        dataset = load_style(folder / "pictures", resolution=SIDE)
        reading = time.process_time() - begun
        base = random_base(Scale.of(torch.device("cpu"), tiny=True))
        run, cache = folder / "run", folder / "cache"
        trainer = TimedTrainer(RECIPE, dataset, base, run, cache, torch.device("cpu"), SilentWatcher())
        trainer.train()
    start, prepared, begun, stepped, closed = trainer.times
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count:8} {reading:17.2f} s {prepared - start:7.2f} s {stepped - begun:16.2f} s "
        f"{1000 * (closed - stepped):23.0f} ms {peak:6.0f} MB",
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
