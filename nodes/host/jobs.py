"""What LoRATrainer is asked to train, all styles at once, as ComfyUI would have called it once for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...lora_core.model.base import BaseModel
from ...lora_core.record.start import StartingLora
from ...lora_core.tensors import DTYPES
from ...lora_core.training.preflight import PlannedRun
from . import folders, models
from .recipe import recipe


@dataclass(frozen=True)
class Sockets:
    """What a base model is made of."""

    model: Any
    clip: Any
    vae: Any


@dataclass(frozen=True)
class Job:
    """One run and the base model that it is to be trained on."""

    plan: PlannedRun
    sockets: Sockets


def one_by_one(inputs: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Lists of inputs as one set of inputs per run; the last value of a shorter list is repeated, as ComfyUI does."""
    count = max(len(values) for values in inputs.values())
    return [
        {name: values[min(index, len(values) - 1)] for name, values in inputs.items() if values}
        for index in range(count)
    ]


def job(inputs: Mapping[str, Any]) -> Job:
    """A run as its inputs describe it.

    Raises:
        ConfigError: a setting is out of its range.
        RunError: the run's name can't be a folder's, or its folder is not one to train in.
    """
    dataset, start = inputs["dataset"], inputs.get("start_from")
    plan = PlannedRun(
        folders.run_folder(inputs["run_name"].replace("{style}", dataset.name).strip()),
        recipe(inputs),
        dataset,
        StartingLora.of(start) if start is not None else None,
    )
    return Job(plan, Sockets(inputs["model"], inputs.get("clip"), inputs.get("vae")))


class BaseModels:
    """Loads base models. One that was only looked at is kept for the run that is trained on it next."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._sockets = {job.plan.folder: job.sockets for job in jobs}
        self._kept: list[tuple[Sockets, str, BaseModel]] = []

    def look(self, plan: PlannedRun) -> BaseModel:
        """The base model of a run, which must not be changed."""
        sockets, precision = self._sockets[plan.folder], plan.config.training.precision
        if not any(_same(sockets, kept) and precision == of for kept, of, _ in self._kept):
            self._kept.clear()  # before another is loaded
            base = models.load_base_model(sockets.model, sockets.clip, sockets.vae, DTYPES[precision])
            self._kept.append((sockets, precision, base))
        return self._kept[0][2]

    def take(self, plan: PlannedRun) -> BaseModel:
        """The base model of a run, to train on: whoever asks next gets another."""
        self.look(plan)
        return self._kept.pop()[2]


def _same(one: Sockets, other: Sockets) -> bool:
    return all(mine is theirs for mine, theirs in zip(vars(one).values(), vars(other).values(), strict=True))
