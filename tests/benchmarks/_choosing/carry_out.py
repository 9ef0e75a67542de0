"""One run of the experiment: drawn, trained, and scored from its checkpoints. Goes on where it was interrupted."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from lora_core.dataset.load import load_style
from lora_core.dataset.style import Picture, StyleDataset
from lora_core.model.base import BaseModel
from lora_core.model.diffusion import sd15_alphas_cumprod
from lora_core.model.disk import load_base_model
from lora_core.model.lora import LoraAdapter
from lora_core.picking.pick import Selection
from lora_core.picking.weights import Weights
from lora_core.progress import SilentWatcher
from lora_core.record.by_picture import losses_by_picture
from lora_core.record.checkpoints import checkpoint_path, load_lora
from lora_core.record.entries import Measured
from lora_core.record.history import History
from lora_core.record.reader import read_view
from lora_core.training.grid import ValidationGrid
from lora_core.training.latent_cache import LatentCache
from lora_core.training.preflight import PlannedRun
from lora_core.training.trainer import Trainer
from pocket.drawing.facades import draw
from pocket.model import POCKET_MODEL
from pocket.pretraining.classifier import Classifier

from .features import distance, generate, read_pixels, sample
from .grids import rival_grid, uniform_grid
from .measured import ByEpoch, ByPicture, Outcome, Stated
from .plan import (
    GENERATED,
    LOOKS,
    OTHERS_EVERY,
    PICTURE_LOOKS,
    SIDE,
    UNSEEN,
    UNSEEN_TIMESTEPS,
    Job,
    Measures,
    looks,
    others_measured,
)

CPU = torch.device("cpu")
FIRST_UNSEEN = {"selecting": 1000, "scoring": 2000}
"""The number of the first picture of either half, above those of all training pictures."""


def carry_out(
    job: Job,
    measures: Measures,
    work: Path,
    result: Path,
    comfyui: Path,
    eye: Classifier | None = None,
    unseen: int = UNSEEN,
) -> str:
    """Leaves the outcome in `result`, and deletes the run's folder in `work`; returns a line for the screen.

    Args:
        eye: compares generated pictures; needed if there shall be any.
        unseen: pictures that select, and as many that score; fewer only to see that everything works.
    """
    folder = work / job.name
    clock = Clock(folder / "seconds.json")
    dataset = training_pictures(job, folder / "pictures")
    halves = {
        half: drawn_style(folder / half, [(job.style, seed_of(job, first + number)) for number in range(unseen)])
        for half, first in FIRST_UNSEEN.items()
    }
    train_run(job, dataset, folder, comfyui)
    clock.note()
    scorer = Scorer(job, folder, comfyui)
    outcome = _outcome(job, measures, dataset, halves, scorer, eye, folder, clock)
    outcome.write(result)
    shutil.rmtree(folder)
    return f"{job.name}: {outcome.seconds} s"


def train_run(job: Job, dataset: StyleDataset, folder: Path, comfyui: Path) -> None:
    """Trains in `folder`/run, or goes on with it."""
    recipe = replace(job.condition.recipe, training=replace(job.condition.recipe.training, seed=job.seed))
    train_planned(PlannedRun(folder / "run", recipe, dataset), comfyui)


def train_planned(plan: PlannedRun, comfyui: Path) -> None:
    """Trains the pocket model, or goes on; runs beside each other share their latents."""
    base = load_base_model(POCKET_MODEL, str(comfyui), torch.float32)
    latents, start, repeats = plan.folder.parent / "latents", plan.start, plan.repeats
    trainer = Trainer(
        plan.config, plan.dataset, base, plan.folder, latents, CPU, SilentWatcher(), start=start, repeats=repeats
    )
    trainer.train()


def _outcome(
    job: Job,
    measures: Measures,
    dataset: StyleDataset,
    halves: dict[str, StyleDataset],
    scorer: Scorer,
    eye: Classifier | None,
    folder: Path,
    clock: Clock,
) -> Outcome:
    views = {rule: read_view(folder / "run", rule) for rule in measures.rules}
    picked = {rule: (view.picked().weights.value, view.picked().epoch) for rule, view in views.items()}
    history = History.read(folder / "run" / "history.jsonl")
    grids = {rival: rival_grid(dataset.validation, rival) for rival in {*measures.rivals, *measures.raw_rivals}}
    averaged = scorer.curves({rival: grids[rival] for rival in measures.rivals}, Weights.AVERAGED)
    for timesteps, every in measures.placed.items():
        placed = {f"placed {timesteps}": ValidationGrid.build(dataset.validation, timesteps, 0)}
        averaged |= scorer.curves(placed, Weights.AVERAGED, every)
    averaged[measures.own] = losses_by_picture(history, Measured.AVERAGED)
    raw = scorer.curves({rival: grids[rival] for rival in measures.raw_rivals}, Weights.RAW)
    pairs = {(Weights(weights), epoch) for weights, epoch in picked.values()}
    pairs |= {(weights, epoch) for weights, count in LOOKS.items() for epoch in looks(job.condition.epochs, count)}
    scored = {half: scorer.unseen(style, half, pairs) for half, style in halves.items()}
    default = measures.rules[0]
    shown = [*looks(job.condition.epochs, PICTURE_LOOKS), picked[default][1]]
    return Outcome(
        condition=job.condition.name,
        style=job.style,
        seed=job.seed,
        epochs=job.condition.epochs,
        steps_per_epoch=job.condition.recipe.training.steps_per_epoch(len(dataset.training)),
        held_out=len(dataset.validation),
        picked=picked,
        stated=_stated(views[default].selection),
        probe=losses_by_picture(history, Measured.PROBE),
        losses=averaged,
        raw_losses=raw,
        selecting=scored["selecting"],
        scoring=scored["scoring"],
        pictures=scorer.pictures(halves["scoring"], eye, shown) if measures.pictures and eye else {},
        seconds=clock.note(),
    )


def _stated(selection: Selection | None) -> Stated | None:
    if selection is None or selection.region_g is None:
        return None
    close = selection.indistinguishable
    improved, error = selection.improvement, selection.standard_error
    return Stated(
        selection.region_g,
        (min(close), max(close)),
        float("nan") if improved is None else improved,
        float("nan") if error is None else error,
    )


class Scorer:
    """Scores the checkpoints of a run."""

    def __init__(self, job: Job, folder: Path, comfyui: Path) -> None:
        self._run, self._job = folder / "run", job
        self._base: BaseModel = load_base_model(POCKET_MODEL, str(comfyui), torch.float32)
        self._cache = LatentCache(folder / "latents", self._base.vae, self._base.identity.vae.digest, CPU)
        self._adapter = LoraAdapter(self._base, job.condition.recipe.lora, 0)
        self._adapter.train(False)
        self._nothing = {key: value.clone() for key, value in self._adapter.state_dict().items()}

    def curves(
        self, grids: dict[str, ValidationGrid], weights: Weights, every: int = OTHERS_EVERY
    ) -> dict[str, ByPicture]:
        """By grid the losses of its pictures, at the epochs of the plan."""
        found: dict[str, ByPicture] = {name: {} for name in grids}
        for epoch in others_measured(self._job.condition.epochs, every) if grids else ():
            self._put(weights, epoch)
            for name, grid in grids.items():
                means: list[float] = (grid.weights_NK * self._losses(grid).double()).mean(dim=1).tolist()
                found[name][epoch] = means
        return found

    def unseen(self, style: StyleDataset, half: str, pairs: Iterable[tuple[Weights, int]]) -> dict[str, ByEpoch]:
        """By weights: the loss on uniform timesteps of unseen pictures by epoch; 0 is no LoRA, for both weights."""
        grid = uniform_grid(style.pictures, UNSEEN_TIMESTEPS, half)
        self._put(Weights.RAW, 0)
        nothing = grid.mean(self._losses(grid))
        found: dict[str, ByEpoch] = {weights.value: {0: nothing} for weights in Weights}
        for weights, epoch in sorted(pairs):
            self._put(weights, epoch)
            found[weights.value][epoch] = grid.mean(self._losses(grid))
        return {weights: dict(sorted(losses.items())) for weights, losses in found.items()}

    def loss(self, grid: ValidationGrid, lora: Path | None) -> float:
        """Of a LoRA file of this shape, from whichever run; None is no LoRA."""
        self._adapter.load_state_dict(self._nothing if lora is None else load_lora(lora)[0])
        return grid.mean(self._losses(grid))

    def pictures(self, style: StyleDataset, eye: Classifier, epochs: Sequence[int]) -> ByEpoch:
        """The distance of generated pictures from these, whose captions they have; of averaged weights."""
        wanted = read_pixels([picture.path for picture in style.pictures])
        captions = [picture.caption or "" for picture in style.pictures[:GENERATED]]
        found = {}
        for epoch in sorted({0, *epochs}):
            self._put(Weights.AVERAGED, epoch)
            found[epoch] = distance(eye, generate(self._base, captions, self._job.seed), wanted)
        return found

    def sampled(self, weights: Weights, epoch: int, captions: list[str]) -> torch.Tensor:
        """The latents of a picture for each caption, flattened."""
        self._put(weights, epoch)
        return sample(self._base, captions, self._job.seed).flatten(1)

    def latents(self, pictures: Sequence[Picture]) -> torch.Tensor:
        """Those of drawn pictures, flattened."""
        self._cache.fill(pictures, False, lambda *_: None)
        return torch.stack([self._cache.load(picture).flatten() for picture in pictures])

    def _put(self, weights: Weights, epoch: int) -> None:
        lora = load_lora(checkpoint_path(self._run, epoch, weights))[0] if epoch else self._nothing
        self._adapter.load_state_dict(lora)

    def _losses(self, grid: ValidationGrid) -> torch.Tensor:
        return grid.losses(self._base, self._cache.load, sd15_alphas_cumprod(), CPU, lambda: None)


class Clock:
    """The seconds that a run has taken, over all calls that worked on it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._begun = path, time.monotonic()
        self._before: float = json.loads(path.read_text(encoding="utf-8")) if path.exists() else 0.0

    def note(self) -> int:
        """Writes it down; in whole seconds."""
        seconds = self._before + time.monotonic() - self._begun
        self._path.write_text(json.dumps(seconds), encoding="utf-8")
        return round(seconds)


