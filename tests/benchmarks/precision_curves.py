"""Whether bfloat16 learns what float32 does: validation curves of the pocket model, several seeds in each format.

python dev.py bench precision_curves. The seeds change the first weights, the order and the noise of the training; the
held-out pictures and the grid that the loss is measured on are the same in all runs. The validation of a bfloat16 run
is computed in bfloat16 as well, as it is in use.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from lora_core.config import LoraConfig, OptimizerConfig, PreviewConfig, RunConfig, TrainingConfig, ValidationConfig
from lora_core.dataset.load import load_style
from lora_core.dataset.style import StyleDataset
from lora_core.model.single_file import load_state_dict
from lora_core.progress import SilentWatcher
from lora_core.record.entries import Measured
from lora_core.tensors import DTYPES
from lora_core.training.trainer import Trainer
from pocket.drawing.facades import draw
from pocket.model import POCKET_MODEL

from .fixed_run import tokens

SIDE = 128


def main() -> None:
    """Trains all runs and prints their losses of the averaged weights."""
    arguments = _parser().parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        dataset = _pictures(folder / "pictures", arguments.pictures)
        curves = {
            precision: [train(folder, dataset, precision, seed, arguments.epochs) for seed in range(arguments.seeds)]
            for precision in ("float32", "bfloat16")
        }
    spread = np.asarray(curves["float32"])
    low, high, middle = spread.min(axis=0), spread.max(axis=0), spread.mean(axis=0)
    deviation = spread.std(axis=0, ddof=1)
    print(f"{arguments.pictures} pictures, {arguments.epochs} epochs, {arguments.seeds} seeds in each format")
    print("epoch   float32 (lowest, mean, highest)   bfloat16")
    for epoch in range(0, arguments.epochs + 1, max(1, arguments.epochs // 10)):
        others = " ".join(f"{curve[epoch]:.5f}" for curve in curves["bfloat16"])
        print(f"{epoch:5}   {low[epoch]:.5f} {middle[epoch]:.5f} {high[epoch]:.5f}           {others}")
    for seed, curve in enumerate(curves["bfloat16"]):
        errors = np.abs(np.asarray(curve) - middle)[1:] / deviation[1:]
        print(
            f"bfloat16, seed {seed}: in the mean over epochs {errors.mean():.2f} standard deviations of the float32 "
            f"seeds from their mean; its own float32 twin: {_twin(spread, seed, middle, deviation):.2f}"
        )
    if arguments.json:
        print(json.dumps(curves))


def _twin(spread: np.ndarray, seed: int, middle: np.ndarray, deviation: np.ndarray) -> float:
    return float((np.abs(spread[seed] - middle)[1:] / deviation[1:]).mean())


def train(folder: Path, dataset: StyleDataset, precision: str, seed: int, epochs: int) -> list[float]:
    """The validation losses of one run's averaged weights by epoch, from epoch 0 on."""
    recipe = RunConfig(
        LoraConfig(rank=4, alpha=4),
        OptimizerConfig(learning_rate=1e-3, warmup_steps=10),
        TrainingConfig(epochs=epochs, batch_size=4, seed=seed, precision=precision),
        validation=ValidationConfig(raw_every_epochs=epochs, probe_every_epochs=0),
        preview=PreviewConfig(every_epochs=0),
    )
    base = load_state_dict(load_file(POCKET_MODEL), tokens, DTYPES[precision])
    run = folder / f"{precision}_{seed}"
    Trainer(recipe, dataset, base, run, folder / "latents", torch.device("cpu"), SilentWatcher()).train()
    lines = (run / "history.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return [entry["loss"] for entry in entries if entry["kind"] == Measured.AVERAGED.value]


def _pictures(folder: Path, count: int) -> StyleDataset:
    folder.mkdir()
    for number in range(count):
        facade = draw("neoclassical", number, (SIDE, SIDE))
        facade.image.save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(facade.caption, encoding="utf-8")
    return load_style(folder, resolution=SIDE, validation_count=8)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=24, help="eight of which are held out")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print all losses as well")
    return parser


if __name__ == "__main__":
    main()
