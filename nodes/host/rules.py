"""Which checkpoint of a run a node takes: the inputs that say so, and the run's view with that pick."""

from __future__ import annotations

from pathlib import Path

from comfy_api.latest import io

from ...lora_core.errors import ConfigError
from ...lora_core.picking.weights import CHOICES
from ...lora_core.record.reader import read_view
from ...lora_core.record.view import RunView
from .inputs import check_choice
from .sockets import LoraDataset, TrainingRunSocket

RULES = {
    "lowest in G": "lowest",
    "earliest within one standard error": "earliest",
    "chosen epoch": "epoch",
}
"""By the words of the interface."""


def rule_inputs(how_chosen: str) -> list[io.Input]:
    """rule, epoch and weights; `how_chosen` is said of the epoch."""
    return [
        io.Combo.Input(
            "rule",
            options=list(RULES),
            tooltip="lowest in G: the lowest validation loss before overfitting. earliest within one "
            "standard error: the first epoch that cannot be told apart from it, less trained and more "
            "flexible. chosen epoch: yours.",
        ),
        io.Int.Input(
            "epoch",
            default=0,
            min=0,
            max=100000,
            tooltip=f"Used by the rule 'chosen epoch'; {how_chosen}",
        ),
        io.Combo.Input(
            "weights",
            options=list(CHOICES),
            tooltip="best: whichever validates lower. averaged: the moving average of the LoRA's weights over "
            "the steps, steadier and overfitting later. raw: the weights of that epoch alone, the paper's way.",
        ),
    ]


def inputs_to_use_again(run_tooltip: str) -> list[io.Input]:
    """The base model and the pictures that a run was trained with, the run, and which of its checkpoints."""
    return [
        io.Model.Input("model", tooltip="The model that the run was trained on, without a LoRA."),
        io.Clip.Input("clip", tooltip="The CLIP of the same checkpoint."),
        io.Vae.Input("vae", tooltip="The VAE of the same checkpoint."),
        LoraDataset.Input("dataset", tooltip="The pictures that the run was trained with, captions included."),
        TrainingRunSocket.Input("run", tooltip=run_tooltip),
        *rule_inputs("the other rules find theirs."),
    ]


def picked_view(folder: Path, rule: str, epoch: int, weights: str) -> RunView:
    """The view of a run that picks as these inputs say.

    Raises:
        ConfigError: rule or weights is none of the choices.
        RunError, CheckpointError: see `read_view`.
    """
    check_rule(rule, weights)
    return read_view(folder, RULES[rule], epoch if RULES[rule] == "epoch" else None, weights)


def accepts_rule(rule: object, weights: object) -> bool | str:
    """The answer of a node's validate_inputs: True, or why ComfyUI must not run the graph."""
    try:
        check_rule(rule, weights)
    except ConfigError as error:
        return str(error)
    return True


def check_rule(rule: object, weights: object) -> None:
    """Raises ConfigError unless both are choices. None means that the value comes from another node."""
    for name, value, choices in (("rule", rule, list(RULES)), ("weights", weights, CHOICES)):
        if value is not None:
            check_choice(name, value, choices)
