"""How well ways of choosing a checkpoint choose: python dev.py bench validation_regret --train

Trains the pocket model on drawn buildings, five styles with four seeds each, with lora_core's own trainer; this takes
hours. After each epoch the held-out pictures are also scored as other trainers score them. Afterwards an oracle scores
checkpoints on 64 pictures that neither training nor validation has seen. The best raw checkpoint improves on no LoRA by
some amount; the regret of a way of choosing is the share of it that its choice loses. Below 0 the choice is better than
that checkpoint.

Other averages of the weights are kept along the way: longer, shorter, and of the products B A in place of the factors.

Each run leaves one JSON file in --results and is not repeated while that file exists. Without --train the report is
made from the runs that are there; --short does one run of a minute, to see that everything works.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
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
from lora_core.config import LoraConfig, PreviewConfig, RunConfig, StorageConfig, TrainingConfig, ValidationConfig
from lora_core.dataset.load import load_style
from lora_core.dataset.style import Picture, StyleDataset
from lora_core.model.base import BaseModel
from lora_core.model.diffusion import sd15_alphas_cumprod
from lora_core.model.disk import load_base_model
from lora_core.model.lora import LoraAdapter
from lora_core.picking.curve import fit_curve
from lora_core.picking.selection import select
from lora_core.picking.weights import Weights
from lora_core.progress import Progress, SilentWatcher
from lora_core.record.checkpoints import checkpoint_path, load_lora, save_lora
from lora_core.record.reader import read_view
from lora_core.training.averaging import WeightAverage, decay_at
from lora_core.training.grid import ValidationGrid
from lora_core.training.latent_cache import LatentCache
from lora_core.training.trainer import Trainer
from pocket.drawing import STYLES
from pocket.drawing.facades import draw
from pocket.model import POCKET_MODEL

from ._grids import EqualGrid, OneNoiseGrid
from ._regret_figures import draw_runs, draw_ways
from ._regret_report import tables

ROOT = Path(__file__).parents[2]
SIDE = 128
ORACLE_TIMESTEPS = 4
"""Timesteps for each unseen picture: 256 points in all, placed and weighted like those of our own grid."""
ORACLE_EVERY = 8
"""Epochs between the raw checkpoints that the oracle scores, before it scores all near the best."""
DECAY = 0.99
"""Of our own average, and of that of the products."""
OTHER_DECAYS = (0.98, 0.995)
LONGER = f"factors, decay {OTHER_DECAYS[-1]}"
"""The one other average that is validated after every epoch, so that picks can be made from it."""
OTHERS_EVERY = 40
"""Epochs between the scores of the other averages."""


@dataclass(frozen=True)
class Job:
    """One run of the experiment."""

    style: str
    seed: int
    epochs: int
    alpha: float
    pictures: int
    """To train on and to validate with, eight of them."""
    unseen: int
    """Pictures of the oracle."""
    results: Path

    @property
    def recipe(self) -> RunConfig:
        """The paper's, except for epochs, alpha and the number of checkpoints kept."""
        return RunConfig(
            lora=LoraConfig(alpha=self.alpha),
            training=TrainingConfig(epochs=self.epochs, seed=self.seed, average_decay=DECAY),
            validation=ValidationConfig(raw_every_epochs=1),
            preview=PreviewConfig(every_epochs=0),
            storage=StorageConfig(checkpoint_budget=2 * self.epochs),
        )

    @property
    def result(self) -> Path:
        """Where its outcome is written."""
        return self.results / f"{self.style}-{self.seed}.json"

    def outcome(self) -> dict[str, Any] | None:
        """What was written there, if anything. Raises SystemExit if that run had another number of epochs or alpha."""
        if not self.result.exists():
            return None
        outcome: dict[str, Any] = json.loads(self.result.read_text(encoding="utf-8"))
        epochs, alpha = outcome["epochs"], outcome["alpha"]
        if (epochs, alpha) != (self.epochs, self.alpha):
            raise SystemExit(
                f"{self.result} has {epochs} epochs and alpha {alpha}: name another folder with --results."
            )
        return outcome


