"""What the pack asks of ComfyUI's internals; no other file but comfy_pocket imports `comfy`, none `folder_paths`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import comfy.model_base
import comfy.model_management
import comfy.sd
import folder_paths
import torch
from PIL import Image

from ..lora_core.dataset.folder_scan import find_styles
from ..lora_core.dataset.style_search import named_folder, style_choices
from ..lora_core.errors import BaseModelError, DatasetError, RunError
from ..lora_core.model.base import BaseModel, clip_tokenizer
from ..lora_core.model.single_file import check_family, load_state_dict
from ..lora_core.names import OLD_RUN, check_name, quoted, why_not_text
from ..lora_core.paths import check_run_folder, is_link, run_to_train


def register_folders() -> None:
    """Adds the pack's model folders, and ComfyUI/datasets: cores before 0.29 have none, even if a yaml names others."""
    for kind in ("blip", "depth_anything"):
        folder_paths.add_model_folder_path(kind, str(Path(folder_paths.models_dir, kind)))
    folder_paths.add_model_folder_path("datasets", str(Path(folder_paths.base_path, "datasets")))


# Folders ------------------------------------------------------------------------------------------------------------


def server_places() -> dict[Path, str]:
    """Folders of this machine and what to call them in front of strangers."""
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
    """Where folders of pictures are looked for: ComfyUI's datasets folders, then its input folder."""
    roots = [*folder_paths.get_folder_paths("datasets"), folder_paths.get_input_directory()]
    return [Path(root) for root in roots]


def dataset_choices() -> list[str]:
    """Folders below the roots, two levels deep, that hold a style or several, with / on every system."""
    return style_choices(dataset_roots())


def style_folders(choice: object) -> list[Path]:
    """The folders of single styles that a choice stands for.

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
    if not is_link(folder) and not _is_run(folder):
        raise RunError(f"There is no training run named {quoted(name)}. Train one with LoRATrainer first.")
    check_run_folder(folder)
    return folder


def run_names() -> list[str]:
    """Names of all runs, the one written to last first. Links are no runs."""
    runs = runs_folder()
    found = [runs / name for name in _names_in(runs) if not why_not_text(name)]
    named = [run for run in found if not is_link(run) and _is_run(run)]
    return [run.name for run in sorted(named, key=_written, reverse=True)]


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 (names, not paths)
    except OSError:
        return []


def _is_run(folder: Path) -> bool:
    return os.path.isfile(folder / "run.json")  # noqa: PTH113 (False for a name longer than the system takes)


def _written(run: Path) -> float:
    return max((run / name).lstat().st_mtime for name in ("run.json", "history.jsonl") if os.path.lexists(run / name))


def loras_folder() -> Path:
    """Where ComfyUI's LoraLoader looks first."""
    return Path(folder_paths.get_folder_paths("loras")[0])


# Models -------------------------------------------------------------------------------------------------------------


def load_base_model(model: Any, clip: Any, vae: Any, dtype: torch.dtype) -> BaseModel:
    """Copies what the stock MODEL, CLIP and VAE sockets carry, patches applied, into a model that can be trained.

    Raises:
        BaseModelError: they are not of the SD 1.5 family.
    """
    if getattr(model.model, "model_type", None) != comfy.model_base.ModelType.EPS:
        raise BaseModelError(
            "The base model must be Stable Diffusion 1.5 or a fine-tune of it that predicts noise; this model predicts "
            f"something else ({type(model.model).__name__}). Choose an SD 1.5 checkpoint in the Load Checkpoint node."
        )
    check_family(_state_dict(model, clip, vae))
    # The supported way of stock CheckpointSave: patches are written into the weights, then the weights are read.
    comfy.model_management.load_models_gpu([model, clip.load_model()], force_patch_weights=True)
    with torch.inference_mode(False):
        base = load_state_dict(_state_dict(model, clip, vae), clip_tokenizer(_tokenizer(clip)), dtype)
    free_memory()
    return base


def _state_dict(model: Any, clip: Any, vae: Any) -> dict[str, torch.Tensor]:
    """The weights under the keys of a single-file checkpoint; CLIP and VAE may be empty if the file had none."""
    vae_weights = vae.get_sd() if vae is not None and vae.first_stage_model is not None else None
    if hasattr(model, "state_dict_for_saving"):  # newer cores
        return model.state_dict_for_saving(clip.state_dict_for_saving() if clip else None, vae_weights)
    return model.model.state_dict_for_saving(clip.get_sd() if clip else None, vae_weights)


def _tokenizer(clip: Any) -> Any:
    tokenizer = getattr(getattr(clip.tokenizer, "clip_l", None), "tokenizer", None)
    if tokenizer is None:
        raise BaseModelError(
            "The CLIP input is not SD 1.5's text encoder. Connect the CLIP of the same Load Checkpoint node."
        )
    return tokenizer


def free_memory() -> None:
    """Takes ComfyUI's models off the GPU, so that all of it is there for training."""
    comfy.model_management.unload_all_models()
    comfy.model_management.soft_empty_cache()


def device() -> torch.device:
    """Where ComfyUI computes."""
    return comfy.model_management.get_torch_device()


def best_precision() -> str:
    """The number format that suits the device: bfloat16 where the GPU has it, else float16; float32 on a CPU."""
    place = device()
    if place.type == "cpu":
        return "float32"
    return "bfloat16" if comfy.model_management.should_use_bf16(place) else "float16"


def total_memory() -> int:
    """Bytes of memory of the device."""
    return int(comfy.model_management.get_total_memory(device()))


def raise_if_interrupted() -> None:
    """Raises ComfyUI's own exception after the user pressed Cancel."""
    comfy.model_management.throw_exception_if_processing_interrupted()


def apply_lora(
    model: Any, clip: Any, lora: dict[str, torch.Tensor], model_strength: float, clip_strength: float
) -> tuple[Any, Any]:
    """Patched copies of MODEL and CLIP, either of which may be None, exactly as the stock LoraLoader makes them."""
    wanted = {key: value for key, value in lora.items() if (clip if key.startswith("lora_te_") else model) is not None}
    return comfy.sd.load_lora_for_models(model, clip, wanted, model_strength, clip_strength)


def encode_prompt(clip: Any, text: str) -> Any:
    """CONDITIONING of a prompt, as the stock CLIPTextEncode makes it."""
    return clip.encode_from_tokens_scheduled(clip.tokenize(text))


def apply_controlnet(
    conditioning: tuple[Any, Any],
    control_net: Any,
    image: torch.Tensor,
    strength: float,
    start: float,
    end: float,
    vae: Any,
) -> tuple[Any, Any]:
    """Positive and negative CONDITIONING under a ControlNet, by the stock ControlNetApplyAdvanced itself."""
    from nodes import ControlNetApplyAdvanced

    return ControlNetApplyAdvanced().apply_controlnet(*conditioning, control_net, image, strength, start, end, vae=vae)


# Progress -----------------------------------------------------------------------------------------------------------


def progress_bar() -> Callable[[float, float, Image.Image | None], None]:
    """A function (value, total, picture or None) that moves the running node's own progress bar."""
    from comfy_api.latest import ComfyAPISync

    api = ComfyAPISync()

    def show(value: float, total: float, picture: Image.Image | None = None) -> None:
        api.execution.set_progress(value, total, preview_image=picture)

    return show


def one_by_one(function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """The function of every item, with progress shown and Cancel honoured in between."""
    show = progress_bar()
    results = []
    for item in items:
        raise_if_interrupted()
        results.append(function(item))
        show(len(results), len(items), None)
    return results
