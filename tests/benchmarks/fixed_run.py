"""A fingerprint of training itself: python dev.py bench fixed_run

Trains the pocket model for three short epochs, in float32 on the CPU and with one thread, and prints hashes of what
comes out. A change that is not meant to alter numbers leaves them all as they were on the same machine.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from lora_core.config import LoraConfig, PreviewConfig, RunConfig, TrainingConfig, ValidationConfig
from lora_core.dataset.load import load_style
from lora_core.dataset.style import StyleDataset
from lora_core.model.single_file import load_state_dict
from lora_core.picking.weights import Weights
from lora_core.progress import SilentWatcher
from lora_core.record.checkpoints import checkpoint_path, load_lora
from lora_core.training.trainer import Trainer
from pocket.drawing.facades import draw
from pocket.model import POCKET_MODEL

SIDE = 128
RECIPE = RunConfig(
    lora=LoraConfig(rank=4, dropout=0.1),
    training=TrainingConfig(epochs=3, batch_size=2),
    validation=ValidationConfig(raw_every_epochs=1),
    preview=PreviewConfig(every_epochs=3, steps=4),
)


def main() -> None:
    """Trains in a temporary folder and prints the hashes."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        train(folder)
        run = folder / "run"
        for weights in (Weights.RAW, Weights.AVERAGED):
            lora, _ = load_lora(checkpoint_path(run, RECIPE.training.epochs, weights))
            print(f"{weights} LoRA: {hash_of_tensors(lora)}")
        print(f"validation losses: {hash_of_losses(run / 'history.jsonl')}")
        with Image.open(run / "previews" / f"epoch_{RECIPE.training.epochs:04d}.png") as preview:
            print(f"preview: {hashlib.sha256(np.asarray(preview).tobytes()).hexdigest()}")


def train(folder: Path) -> None:
    """Runs the recipe on six drawn buildings, two of them for validation; the run's folder is `folder`/run."""
    dataset = drawn_style(folder / "pictures", 6, SIDE)
    base = load_state_dict(load_file(POCKET_MODEL), tokens, torch.float32)
    Trainer(RECIPE, dataset, base, folder / "run", folder / "latents", torch.device("cpu"), SilentWatcher()).train()


def drawn_style(folder: Path, count: int, side: int, validation: int = 2) -> StyleDataset:
    """So many drawn buildings, square, in a new folder, some of them for validation."""
    folder.mkdir()
    for number in range(count):
        facade = draw("bauhaus", number, (side, side))
        facade.image.save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(facade.caption, encoding="utf-8")
    return load_style(folder, resolution=side, validation_count=validation)


def tokens(texts: list[str]) -> Tensor:
    """A number for each byte, between CLIP's start and end tokens, so that no tokenizer's files are needed."""
    start, end = 49406, 49407
    rows = [[start, *text.encode("utf-8")[:75]] for text in texts]
    return torch.tensor([row + [end] * (77 - len(row)) for row in rows])


def hash_of_tensors(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of names and bytes, without a file's metadata, which contains dates and versions."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode("utf-8"))
        digest.update(tensors[name].numpy().tobytes())
    return digest.hexdigest()


def hash_of_losses(history: Path) -> str:
    """SHA-256 of the losses that were measured on the validation grid, in their order, raw and averaged."""
    entries: list[dict[str, Any]] = [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()]
    losses = [[entry["kind"], entry["losses"]] for entry in entries if entry["kind"] in ("validation", "averaged")]
    return hashlib.sha256(json.dumps(losses).encode("utf-8")).hexdigest()


if __name__ == "__main__":
    main()
