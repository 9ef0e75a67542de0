"""The command line: train, resume, pick, strength, plot and export, on the same run folders as the nodes."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from .cli_options import add_device, add_graphs, add_pick, add_rule, add_sources, add_train, with_flags
from .cli_origin import find_origin
from .config import AUTO, PRECISIONS, RunConfig
from .dataset.load import load_style
from .dataset.report import report
from .dataset.style import StyleDataset
from .errors import AtelierError, ConfigError, RunError
from .library.bundle import write_bundle
from .model.disk import load_base_model
from .paths import check_run_folder, run_to_train
from .picking.strength import fit_strengths
from .record.canvas import save
from .record.checkpoints import checkpoint_path
from .record.export import export_lora
from .record.figure import draw
from .record.reader import read_view
from .record.run_file import Origin, RunFile, read_recipe
from .record.start import StartingLora
from .record.strengths import StrengthEntry
from .record.trigger_words import word_metadata
from .record.view import PickedCheckpoint, RunView
from .requirements import CLIP
from .run_folder import is_run
from .tensors import DTYPES, best_precision
from .terminal import QuietWatcher, TerminalWatcher
from .training.all_pictures import WAYS, plan_on_all
from .training.all_pictures import all_pictures as with_nothing_held_out
from .training.determinism import prepare_cublas
from .training.preflight import PlannedRun, check_plans, check_runs
from .training.strength import known_strengths, measure_strengths
from .training.team import Team, device_of_this_process
from .training.trainer import Trainer

_FIRST_RUN = """The first run, from pictures with .txt captions beside them to a LoRA for any graph:

  python -m lora_core train --data pictures/bauhaus --model v1-5-pruned-emaonly.safetensors --tokenizer ComfyUI
  python -m lora_core plot runs/bauhaus --out curves.png
  python -m lora_core export runs/bauhaus --out bauhaus.safetensors

