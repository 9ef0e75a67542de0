"""One run of the experiment: trained on 56 of 64 pictures, picked, trained on all 64, and scored on unseen pictures."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lora_core.dataset.style import StyleDataset
from lora_core.files import atomic_write
from lora_core.picking.weights import Weights
from lora_core.record.checkpoints import checkpoint_path
from lora_core.record.reader import read_view
from lora_core.training.all_pictures import plan_on_all

from .._choosing.carry_out import Clock, Scorer, drawn_style, seed_of, train_planned, train_run, training_pictures
from .._choosing.grids import uniform_grid
from .._choosing.plan import Job
from .plan import FIRST_UNSEEN, PICK, UNSEEN, UNSEEN_TIMESTEPS, WAYS


@dataclass(frozen=True)
class Outcome:
    """What is known of a run when it has ended. All losses are those of averaged weights on unseen pictures."""

    style: str
    seed: int
    epochs: dict[str, int]
    """Trained by PICK on 56 pictures, and by each way on 64."""
    losses: dict[str, float]
    """Of PICK and of each way."""
    nothing: float
    """The loss without a LoRA."""
    seconds: int

    def gain(self, way: str, other: str = PICK) -> float:
        """By how much a way's loss is below another's, in % of what the pick improves on no LoRA."""
        return 100 * (self.losses[other] - self.losses[way]) / (self.nothing - self.losses[PICK])

    def below(self, way: str) -> float:
        """By how much a way's loss is below the pick's, in % of the latter."""
        return 100 * (1 - self.losses[way] / self.losses[PICK])

    def write(self, path: Path) -> None:
        """The whole file or none."""
        atomic_write(path, (json.dumps(asdict(self)) + "\n").encode())

    @classmethod
    def read(cls, path: Path) -> Outcome:
        """A file that `write` left."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def carry_out(job: Job, work: Path, result: Path, comfyui: Path, unseen: int = UNSEEN) -> str:
    """Leaves the outcome in `result`, and deletes the run's folder in `work`; returns a line for the screen.

    Goes on where it was interrupted. `unseen` is the number of pictures that score, fewer only to see that everything
    works.
    """
    folder = work / job.name
    clock = Clock(folder / "seconds.json")
    dataset = training_pictures(job, folder / "pictures")
    others = [(job.style, seed_of(job, FIRST_UNSEEN + number)) for number in range(unseen)]
    grid = uniform_grid(drawn_style(folder / "unseen", others).pictures, UNSEEN_TIMESTEPS, "given_back")
    train_run(job, dataset, folder, comfyui)
    ends = dict(trained_ends(job, dataset, folder, comfyui))
    scorer = Scorer(job, folder, comfyui)
    outcome = Outcome(
        style=job.style,
        seed=job.seed,
        epochs={way: epoch for way, (_, epoch) in ends.items()},
        losses={
            way: scorer.loss(grid, checkpoint_path(run, epoch, Weights.AVERAGED)) for way, (run, epoch) in ends.items()
        },
        nothing=scorer.loss(grid, None),
        seconds=clock.note(),
    )
    outcome.write(result)
    shutil.rmtree(folder)
    return f"{job.name}: {outcome.seconds} s"


def trained_ends(
    job: Job, dataset: StyleDataset, folder: Path, comfyui: Path
) -> Iterator[tuple[str, tuple[Path, int]]]:
    """The pick and each way, with its run and the epoch at which that ends.

    "steps" is a shorter run than "epochs" and otherwise the same, and no step depends on how many come after it: its
    end is a checkpoint of the longer one.
    """
    run = folder / "run"
    picked = read_view(run, "lowest", weights=Weights.AVERAGED.value).picked()
    yield PICK, (run, picked.epoch)
    for way in WAYS:
        plan = plan_on_all(run, picked, dataset, way)
        here = replace(plan, folder=folder / ("epochs" if way == "steps" else way))
        if way != "steps":
            train_planned(here, comfyui)
        yield way, (here.folder, plan.config.training.epochs)
