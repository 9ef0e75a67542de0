"""What is to be done, and the log of what was."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Plan:
    """Of one pre-training; `folder` keeps what its stages make."""

    folder: Path
    comfyui: Path
    """A ComfyUI checkout: CLIP's tokenizer, key names."""
    pictures: int = 8000
    """Ordinary buildings, of which the UNet sees nothing else: the styles are left to the LoRAs."""
    styled: int = 1000
    """Pictures of each style for the autoencoder, which must be able to show them, and for the classifier."""
    held_out: int = 200
    """The first pictures of each kind, which no stage trains on, to measure with."""
    classifier_steps: int = 1500
    autoencoder_steps: int = 16000
    decoder_steps: int = 2500
    unet_steps: int = 6000
    depth_reader_steps: int = 1000
    control_steps: int = 1500
    """Of each ControlNet."""
    threads: int = os.cpu_count() or 1
    """Each works on its share of a batch; another number changes the rounding of sums, no more."""
    seed: int = 0


class Log:
    """Lines of JSON on the disk and on the screen."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, **entry: Any) -> None:
        """Adds a line, with the time of day."""
        line = json.dumps({"time": time.strftime("%H:%M:%S"), **entry})
        print(line, flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def last(self, stage: str) -> dict[str, Any]:
        """The last entry of a stage."""
        lines = map(json.loads, self.path.read_text(encoding="utf-8").splitlines())
        entry: dict[str, Any] = [line for line in lines if line.get("stage") == stage][-1]
        return entry