def main() -> None:
    """Trains what is missing, then reports."""
    options = _parser().parse_args()
    with contextlib.ExitStack() as stack:
        results, styles, seeds, epochs = options.results, STYLES, options.seeds, options.epochs
        pictures = unseen = 64
        if options.short:
            results = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            styles, seeds, epochs, pictures, unseen = STYLES[:1], 1, 3, 16, 2
        shape = (epochs, options.alpha, pictures, unseen, results)
        jobs = [Job(style, seed, *shape) for seed in range(seeds) for style in styles]
        if options.train or options.short:
            results.mkdir(parents=True, exist_ok=True)
            train([job for job in jobs if job.outcome() is None], options.jobs)
        outcomes = [outcome for job in jobs if (outcome := job.outcome()) is not None]
        if outcomes:
            print("\n".join(tables(outcomes, min(OTHERS_EVERY, epochs))))
            if options.plots:
                options.plots.mkdir(parents=True, exist_ok=True)
                draw_ways(outcomes, options.plots / "validation_regret.png")
                draw_runs(outcomes, options.plots / "validation_regret_runs.png")


def train(jobs: Sequence[Job], at_a_time: int) -> None:
    """Does the jobs, each in a process of its own on one core."""
    with ProcessPoolExecutor(at_a_time, mp_context=get_context("spawn")) as pool:
        for line in pool.map(carry_out, jobs):
            print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", action="store_true", help="do the runs that are missing")
    parser.add_argument("--short", action="store_true", help="one run of 3 epochs, not kept: to see that it works")
    parser.add_argument("--seeds", type=int, default=4, help="runs a style, 4 by default")
    parser.add_argument("--epochs", type=int, default=200, help="epochs a run, 200 by default")
    parser.add_argument("--alpha", type=float, default=16.0, help="of the LoRA, 16 by default: a scale of 1")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at a time, one core each")
    parser.add_argument(
        "--plots", type=Path, metavar="FOLDER", help="where to draw the regrets and the runs, as PNG files"
    )
    parser.add_argument("--results", type=Path, default=ROOT / "docs" / "data" / "validation_regret")
    return parser


# One run ------------------------------------------------------------------------------------------------------------


def carry_out(job: Job) -> str:
    """Draws the pictures, trains, scores the choices, writes the outcome; returns a line for the screen."""
    torch.set_num_threads(1)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        dataset = _dataset(job, folder / "pictures", range(job.pictures), validation_count=8)
        unseen = _dataset(job, folder / "unseen", range(64, 64 + job.unseen), validation_count=1)
        base = _pocket_model()
        rivals = Rivals(dataset, folder)
        trainer = Trainer(job.recipe, dataset, base, folder / "run", folder / "latents", torch.device("cpu"), rivals)
        rivals.trainer = trainer
        trainer.train()
        view = read_view(folder / "run").to_json()
        picks = choices(view, rivals.losses)
        earliest = read_view(folder / "run", rule="earliest").picked()
        picks["LoRA Atelier, earliest"] = (earliest.weights, earliest.epoch)
        oracle = Oracle(job, unseen.pictures, folder)
        outcome = {
            "style": job.style,
            "seed": job.seed,
            "epochs": job.epochs,
            "alpha": job.alpha,
            "picks": picks,
            "oracle": oracle.judge(picks),
            "rivals": rivals.losses,
            "view": _curves(view),
            "seconds": round(time.monotonic() - started),
        }
        job.result.write_text(json.dumps(outcome), encoding="utf-8")
    return f"{job.style} {job.seed}: {outcome['seconds']} s"


def _pocket_model() -> BaseModel:
    return load_base_model(POCKET_MODEL, str(find_checkout().folder), torch.float32)


def _dataset(job: Job, folder: Path, numbers: Iterable[int], validation_count: int) -> StyleDataset:
    """Pictures of the style, captioned without its name as in the demo; each seed has pictures of its own."""
    folder.mkdir()
    for number in numbers:
        facade = draw(job.style, 10_000 * (job.seed + 1) + number, size=(SIDE, SIDE))
        facade.image.save(folder / f"{number:03}.png")
        (folder / f"{number:03}.txt").write_text(facade.caption, encoding="utf-8")
    return load_style(folder, resolution=SIDE, validation_count=validation_count, seed=job.seed)


