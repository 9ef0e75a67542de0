"""The options of the command line's commands, most of them made from the settings of a recipe."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from .config import AUTO, RunConfig, sentences
from .dataset.load import RESOLUTION, VALIDATION_COUNT
from .picking.selection import RULES
from .picking.weights import CHOICES
from .settings import Limits, limits_of


def _settings() -> Iterator[tuple[str, str, Any, Any, Limits]]:
    """Section, name, type, default and limits of each setting of a recipe."""
    for section in fields(RunConfig):
        kind = get_type_hints(RunConfig)[section.name]
        for setting in fields(kind):
            hint, limits = get_type_hints(kind)[setting.name], limits_of(kind, setting.name)
            yield section.name, setting.name, hint, setting.default, limits


def _flag(section: str, name: str) -> str:
    """The flag of a setting. In the minor sections its name includes the section's, so that each flag is unique."""
    return f"{section}-{name}" if section in ("validation", "preview", "storage") else name


def with_flags(config: RunConfig, options: argparse.Namespace) -> RunConfig:
    """A recipe with the settings that were given as flags."""
    data = config.to_json()
    for section, name, *_ in _settings():
        value = getattr(options, _flag(section, name).replace("-", "_"))
        if value is not None:
            data[section][name] = value
    return RunConfig.from_json(data)


def add_train(parser: argparse.ArgumentParser) -> None:
    """The options of `train`."""
    add_sources(parser, required=True)
    add_device(parser)
    add_graphs(parser)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the runs, ./runs by default")
    parser.add_argument("--name", help="name of the run; by default that of the data folder")
    parser.add_argument("--from-lora", type=Path, help="start from this LoRA, such as a checkpoint of another run")
    parser.add_argument("--recipe", type=Path, help="a run.json whose recipe is used; the flags below change it")
    parser.add_argument(
        "--resolution", type=int, default=RESOLUTION, help="short side in pixels, %(default)d by default"
    )
    parser.add_argument("--square", action="store_true", help="crop all pictures to squares")
    parser.add_argument(
        "--validation-count", type=int, default=VALIDATION_COUNT, help="pictures held out, %(default)d by default"
    )
    parser.add_argument("--split-seed", type=int, default=0, help="another seed holds out other pictures")
    recipe = parser.add_argument_group("recipe", "the settings of run.json; by default those of the paper")
    about = sentences()
    for section, name, kind, default, limits in _settings():
        flag = "--" + _flag(section, name).replace("_", "-")
        help_text = f"{about[f'{section}.{name}']} By default {default!r}.".replace("%", "%%")
        if kind is bool:
            recipe.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=help_text)
        else:
            help_text += " auto: what suits the device." if name == "precision" else ""
            choices = (AUTO, *limits.choices) if name == "precision" else limits.choices or None
            recipe.add_argument(flag, type=kind, choices=choices, default=None, help=help_text)


def add_sources(parser: argparse.ArgumentParser, required: bool) -> None:
    """Pictures and base model. Where they are not required, they are by default where the run found them before."""
    found = parser.add_argument_group("sources", None if required else "by default those that run.json names")
    found.add_argument("--data", type=Path, required=required, help="folder of pictures with .txt captions beside them")
    found.add_argument(
        "--model", type=Path, required=required, help="SD 1.5: a .safetensors file or a diffusers folder"
    )
    found.add_argument("--tokenizer", help="folder with CLIP's tokenizer, or a ComfyUI checkout; for a single file")


def add_graphs(parser: argparse.ArgumentParser) -> None:
    """Whether steps are replayed."""
    parser.add_argument(
        "--no-graphs",
        dest="graphs",
        action="store_false",
        help="do not replay steps as CUDA graphs, which NVIDIA GPUs do where memory allows and the results agree",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """What computes."""
    parser.add_argument("--device", default="auto", help="auto (the default), cpu, cuda, cuda:1, mps")


def add_pick(parser: argparse.ArgumentParser) -> None:
    """A run and which of its checkpoints is meant."""
    parser.add_argument("run", type=Path, help="folder of the run")
    add_rule(parser)
    parser.add_argument("--epoch", type=int, help="this epoch instead")


def add_rule(parser: argparse.ArgumentParser) -> None:
    """How a checkpoint is picked."""
    parser.add_argument(
        "--rule", choices=RULES[:2], default="lowest", help="how the epoch is picked, lowest by default"
    )
    parser.add_argument(
        "--weights",
        choices=CHOICES,
        default="best",
        help="which checkpoints; best (the default): those that validate lower",
    )
