"""How two runs differ in what they were made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..config import RunConfig
from ..record.run_file import RunFile

Value = str | float | int | bool


@dataclass(frozen=True)
class RecipeDifference:
    """Something that is not the same in two runs."""

    setting: str
    """"section.setting" of the recipe, or "dataset.pictures", "base_model", "versions.torch" and the like."""
    one: Value
    other: Value


def recipe_differences(one: RunFile, other: RunFile) -> list[RecipeDifference]:
    """What differs between two runs: recipe, pictures, base model, and the versions that computed them."""
    return _differences(dict(_facts(one)), dict(_facts(other)))


def from_the_paper(run: RunFile) -> list[RecipeDifference]:
    """The settings of a run that are not those of the paper's recipe, which come first."""
    return _differences(dict(_settings(RunConfig.paper())), dict(_settings(run.config)))


def _differences(one: dict[str, Value], other: dict[str, Value]) -> list[RecipeDifference]:
    names = [*one, *(name for name in other if name not in one)]
    return [
        RecipeDifference(name, one.get(name, ""), other.get(name, ""))
        for name in names
        if one.get(name, "") != other.get(name, "")
    ]


def _facts(run: RunFile) -> Iterator[tuple[str, Value]]:
    pictures, of = run.dataset, run.fingerprints
    yield "dataset.name", pictures.name
    yield "dataset.training", pictures.count("training")
    yield "dataset.validation", pictures.count("validation")
    yield "dataset.resolution", pictures.resolution
    yield "dataset.pictures", of.dataset[:8]
    yield "base_model", of.base_model[:8]
    yield "start", of.start[:8]
    yield from _settings(run.config)
    for library, version in run.versions.items():
        yield f"versions.{library}", version


def _settings(config: RunConfig) -> Iterator[tuple[str, Value]]:
    for section, values in config.to_json().items():
        for name, value in values.items():
            yield f"{section}.{name}", value
