"""What is to be done, and the log of what was."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Plan:
    """Of one pre-training; `folder` keeps what its stages make."""

    folder: Path
    comfyui: Path
    """A ComfyUI checkout: CLIP's tokenizer, key names."""
    pictures: int = 16000
    """Ordinary buildings, of which the UNet sees nothing else: the styles are left to the LoRAs."""
    styled: int = 400
    """Pictures of each style for the autoencoder alone, which must be able to show them."""
    held_out: int = 256
    """The first of the pictures, which no stage trains on, to measure with."""
    autoencoder_steps: int = 2000
    decoder_steps: int = 2500
    unet_steps: int = 4000
    unet_start: Path | None = None
    """A unet.safetensors to go on from, in place of random weights."""
    seed: int = 0


class Log:
    """Lines of JSON on the disk and on the screen."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, **entry: Any) -> None:
        line = json.dumps({"time": time.strftime("%H:%M:%S"), **entry})
        print(line, flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def last(self, stage: str) -> dict[str, Any]:
        """The last entry of a stage."""
        lines = map(json.loads, self.path.read_text(encoding="utf-8").splitlines())
        return [line for line in lines if line.get("stage") == stage][-1]


def stopwatch() -> Callable[[], int]:
    """A function that tells the seconds since now."""
    started = time.monotonic()
    return lambda: round(time.monotonic() - started)


def cosine(step: int, steps: int, warmup: int) -> float:
    """The share of the learning rate at a step: a linear rise, then half a cosine to nothing."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / max(1, steps - warmup))))
