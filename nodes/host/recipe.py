"""The recipe of a run as inputs of a node, and back. Defaults, limits and texts are the configuration's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from comfy_api.latest import io

from ...lora_core.config import AUTO, RunConfig, sentences
from ...lora_core.settings import limits_of
from . import device
from .sockets import advanced

_SENTENCES = sentences()


@dataclass(frozen=True)
class Row:
    """One input of the node: which setting of the recipe it is, and what the interface needs beyond that."""

    id: str
    setting: str
    """section.name in RunConfig"""
    most: float | None = None
    """The largest number the interface offers, where the recipe has no limit of its own."""
    least: float | None = None
    """The smallest, where the recipe's limit itself is not allowed."""
    step: float | None = None
    round: float | None = None
    note: str = ""
    """Added to the setting's text."""


_MAIN = (
    Row("epochs", "training.epochs", 100000),
    Row("batch_size", "training.batch_size", 64),
    Row("learning_rate", "optimizer.learning_rate", 1.0, 1e-6, 1e-5, 1e-6),
    Row("rank", "lora.rank", 256),
    Row("alpha", "lora.alpha", 1024.0, 0.01, 0.5, 0.01),
    Row("layers", "lora.layers"),
    Row("train_text_encoder", "lora.train_text_encoder"),
    Row("preview_prompt", "preview.prompt"),
    Row("preview_every", "preview.every_epochs", 1000),
    Row("seed", "training.seed", 2**31 - 1),
)
"""What most users look at."""
_ADVANCED = (
    Row("warmup_steps", "optimizer.warmup_steps", 100000),
    Row("weight_decay", "optimizer.weight_decay", 1.0, step=0.001),
    Row("validation_timesteps", "validation.timesteps_per_picture", 100),
    Row("probe_every", "validation.probe_every_epochs", 1000),
    Row("precision", "training.precision", note="auto: what suits the device."),
    Row("gradient_checkpointing", "training.gradient_checkpointing"),
    Row("gradient_accumulation", "training.gradient_accumulation", 256),
    Row("max_grad_norm", "optimizer.max_grad_norm", 100.0, step=0.1),
    Row("lora_dropout", "lora.dropout", 0.99, step=0.05),
    Row("caption_dropout", "training.caption_dropout", step=0.05),
    Row("min_snr_gamma", "training.min_snr_gamma", 100.0, step=0.5),
    Row("noise_offset", "training.noise_offset", 1.0, step=0.01),
    Row("horizontal_flip", "training.horizontal_flip"),
    Row("average_decay", "training.average_decay", 0.9999, step=0.001, round=0.0001),
    Row("early_stopping_patience", "training.early_stopping_patience", 10000),
    Row("preview_steps", "preview.steps", 100),
    Row("checkpoints_kept", "storage.checkpoint_budget", 10000),
    Row("save_precision", "storage.dtype"),
)
"""What the paper leaves at its default or off; folded away where the front end can."""


def inputs() -> list[io.Input]:
    """All inputs, in the order in which saved workflows hold their values."""
    return [_input(row) for row in _MAIN] + [advanced(_kind(row), row.id, **_options(row)) for row in _ADVANCED]


def recipe(settings: Mapping[str, Any]) -> RunConfig:
    """The node's inputs as a recipe; "auto" is resolved here, by the device.

    Raises:
        ConfigError: a value is of the wrong type or out of its range.
    """
    data = RunConfig.paper().to_json()
    for row in (*_MAIN, *_ADVANCED):
        section, name = row.setting.split(".")
        data[section][name] = _decided(row.id, settings[row.id])
    return RunConfig.from_json(data)


def _decided(name: str, value: Any) -> Any:
    if name == "precision" and value == AUTO:
        return device.best_precision()
    if name == "gradient_checkpointing" and value == AUTO:
        return False  # the trainer turns it on where it counts that memory would not suffice
    return {"on": True, "off": False}.get(value, value) if name == "gradient_checkpointing" else value


def _input(row: Row) -> io.Input:
    return _kind(row)(row.id, **_options(row))


def _kind(row: Row) -> type[io.Input]:
    section, name = _section(row)
    if limits_of(section, name).choices or row.id == "gradient_checkpointing":
        return io.Combo.Input
    kinds = {int: io.Int.Input, float: io.Float.Input, bool: io.Boolean.Input, str: io.String.Input}
    return kinds[get_type_hints(section)[name]]


def _options(row: Row) -> dict[str, Any]:
    """The arguments of an input, except its id."""
    section, name = _section(row)
    limits = limits_of(section, name)
    options: dict[str, Any] = {"tooltip": " ".join(f"{_SENTENCES[row.setting]} {row.note}".split())}
    if row.id == "gradient_checkpointing":
        return {"options": [AUTO, "on", "off"], **options}
    if limits.choices:
        return {"options": [AUTO, *limits.choices] if row.id == "precision" else list(limits.choices), **options}
    options["default"] = getattr(section, name)
    if type(options["default"]) in (int, float):
        least, most = limits.least if row.least is None else row.least, limits.most if row.most is None else row.most
        options |= {"min": type(options["default"])(least), "max": type(options["default"])(most)}
        options |= {key: value for key, value in (("step", row.step), ("round", row.round)) if value is not None}
    if row.id == "seed":
        options["control_after_generate"] = False
    return options


def _section(row: Row) -> tuple[type, str]:
    section, name = row.setting.split(".")
    return get_type_hints(RunConfig)[section], name