def _curves(view: dict[str, Any]) -> dict[str, Any]:
    return {key: view[key] for key in ("validation", "averaged", "probe", "selection")}


class ProductAverage:
    """Averages the products B A, which are what the LoRA adds, and factors the average back to the LoRA's rank."""

    def __init__(self, adapter: LoraAdapter, decay: float) -> None:
        self._adapter = adapter
        self._decay = decay
        self._products = self._now()

    def _now(self) -> list[Tensor]:
        weights = self._adapter.weights
        return [up.flatten(1) @ down.flatten(1) for down, up in weights.matrices(weights.masters.detach())]

    def update(self, step: int) -> None:
        """Takes in the weights after a step."""
        torch._foreach_lerp_(self._products, self._now(), 1 - decay_at(step, self._decay))

    def state_dict(self) -> dict[str, Tensor]:
        """The best approximation of the average at the LoRA's rank (Eckart & Young 1936), under kohya's keys."""
        state = self._adapter.state_dict()
        for name, product in zip(self._adapter.module_names, self._products, strict=True):
            down, up = state[f"{name}.lora_down.weight"], state[f"{name}.lora_up.weight"]
            u, s, vh = torch.linalg.svd(product, full_matrices=False)
            rank = min(len(down), len(s))
            up.flatten(1).zero_()[:, :rank] = u[:, :rank] * s[:rank].sqrt()
            down.flatten(1).zero_()[:rank] = s[:rank].sqrt()[:, None] * vh[:rank]
        return state


class Rivals(SilentWatcher):
    """Scores each epoch's raw weights as other trainers do, and on a smaller grid of ours; keeps other averages."""

    def __init__(self, dataset: StyleDataset, folder: Path) -> None:
        pictures = dataset.validation
        self.trainer: Trainer
        self.grids: dict[str, ValidationGrid] = {
            "t = 499, one noise": OneNoiseGrid.at(pictures, [499], "one"),
            "t = 200, 400, 600, 800": EqualGrid.at(pictures, [200, 400, 600, 800], "four"),
            "placed, 8 forwards": ValidationGrid.build(pictures, 1, 0),
        }
        self._default_grid = ValidationGrid.build(pictures, 2, 0)
        ways = [*self.grids, "averaged, 8 forwards", LONGER]
        self.losses: dict[str, list[list[float]]] = {way: [] for way in ways}
        """By way: for each epoch from 0 the mean loss of each picture."""
        self._folder = folder
        self._averages: dict[str, WeightAverage | ProductAverage] = {}

    def progress(self, progress: Progress) -> None:
        """After a step: updates the other averages."""
        if progress.stage == "training":
            for average in self._averages.values():
                average.update(progress.done)

    def epoch_closed(self, epoch: int) -> None:
        """Takes the other measures of this epoch."""
        if epoch == 0:
            self._averages = other_averages(self.trainer.adapter)
        looked = looked_at(OTHERS_EVERY, self.trainer.config.training.epochs)
        for name, average in self._averages.items():
            if epoch in looked or (epoch and name == LONGER):
                weights = average.state_dict() if isinstance(average, ProductAverage) else average.copied().tensors()
                save_lora(other_path(self._folder, name, epoch), weights, {})
        for name, grid in self.grids.items():
            self.losses[name].append(self._by_picture(grid))
        assert self.trainer.average is not None
        with self.trainer.average.applied():
            self.losses["averaged, 8 forwards"].append(self._by_picture(self.grids["placed, 8 forwards"]))
        longer = self._averages[LONGER]
        assert isinstance(longer, WeightAverage)
        with longer.applied():
            self.losses[LONGER].append(self._by_picture(self._default_grid))

    def _by_picture(self, grid: ValidationGrid) -> list[float]:
        trainer = self.trainer
        losses_NK = grid.losses(
            trainer.base, trainer.cache.load, sd15_alphas_cumprod(), torch.device("cpu"), self.check
        )
        means: list[float] = (grid.weights_NK * losses_NK.double()).mean(dim=1).tolist()
        return means


def looked_at(every: int, epochs: int) -> list[int]:
    """Every `every` epochs, and the last."""
    return sorted({*range(every, epochs + 1, every), epochs})