Ctrl+C saves; `resume runs/bauhaus` continues. `tensorboard --logdir runs` compares runs. `COMMAND --help` says more."""
_EXAMPLES = {
    "train": "--data pictures/bauhaus --model v1-5-pruned-emaonly.safetensors --tokenizer ComfyUI --epochs 100",
    "resume": "runs/bauhaus --epochs 300",
    "all-pictures": "runs/bauhaus --way continue",
    "pick": "runs/bauhaus --rule earliest",
    "strength": "runs/bauhaus --epoch 84",
    "plot": "runs/bauhaus --out curves.svg --dark",
    "export": "runs/bauhaus --epoch 84 --dtype float16 --out bauhaus.safetensors",
}

_RESUME_THERE = "Queue its graph there again to resume it."


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status: 0, 1 after an error with a message, 130 after Ctrl+C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a Cyrillic name must not end a run on an old Windows code page
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        command(options)
    except AtelierError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What was saved is intact; `resume` continues a run from there.", file=sys.stderr)
        return 130
    return 0


def train(options: argparse.Namespace) -> None:
    """Trains a LoRA on a folder of pictures."""
    if options.precision == AUTO:
        options.precision = best_precision(_device(options.device))
    config = with_flags(read_recipe(options.recipe) if options.recipe else RunConfig.paper(), options)
    run_folder = run_to_train(options.runs, options.name or options.data.resolve().name)
    origin = Origin(
        data=str(options.data.resolve()),
        model=str(options.model.resolve()),
        tokenizer=options.tokenizer,
        resolution=options.resolution,
        aspect_buckets=not options.square,
        validation_count=options.validation_count,
        split_seed=options.split_seed,
    )
    start = StartingLora.read(options.from_lora) if options.from_lora else None
    _train(PlannedRun(run_folder, config, _load(origin, options), start), origin, options)


def resume(options: argparse.Namespace) -> None:
    """Resumes a run from its last saved state."""
    folder = _existing(options.run)
    run = RunFile.read(folder)
    origin = find_origin(run, options, _RESUME_THERE)
    dataset = _load(origin, options)
    config = run.config
    if options.epochs is not None:
        config = replace(config, training=replace(config.training, epochs=options.epochs))
    if run.repeats is not None:
        dataset = with_nothing_held_out(dataset)
    _train(PlannedRun(folder, config, dataset, StartingLora.of_run(folder), run.repeats), origin, options)


def all_pictures(options: argparse.Namespace) -> None:
    """Trains to the picked point again, on all pictures, those held out included."""
    picked = _view(options).picked()
    folder = _existing(options.run)
    origin = find_origin(RunFile.read(folder), options, _RESUME_THERE)
    _train(plan_on_all(folder, picked, _load(origin, options), options.way), origin, options)


def pick(options: argparse.Namespace) -> None:
    """Says which epoch of which weights to use, and why."""
    picked = _view(options).picked()
    print(picked.reason)
    print(checkpoint_path(options.run, picked.epoch, picked.weights))


def strength(options: argparse.Namespace) -> None:
    """Measures how strongly to apply the picked LoRA: the validation loss at strengths from 0 to 1.5."""
    picked = _view(options).picked()
    folder = _existing(options.run)
    entry = known_strengths(folder, picked) or _measure_strengths(folder, picked, options)
    curve = fit_strengths(entry.strengths, entry.losses)
    for each, loss in zip(curve.strengths, curve.loss, strict=True):
        print(f"{each:g}\t{loss:.6f}")
    print(curve.reason)


def plot(options: argparse.Namespace) -> None:
    """Draws the curves as a picture."""
    view = read_view(_existing(options.run), rule=options.rule, weights=options.weights)
    save(draw(view, width=options.width, height=options.height, dark=options.dark), options.out)
    print(options.out)


def export(options: argparse.Namespace) -> None:
    """Writes the picked LoRA for use elsewhere, or a .zip with the figure, its numbers and BibTeX."""
    view = _view(options)
    if options.out.suffix.lower() == ".zip":
        write_bundle(options.run, view, options.out)
    else:
        export_lora(options.run, view, options.out, options.dtype, word_metadata(RunFile.read(options.run)))
    print(view.picked().reason)
    print(options.out)


def _measure_strengths(folder: Path, picked: PickedCheckpoint, options: argparse.Namespace) -> StrengthEntry:
    run = RunFile.read(folder)
    origin = find_origin(run, options, "Measure it there, with Strength Curve.")
    pictures = _load(origin, options)
    base = load_base_model(Path(origin.model), origin.tokenizer, DTYPES[run.config.training.precision])
    where = _cache_beside(folder), _device(options.device)
    return measure_strengths(folder, picked, base, pictures, *where, lambda *_: None, lambda: None)


def _train(plan: PlannedRun, origin: Origin, options: argparse.Namespace) -> None:
    config = plan.config
    if config.training.deterministic:
        prepare_cublas()
    device = _device(options.device)
    team = Team.join(device)
    if team.leads:
        print(report(plan.dataset))
    check_plans([plan])
    base = load_base_model(Path(origin.model), origin.tokenizer, DTYPES[config.training.precision])
    check_runs([plan], lambda _: base)
    cache = _cache_beside(plan.folder)
    with TerminalWatcher() if team.leads else QuietWatcher() as watcher:
        Trainer(
            config,
            plan.dataset,
            base,
            plan.folder,
            cache,
            device,
            watcher,
            origin,
            plan.start,
            team,
            options.graphs,
            plan.repeats,
        ).train()
    if not team.leads:
        return
    view = read_view(plan.folder)
    if view.selection is not None or plan.repeats is not None:
        print(view.picked().reason)
    else:
        print(f"Trained; the run is in {plan.folder}.")


def _load(origin: Origin, options: argparse.Namespace) -> StyleDataset:
    CLIP.require()  # this and the device before the pictures are read, which takes a while
    _device(options.device)
    return load_style(
        Path(origin.data),
        resolution=origin.resolution,
        aspect_buckets=origin.aspect_buckets,
        validation_count=origin.validation_count,
        seed=origin.split_seed,
    )


def _cache_beside(run_folder: Path) -> Path:
    """Latents, shared by all runs of a folder."""
    return run_folder.parent.parent / "cache" / "latents"


def _view(options: argparse.Namespace) -> RunView:
    rule = options.rule if options.epoch is None else "epoch"
    return read_view(_existing(options.run), rule=rule, epoch=options.epoch, weights=options.weights)


def _existing(run: Path) -> Path:
    """The folder of a run. A link that the user named is followed; those inside the folder are not."""
    folder = run.resolve()
    check_run_folder(folder)
    if not is_run(folder):
        raise RunError(f"There is no run in {run} (no run.json). Give the folder of a run.")
    return folder


def _device(name: str) -> torch.device:
    if name == "auto":
        own = device_of_this_process()
        if own is not None:
            return own
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"The device {name!r} cannot be used: {error}. Try --device cpu.") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lora_core",
        description="Train a LoRA for Stable Diffusion 1.5 on a folder of pictures and let its validation loss say\n"
        "when to stop. The defaults are the paper's recipe.",
        epilog=_FIRST_RUN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_train(_command(commands, "train", train))
    resuming = _command(commands, "resume", resume)
    resuming.add_argument("run", type=Path, help="folder of the run")
    resuming.add_argument("--epochs", type=int, help="train to this many epochs instead")
    add_sources(resuming, required=False)
    add_device(resuming)
    add_graphs(resuming)
    repeating = _command(commands, "all-pictures", all_pictures)
    add_pick(repeating)
    repeating.add_argument(
        "--way",
        choices=WAYS,
        default="epochs",
        help="what counts as the same point. epochs (the default): each picture is seen as often. steps: as many "
        "steps of the optimiser. continue: a few epochs more from the picked LoRA, the quickest",
    )
    add_sources(repeating, required=False)
    add_device(repeating)
    add_graphs(repeating)
    picking = _command(commands, "pick", pick)
    add_pick(picking)
    measuring = _command(commands, "strength", strength)
    add_pick(measuring)
    add_sources(measuring, required=False)
    add_device(measuring)
    plotting = _command(commands, "plot", plot)
    plotting.add_argument("run", type=Path, help="folder of the run")
    plotting.add_argument("--out", type=Path, default=Path("validation.png"), help="a .png, .svg or .pdf file")
    add_rule(plotting)
    plotting.add_argument("--width", type=int, default=1600, help="width in pixels, 1600 by default")
    plotting.add_argument("--height", type=int, default=900, help="height in pixels, 900 by default")
    plotting.add_argument("--dark", action="store_true", help="light lines on a dark background")
    exporting = _command(commands, "export", export)
    add_pick(exporting)
    exporting.add_argument("--out", type=Path, required=True, help="the .safetensors or .zip file to write")
    exporting.add_argument("--dtype", choices=PRECISIONS, help="number format, by default that of the checkpoint")
    return parser


def _command(commands: Any, name: str, function: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
    about, example = function.__doc__ or "", f"Example: python -m lora_core {name} {_EXAMPLES[name]}"
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about, epilog=example)
    parser.set_defaults(command=function)
    return parser
