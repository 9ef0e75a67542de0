"""Pictures of the epochs that the validation loss can't tell apart: same prompts, same noise, another LoRA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image

from ..config import PreviewConfig
from ..dataset.style import StyleDataset
from ..errors import TrainingError
from ..model.base import BaseModel
from ..model.lora import LoraAdapter
from ..picking.weights import Weights
from ..record.checkpoints import checkpoint_path, load_lora
from ..record.run_file import RunFile
from ..record.view import LossCurve, RunView
from ..sheet.grid import spread_epochs
from .preview import draw_preview
from .same_inputs import check_same_inputs


@dataclass(frozen=True)
class Candidate:
    """A checkpoint that may be the one to use."""

    epoch: int
    weights: Weights
    picked: bool
    improvement: float | None
    """Of its smoothed validation loss over no LoRA, as a share; None where it was not validated."""

    @property
    def name(self) -> str:
        """Such as "epoch 84 (picked)"."""
        return f"epoch {self.epoch}{' (picked)' if self.picked else ''}"


def find_candidates(view: RunView) -> list[Candidate]:
    """The pick, and a few of the epochs that can't be told apart from it and whose checkpoint is kept.

    Raises:
        CheckpointError: the run has no checkpoint.
    """
    pick = view.picked()
    averaged = pick.weights is Weights.AVERAGED
    kept = view.averaged_checkpoints if averaged else view.checkpoints
    alike = view.selection.indistinguishable if view.selection else ()
    epochs = spread_epochs(sorted({pick.epoch, *(set(alike) & set(kept))}), pick.epoch)
    improvements = _improvements(view.averaged if averaged else view.validation)
    return [Candidate(each, pick.weights, each == pick.epoch, improvements.get(each)) for each in epochs]


def _improvements(curve: LossCurve | None) -> dict[int, float]:
    losses = dict(zip(curve.epoch, curve.smooth, strict=True)) if curve else {}
    base = losses.get(0)
    return {epoch: 1 - loss / base for epoch, loss in losses.items() if loss is not None and base}


def draw_candidates(
    folder: Path,
    candidates: Sequence[Candidate],
    base: BaseModel,
    dataset: StyleDataset,
    prompts: Sequence[str],
    seed: int,
    device: torch.device,
    told: Callable[[int, int], None],
    check: Callable[[], None],
) -> list[list[Image.Image]]:
    """Draws a picture for each prompt without a LoRA, then with each candidate, as the run draws its previews.

    Args:
        folder: of the run.
        candidates: of it.
        base: the run's base model, to which the LoRA is attached: it must not be used again.
        dataset: the run's, split and captioned as for training.
        prompts: the places of a row.
        seed: of the first place's noise; that of the others counts up.
        device: where to compute.
        told: hears how many pictures are drawn, as (done, total).
        check: called before each step; may raise to cancel.

    Raises:
        RunError: model or pictures are not the run's.
        CheckpointError: a checkpoint is missing or damaged.
        TrainingError: there is no memory for a single picture.
    """
    run = RunFile.read(folder)
    check_same_inputs(run, base, dataset, "The candidates")
    total = (1 + len(candidates)) * len(prompts)
    rows: list[list[Image.Image]] = []
    told(0, total)
    with torch.inference_mode(False), torch.no_grad():
        base.to(device)
        adapter = LoraAdapter(base, run.config.lora, run.config.training.seed)
        adapter.train(False)
        for candidate in (None, *candidates):  # a new LoRA changes nothing
            if candidate is not None:
                path = checkpoint_path(folder, candidate.epoch, candidate.weights)
                adapter.load_state_dict(load_lora(path)[0])
            row = []
            for place, prompt in enumerate(prompts):
                recipe = replace(run.config.preview, prompt=prompt, seed=seed + place)
                row.append(_draw(base, recipe, dataset.resolution, device, check))
                told(len(rows) * len(prompts) + len(row), total)
            rows.append(row)
    return rows


def _draw(
    base: BaseModel, recipe: PreviewConfig, side: int, device: torch.device, check: Callable[[], None]
) -> Image.Image:
    try:
        return draw_preview(base, recipe, side, device, check)
    except MemoryError as error:
        raise TrainingError(
            f"There is no memory for a picture of {side} pixels. Close other programs that use the GPU, and run again."
        ) from error
