"""Where things are in ComfyUI: datasets, models, runs, LoRAs. The only importer of `folder_paths`."""

from __future__ import annotations

import os
from pathlib import Path

import folder_paths

from ...lora_core.dataset.folder_scan import find_styles
from ...lora_core.dataset.style_search import named_folder, style_choices
from ...lora_core.errors import DatasetError, RunError
from ...lora_core.names import OLD_RUN, check_name, quoted, why_not_name, why_not_text
from ...lora_core.paths import check_run_folder, is_link, run_to_train
from ...lora_core.run_folder import is_run, last_written


def register_folders() -> None:
    """Adds the pack's model folders, and ComfyUI/datasets: before 0.29 there is none, even if a yaml names others."""
    for kind in ("blip", "depth_anything"):
        folder_paths.add_model_folder_path(kind, str(Path(folder_paths.models_dir, kind)))
    folder_paths.add_model_folder_path("datasets", str(Path(folder_paths.base_path, "datasets")))


def server_places() -> dict[Path, str]:
    """Folders of this machine and what to call them in texts that strangers may see."""
    base = Path(folder_paths.base_path)
    places = {
        base: "ComfyUI",
        Path(folder_paths.models_dir): "the models folder",
        Path(folder_paths.get_output_directory()): "the output folder",
        Path(folder_paths.get_input_directory()): "the input folder",
        Path(folder_paths.get_temp_directory()): "the folder for temporary files",
        Path(folder_paths.get_user_directory()): "the user folder",
    }
    for kind, (folders, _) in folder_paths.folder_names_and_paths.items():
        places |= {Path(folder): f"the {kind} folder" for folder in folders if Path(folder) not in places}
    inside = {path: path.relative_to(base).as_posix() for path in places if path != base and path.is_relative_to(base)}
    return places | {path: f"ComfyUI/{relative}" for path, relative in inside.items()}


def dataset_roots() -> list[Path]:
    """Where folders of pictures are searched for: ComfyUI's datasets folders, then its input folder."""
    roots = [*folder_paths.get_folder_paths("datasets"), folder_paths.get_input_directory()]
    return [Path(root) for root in roots]


def input_folder() -> Path:
    """Where Load Image finds its pictures."""
    return Path(folder_paths.get_input_directory())


def temporary_folder() -> Path:
    """For files that ComfyUI deletes when it starts."""
    return Path(folder_paths.get_temp_directory())


def dataset_choices() -> list[str]:
    """Folders below the roots, two levels deep, that hold a style or several, with / on every system."""
    return style_choices(dataset_roots())


def style_folders(choice: object) -> list[Path]:
    """The folders of single styles that a choice means.

    Raises:
        DatasetError: the choice leads out of the roots, there is no such folder below them, or none with pictures.
    """
    folder = named_folder(dataset_roots(), choice)
    if folder is None:
        looked = " or ".join(str(root) for root in dataset_roots())
        raise DatasetError(
            f"No folder {quoted(choice)} in {looked}. Put your pictures into a folder there and press R to refresh."
        )
    return find_styles(folder)


def model_choices(kind: str) -> dict[str, Path]:
    """Model folders (those with a config.json) of a kind such as "blip", by name."""
    found = {}
    for root in folder_paths.get_folder_paths(kind):
        for config in sorted(Path(root).glob("*/config.json")):
            found.setdefault(config.parent.name, config.parent)
    return found


def model_download_folder(kind: str, name: str) -> Path:
    """Where a model of this kind and name belongs."""
    return Path(folder_paths.get_folder_paths(kind)[0], name)


def runs_folder() -> Path:
    """The folder of all runs."""
    return Path(folder_paths.get_output_directory(), "lora_atelier", "runs")


def cache_folder() -> Path:
    """Latents shared by all runs; may be deleted at any time."""
    return Path(folder_paths.get_output_directory(), "lora_atelier", "cache", "latents")


def run_folder(name: object) -> Path:
    """The folder of a run by its name, to train in.

    Raises:
        RunError: see `lora_core.paths.run_to_train`.
    """
    return run_to_train(runs_folder(), name)


def existing_run(name: object) -> Path:
    """The folder of a run that must exist.

    Raises:
        RunError: there is none of this name, or it is or holds a link.
    """
    folder = runs_folder() / check_name(name, limit=OLD_RUN)
    if not is_link(folder) and not is_run(folder):
        raise RunError(f"There is no training run named {quoted(name)}. Train one with LoRA Trainer first.")
    check_run_folder(folder)
    return folder


def run_names() -> list[str]:
    """Names of all runs, the most recently written first. Links do not count as runs."""
    runs = runs_folder()
    found = [runs / name for name in _names_in(runs) if not why_not_text(name)]
    named = [run for run in found if not is_link(run) and is_run(run)]
    return [run.name for run in sorted(named, key=last_written, reverse=True)]


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 (names, not paths)
    except OSError:
        return []


def queue_folder() -> Path:
    """The folder of the trainings that wait their turn."""
    return Path(folder_paths.get_output_directory(), "lora_atelier", "queue")


def dials_folder() -> Path:
    """The folder of the dials' calibrations."""
    return Path(folder_paths.get_output_directory(), "lora_atelier", "dials")


def dial_names() -> list[str]:
    """Names of the files in it that may be calibrations. Links are none."""
    found = [name for name in _names_in(dials_folder()) if name.endswith(".json") and not why_not_name(name)]
    return sorted(name for name in found if not is_link(dials_folder() / name))


def loras_folder() -> Path:
    """Where ComfyUI's LoraLoader looks first."""
    return Path(folder_paths.get_folder_paths("loras")[0])
