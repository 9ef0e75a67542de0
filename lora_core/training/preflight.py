"""Everything that can be known to go wrong is checked before the first of several runs is trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..config import RunConfig
from ..dataset.manifest import Manifest
from ..dataset.style import StyleDataset
from ..errors import CaptionError, RunError
from ..model.base import BaseModel
from ..model.identity import ModelIdentity
from ..model.lora_shapes import lora_shapes
from ..names import as_on_any_disk, shown_name
from ..record.run_file import Fingerprints, Repeated
from ..record.start import StartingLora
from ..record.writer import check_same
from .disk_space import DiskSpace, check_disk_space, disk_space
from .resuming import find_standing


@dataclass(frozen=True)
class PlannedRun:
    """A run that is going to be trained."""

    folder: Path
    config: RunConfig
    dataset: StyleDataset
    start: StartingLora | None = None
    repeats: Repeated | None = None
    networks: ModelIdentity | None = None
    """The base model of the run that it repeats, if that is known: it must be trained on the same."""


def check_plans(plans: Sequence[PlannedRun]) -> None:
    """What needs no model: captions, and that no two runs share a folder.

    Raises:
        CaptionError: a picture has no caption.
        RunError: two styles have one run name.
    """
    for plan in plans:
        check_captions(plan.dataset)
    names: dict[str, PlannedRun] = {}
    for plan in plans:
        other = names.setdefault(as_on_any_disk(plan.folder.name), plan)
        if other is not plan:
            raise RunError(
                f"The styles {other.dataset.name!r} and {plan.dataset.name!r} would both be trained in the run "
                f"{plan.folder.name!r}. Put {{style}} into the run name, or rename one of the folders of pictures."
            )


def check_runs(plans: Sequence[PlannedRun], base_of: Callable[[PlannedRun], BaseModel]) -> None:
    """What needs the base model: the runs that exist already, the LoRA to start from, and room on the disk.

    Args:
        plans: that have passed `check_plans`.
        base_of: the base model of a run, without a LoRA; asked for once per run, in order.

    Raises:
        RunError: an existing run was made differently or cannot be resumed, a run would be repeated on another base
            model, or the disk is too small.
        CheckpointError: the states of an existing run are damaged, or the LoRA to start from doesn't fit.
    """
    needed: dict[Path, DiskSpace] = {}
    for plan in plans:
        base = base_of(plan)
        _check_repeated(plan, base.identity)
        shapes = lora_shapes(base, plan.config.lora)
        if plan.start is not None:
            plan.start.check(shapes, plan.config.lora.alpha)
        if not _is_complete(plan, base.identity):
            needed[plan.folder] = disk_space(plan.config, plan.dataset, shapes)
            # What a step takes of memory depends on the same four: base, shapes, config and dataset.
    check_disk_space(needed)


def check_captions(dataset: StyleDataset) -> None:
    """Raises CaptionError, naming pictures, unless every picture has a caption."""
    bare = [shown_name(picture.path) for picture in dataset.pictures if picture.caption is None]
    if bare:
        more = f" and {len(bare) - 3} more" if len(bare) > 3 else ""
        raise CaptionError(
            f"No caption for {', '.join(bare[:3])}{more} in {dataset.folder}: write {Path(bare[0]).stem}.txt beside "
            f"it, run BLIP Captioner, or give it a trigger word."
        )


def _check_repeated(plan: PlannedRun, base: ModelIdentity) -> None:
    """Raises RunError if a run would be repeated on another base model, such as one that has the run's LoRA in it."""
    others = plan.networks.differences(base) if plan.networks is not None else []
    if plan.repeats is not None and others:
        raise RunError(
            f"The run {plan.repeats.run!r} can't be repeated on all pictures here: the base model is another "
            f"({', '.join(others)}). Use the model that it was trained on, without a LoRA."
        )


def _is_complete(plan: PlannedRun, base: ModelIdentity) -> bool:
    """Whether the run exists and is trained to its end. Raises RunError or CheckpointError if it can't be resumed."""
    start = plan.start.fingerprint if plan.start else ""
    fingerprints = Fingerprints(Manifest.of(plan.dataset).fingerprint, base.digest, base, start)
    exists = check_same(plan.folder, plan.config, fingerprints, plan.repeats) is not None
    return exists and find_standing(plan.folder, plan.config.training).complete
