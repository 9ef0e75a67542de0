"""How well ways of choosing a checkpoint choose: python dev.py bench validation_regret --train

Trains the pocket model on drawn buildings, five styles by four seeds, by lora_core's own trainer, for hours. After each
epoch the held-out pictures are also scored the ways of other trainers. Afterwards an oracle scores checkpoints on 64
pictures that nobody has seen. The regret of a way of choosing is the share of the improvement over no LoRA, as far as
the best single (raw) checkpoint reaches it, that its choice gives away; below 0 it is better than that checkpoint.

Each run leaves one JSON file in --results and is not repeated while it stands there. Without --train the report is made
from the runs that are there; --short carries out a run of a few minutes to see that it works.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from devtools.comfyui import find_checkout
from lora_core.adapters import LoraAdapter
from lora_core.base_model import BaseModel
from lora_core.checkpoints import checkpoint_path, load_lora
from lora_core.config import PreviewConfig, RunConfig, StorageConfig, TrainingConfig
from lora_core.dataset import Picture, StyleDataset, load_style
from lora_core.diffusion import sd15_alphas_cumprod
from lora_core.latent_cache import LatentCache
from lora_core.model_files import load_base_model
from lora_core.progress import SilentWatcher
from lora_core.regions import curve
from lora_core.run_view import run_view
from lora_core.selection import select
from lora_core.trainer import Trainer
from lora_core.validation import ValidationGrid
from pocket.facades import STYLES, draw

ROOT = Path(__file__).parents[2]
POCKET = ROOT / "pocket" / "pocket_sd.safetensors"
SIDE = 128
UNSEEN = 64
"""Pictures of the oracle."""
ORACLE_TIMESTEPS = 4
"""Timesteps an unseen picture: 256 points in all, placed and weighted like those of our own grid."""
ORACLE_EVERY = 8
"""Epochs between the checkpoints that the oracle looks at, before it looks closer around the best."""


@dataclass(frozen=True)
class Job:
    """One run of the experiment."""

    style: str
    seed: int
    epochs: int
    results: Path

    @property
    def result(self) -> Path:
        """Where its outcome is written."""
        return self.results / f"{self.style}-{self.seed}.json"


def main() -> None:
    """Trains what is missing, then reports."""
    options = _parser().parse_args()
    with contextlib.ExitStack() as stack:
        results, styles, seeds, epochs = options.results, STYLES, options.seeds, options.epochs
        if options.short:
            results = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            styles, seeds, epochs = STYLES[:1], 1, 4
        jobs = [Job(style, seed, epochs, results) for seed in range(seeds) for style in styles]
        if options.train or options.short:
            results.mkdir(parents=True, exist_ok=True)
            train([job for job in jobs if not job.result.exists()], options.jobs)
        report([json.loads(job.result.read_text(encoding="utf-8")) for job in jobs if job.result.exists()])


def train(jobs: Sequence[Job], at_a_time: int) -> None:
    """Carries the jobs out, each in a process and on a core of its own."""
    with ProcessPoolExecutor(at_a_time, mp_context=get_context("spawn")) as pool:
        for told in pool.map(carry_out, jobs):
            print(told, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", action="store_true", help="carry out the runs that are missing")
    parser.add_argument("--short", action="store_true", help="one run of 4 epochs, not kept: to see that it works")
    parser.add_argument("--seeds", type=int, default=4, help="runs a style, 4 by default")
    parser.add_argument("--epochs", type=int, default=200, help="epochs a run, 200 by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at a time, one core each")
    parser.add_argument("--results", type=Path, default=ROOT / "docs" / "data" / "validation_regret")
    return parser


# One run ------------------------------------------------------------------------------------------------------------


def carry_out(job: Job) -> str:
    """Draws the pictures, trains, asks the oracle, writes the outcome; returns a line for the screen."""
    torch.set_num_threads(1)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        dataset = _dataset(job, folder / "pictures", range(64), validation_count=8)
        unseen = _dataset(job, folder / "unseen", range(64, 64 + UNSEEN), validation_count=1)
        base = _pocket_model()
        rivals = Rivals(dataset)
        config = RunConfig(
            training=TrainingConfig(epochs=job.epochs, seed=job.seed),
            preview=PreviewConfig(every_epochs=0),
            storage=StorageConfig(checkpoint_budget=2 * job.epochs),
        )
        trainer = Trainer(config, dataset, base, folder / "run", folder / "latents", torch.device("cpu"), rivals)
        rivals.trainer = trainer
        trainer.train()
        picks = choices(run_view(folder / "run"), rivals.losses)
        oracle = Oracle(job.epochs, unseen.pictures, folder)
        outcome = {
            "style": job.style,
            "seed": job.seed,
            "epochs": job.epochs,
            "picks": picks,
            "oracle": oracle.judge(picks),
            "rivals": rivals.losses,
            "view": _curves(run_view(folder / "run")),
            "seconds": round(time.monotonic() - started),
        }
        job.result.write_text(json.dumps(outcome), encoding="utf-8")
        shutil.rmtree(folder / "run")
    return f"{job.style} {job.seed}: {outcome['seconds']} s"


def _pocket_model() -> BaseModel:
    return load_base_model(POCKET, str(find_checkout().folder), torch.float32)


def _dataset(job: Job, folder: Path, numbers: Iterable[int], validation_count: int) -> StyleDataset:
    """Pictures of the style, captioned without its name as for the demo; each seed has its own."""
    folder.mkdir()
    for number in numbers:
        facade = draw(job.style, 10_000 * (job.seed + 1) + number, size=(SIDE, SIDE))
        facade.image.save(folder / f"{number:03}.png")
        (folder / f"{number:03}.txt").write_text(facade.caption, encoding="utf-8")
    return load_style(folder, resolution=SIDE, validation_count=validation_count, seed=job.seed)


def _curves(view: dict[str, Any]) -> dict[str, Any]:
    return {key: view[key] for key in ("validation", "averaged", "probe", "selection")}


class EqualGrid(ValidationGrid):
    """The grid of another trainer: chosen timesteps, all with the same weight."""

    @classmethod
    def at(cls, pictures: Sequence[Picture], timesteps: Sequence[int], name: str) -> EqualGrid:
        """Every picture at the same timesteps."""
        ordered = tuple(sorted(pictures, key=lambda picture: picture.content_hash))
        return cls(ordered, torch.tensor([list(timesteps)] * len(ordered)), 0, name)

    @property
    def weights_NK(self) -> Tensor:
        """One everywhere."""
        return torch.ones(self.timesteps_NK.shape, dtype=torch.float64)


class OneNoiseGrid(EqualGrid):
    """With one noise for all pictures, too."""

    def noise(self, index: int, shape: torch.Size) -> Tensor:
        """The noise of the first picture."""
        return super().noise(0, shape)


class Rivals(SilentWatcher):
    """Scores each epoch's raw weights the way other trainers do, and ours on grids of other sizes."""

    def __init__(self, dataset: StyleDataset) -> None:
        pictures = dataset.validation
        self.trainer: Trainer
        self.grids: dict[str, ValidationGrid] = {
            "t = 499, one noise": OneNoiseGrid.at(pictures, [499], "one"),
            "t = 200, 400, 600, 800": EqualGrid.at(pictures, [200, 400, 600, 800], "four"),
            "placed, 8 forwards": ValidationGrid.build(pictures, 1, 0),
            "placed, 32 forwards": ValidationGrid.build(pictures, 4, 0),
        }
        self.losses: dict[str, list[list[float]]] = {name: [] for name in [*self.grids, "averaged, 8 forwards"]}
        """By way: for each epoch from 0 the mean loss of each picture."""

    def epoch_closed(self, epoch: int) -> None:
        """Measures once more."""
        for name, grid in self.grids.items():
            self.losses[name].append(self._by_picture(grid))
        assert self.trainer.average is not None
        with self.trainer.average.applied():
            self.losses["averaged, 8 forwards"].append(self._by_picture(self.grids["placed, 8 forwards"]))

    def _by_picture(self, grid: ValidationGrid) -> list[float]:
        trainer = self.trainer
        losses_NK = grid.losses(
            trainer.base, trainer.cache.load, sd15_alphas_cumprod(), torch.device("cpu"), self.check
        )
        means: list[float] = (grid.weights_NK * losses_NK.double()).mean(dim=1).tolist()
        return means