def training_pictures(job: Job, folder: Path) -> StyleDataset:
    """Those to train on and those held out; the ones of another style may be on either side, as in real life."""
    condition = job.condition
    own = condition.training + condition.validation - condition.foreign
    pictures = [(job.style, seed_of(job, number)) for number in range(own)]
    pictures += [(job.foreign_style, seed_of(job, own + number)) for number in range(condition.foreign)]
    return drawn_style(folder, pictures, condition.validation, job.seed)


def drawn_style(
    folder: Path, pictures: Sequence[tuple[str, int]], validation_count: int = 1, seed: int = 0
) -> StyleDataset:
    """Pictures by style and seed, captioned without the style's name; drawn unless a call before has drawn all."""
    if not folder.exists():
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for number, each in enumerate(pictures):
            _draw(partial, number, *each)
        partial.rename(folder)
    return load_style(folder, resolution=SIDE, validation_count=validation_count, seed=seed)


def _draw(folder: Path, number: int, style: str, seed: int) -> None:
    facade = draw(style, seed, size=(SIDE, SIDE))
    facade.image.save(folder / f"{number:03}.png")
    (folder / f"{number:03}.txt").write_text(facade.caption, encoding="utf-8")


def seed_of(job: Job, number: int) -> int:
    """Of a drawing: each run has pictures of its own."""
    return 10_000 * (job.seed + 1) + number