def other_averages(adapter: LoraAdapter) -> dict[str, WeightAverage | ProductAverage]:
    """By name: averages that we do not use."""
    factors = {f"factors, decay {decay}": WeightAverage(adapter, decay) for decay in OTHER_DECAYS}
    return {**factors, f"products, decay {DECAY}": ProductAverage(adapter, DECAY)}


def other_path(folder: Path, name: str, epoch: int) -> Path:
    """Where another average of an epoch is saved."""
    return folder / "run" / "checkpoints" / f"{name}-{epoch}.safetensors"


def choices(view: dict[str, Any], losses: dict[str, list[list[float]]]) -> dict[str, tuple[str, int]]:
    """What each way of choosing picks: the weights and the epoch."""
    picks: dict[str, tuple[str, int]] = {
        "last epoch": ("raw", view["epoch"]),
        "last epoch, averaged": ("averaged", view["epoch"]),
        "LoRA Atelier": (view["selection"]["weights"], view["selection"]["epoch"]),
    }
    for way, rows in losses.items():
        weights = LONGER if way == LONGER else "averaged" if way.startswith("averaged") else "raw"
        means = np.mean(rows, axis=1)
        if way.startswith("t = "):
            picks[f"{way}, lowest value"] = (weights, 1 + int(np.argmin(means[1:])))
        found = fit_curve(range(len(rows)), rows)
        assert found is not None
        picks[f"{way}, smoothed"] = (weights, select(found, view["epochs"]).epoch)
        if weights != "raw":
            picks[f"{way}, earliest"] = (weights, select(found, view["epochs"], "earliest").epoch)
    for weights, key in (("raw", "validation"), ("averaged", "averaged")):
        smooth = [np.inf if value is None else value for value in view[key]["smooth"]]
        picks[f"default grid, {weights} only"] = (weights, view[key]["epoch"][int(np.argmin(smooth))])
    return picks


class Oracle:
    """The loss of checkpoints on unseen pictures."""

    def __init__(self, job: Job, pictures: Sequence[Picture], folder: Path) -> None:
        self._epochs, self._folder = job.epochs, folder
        self._grid = ValidationGrid.build(pictures, ORACLE_TIMESTEPS, 1, "oracle")
        base = _pocket_model()
        self._cache = LatentCache(folder / "latents", base.vae, base.identity.vae.digest, torch.device("cpu"))
        self._base = base
        self._adapter = LoraAdapter(base, job.recipe.lora, 0)
        self.known: dict[str, dict[int, float]] = {"raw": {0: self._loss()}, "averaged": {}}

    def judge(self, picks: dict[str, tuple[str, int]]) -> dict[str, dict[int, float]]:
        """Losses by weights and epoch: of every 8th epoch, of those near the best, and of all that were picked."""
        for epoch in looked_at(ORACLE_EVERY, self._epochs):
            self._look("raw", epoch)
        best = min((epoch for epoch in self.known["raw"] if epoch), key=self.known["raw"].__getitem__)
        for epoch in range(best - ORACLE_EVERY // 2, best + ORACLE_EVERY // 2 + 1):
            if 1 <= epoch <= self._epochs:
                self._look("raw", epoch)
        for weights, epoch in picks.values():
            self._look(weights, epoch)
        for epoch in looked_at(OTHERS_EVERY, self._epochs):
            for weights in ("raw", "averaged", *other_averages(self._adapter)):
                self._look(weights, epoch)
        return {weights: dict(sorted(losses.items())) for weights, losses in self.known.items()}

    def _look(self, weights: str, epoch: int) -> None:
        known = self.known.setdefault(weights, {})
        if epoch not in known:
            ours = weights in ("raw", "averaged")
            path = (
                checkpoint_path(self._folder / "run", epoch, Weights(weights))
                if ours
                else other_path(self._folder, weights, epoch)
            )
            lora, _ = load_lora(path)
            self._adapter.load_state_dict(lora)
            known[epoch] = self._loss()

    def _loss(self) -> float:
        losses_NK = self._grid.losses(
            self._base, self._cache.load, sd15_alphas_cumprod(), torch.device("cpu"), lambda: None
        )
        return self._grid.mean(losses_NK)


if __name__ == "__main__":
    main()