def choices(view: dict[str, Any], losses: dict[str, list[list[float]]]) -> dict[str, tuple[str, int]]:
    """What each way of choosing picks: the weights and the epoch."""
    picks: dict[str, tuple[str, int]] = {
        "last epoch": ("raw", view["epoch"]),
        "last epoch, averaged": ("averaged", view["epoch"]),
        "LoRA Atelier": (view["selection"]["weights"], view["selection"]["epoch"]),
    }
    for way, rows in losses.items():
        weights = "averaged" if way.startswith("averaged") else "raw"
        means = np.mean(rows, axis=1)
        if way.startswith("t = "):
            picks[f"{way}, lowest value"] = (weights, 1 + int(np.argmin(means[1:])))
        found = curve(range(len(rows)), rows)
        assert found is not None
        picks[f"{way}, smoothed"] = (weights, select(found, view["epochs"]).epoch)
    for weights, key in (("raw", "validation"), ("averaged", "averaged")):
        smooth = [np.inf if value is None else value for value in view[key]["smooth"]]
        picks[f"default grid, {weights} only"] = (weights, view[key]["epoch"][int(np.argmin(smooth))])
    return picks


class Oracle:
    """The loss of checkpoints on unseen pictures."""

    def __init__(self, epochs: int, pictures: Sequence[Picture], folder: Path) -> None:
        self._epochs, self._folder = epochs, folder
        self._grid = ValidationGrid.build(pictures, ORACLE_TIMESTEPS, 1, "oracle")
        base = _pocket_model()
        self._cache = LatentCache(folder / "latents", base.vae, base.fingerprint, torch.device("cpu"))
        self._base = base
        self._adapter = LoraAdapter(base, RunConfig().lora, 0)
        self.known: dict[str, dict[int, float]] = {"raw": {0: self._loss()}, "averaged": {}}

    def judge(self, picks: dict[str, tuple[str, int]]) -> dict[str, Any]:
        """Losses by weights and epoch: of every so many epochs, of those near the best, and of all that were picked."""
        epochs = self._epochs
        for weights in ("raw", "averaged"):
            for epoch in [*range(ORACLE_EVERY, epochs + 1, ORACLE_EVERY), epochs]:
                self._look(weights, epoch)
        for _ in range(2):  # half as far, then half as far again
            best = min((epoch for epoch in self.known["raw"] if epoch), key=self.known["raw"].__getitem__)
            for distance in (ORACLE_EVERY // 2, ORACLE_EVERY // 4):
                for epoch in (best - distance, best + distance):
                    if 1 <= epoch <= epochs:
                        self._look("raw", epoch)
        for weights, epoch in picks.values():
            self._look(weights, epoch)
        return {weights: dict(sorted(losses.items())) for weights, losses in self.known.items()}

    def _look(self, weights: str, epoch: int) -> None:
        if epoch not in self.known[weights]:
            lora, _ = load_lora(checkpoint_path(self._folder / "run", epoch, weights))
            self._adapter.load_state_dict(lora)
            self.known[weights][epoch] = self._loss()

    def _loss(self) -> float:
        losses_NK = self._grid.losses(
            self._base, self._cache.load, sd15_alphas_cumprod(), torch.device("cpu"), lambda: None
        )
        return self._grid.mean(losses_NK)


# Report -------------------------------------------------------------------------------------------------------------


def regrets(outcome: dict[str, Any]) -> dict[str, float]:
    """The regret of each way in one run."""
    losses = {
        weights: {int(epoch): loss for epoch, loss in found.items()} for weights, found in outcome["oracle"].items()
    }
    nothing = losses["raw"][0]
    best = nothing - min(loss for epoch, loss in losses["raw"].items() if epoch)
    return {way: 1 - (nothing - losses[weights][epoch]) / best for way, (weights, epoch) in outcome["picks"].items()}


def report(outcomes: Sequence[dict[str, Any]]) -> None:
    """Prints a table of the ways with mean, standard error, median and worst regret."""
    table: dict[str, list[float]] = {}
    for outcome in outcomes:
        for way, regret in regrets(outcome).items():
            table.setdefault(way, []).append(100 * regret)
    print(f"{len(outcomes)} runs; regret in % of what the best single checkpoint improves\n")
    print("| way of choosing | mean | ± s.e. | median | worst |\n| --- | --- | --- | --- | --- |")
    for way, values in sorted(table.items(), key=lambda item: np.mean(item[1])):
        error = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else float("nan")
        print(f"| {way} | {np.mean(values):.1f} | {error:.1f} | {np.median(values):.1f} | {max(values):.1f} |")


if __name__ == "__main__":
    main()
