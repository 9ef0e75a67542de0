"""What is checked before the first of several runs is trained."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from lora_core.config import LoraConfig, PreviewConfig, RunConfig, StorageConfig, TrainingConfig
from lora_core.dataset.style import StyleDataset
from lora_core.errors import CaptionError, RunError
from lora_core.model.base import BaseModel
from lora_core.model.lora_shapes import lora_shapes
from lora_core.progress import SilentWatcher
from lora_core.training.disk_space import check_disk_space, disk_space
from lora_core.training.preflight import PlannedRun, check_plans, check_runs
from lora_core.training.trainer import Trainer

RECIPE = RunConfig(
    LoraConfig(rank=2), training=TrainingConfig(epochs=1, batch_size=4), preview=PreviewConfig(every_epochs=0)
)


def plan(folder: Path, dataset: StyleDataset, **changes) -> PlannedRun:
    return dataclasses.replace(PlannedRun(folder, RECIPE, dataset), **changes)


def test_captions_of_every_style_are_checked(dataset: StyleDataset, tmp_path: Path) -> None:
    bare = dataset.with_captions({dataset.validation[0].path: ""})
    with pytest.raises(CaptionError, match=dataset.validation[0].path.name):
        check_plans([plan(tmp_path / "a", dataset), plan(tmp_path / "b", bare)])


@pytest.mark.parametrize("names", [("same", "same"), ("Bauhaus", "bauhaus"), ("й", "и\u0306")])
def test_two_styles_in_one_run_are_refused(dataset: StyleDataset, tmp_path: Path, names: tuple[str, str]) -> None:
    other = dataclasses.replace(dataset, name="other")
    with pytest.raises(RunError, match="The styles 'мій стиль' and 'other' would both be trained in the run"):
        check_plans([plan(tmp_path / names[0], dataset), plan(tmp_path / names[1], other)])


def test_a_later_run_that_was_made_differently_is_found_first(
    pristine_model: BaseModel, dataset: StyleDataset, tmp_path: Path
) -> None:
    base, cpu = copy.deepcopy(pristine_model), torch.device("cpu")
    Trainer(RECIPE, dataset, base, tmp_path / "b", tmp_path / "cache", cpu, SilentWatcher()).train()
    plans = [plan(tmp_path / "a", dataset), plan(tmp_path / "b", dataset)]
    check_runs(plans, lambda _: pristine_model)
    recaptioned = dataset.with_captions({dataset.training[0].path: "another caption"})
    with pytest.raises(RunError, match="'b' exists and was made differently: the pictures"):
        check_runs([plans[0], plan(tmp_path / "b", recaptioned)], lambda _: pristine_model)
    assert not (tmp_path / "a").exists()


def test_the_room_is_counted_as_it_is_used(pristine_model: BaseModel, dataset: StyleDataset, tmp_path: Path) -> None:
    """More than is there at the end, as what is replaced is written beside it, and less than twice that."""
    config = dataclasses.replace(
        RECIPE,
        training=TrainingConfig(epochs=6, batch_size=4),
        storage=StorageConfig(checkpoint_budget=4),
        preview=PreviewConfig(every_epochs=2, steps=1),
    )
    space = disk_space(config, dataset, lora_shapes(pristine_model, config.lora))
    base, cpu = copy.deepcopy(pristine_model), torch.device("cpu")
    Trainer(config, dataset, base, tmp_path / "a", tmp_path / "cache", cpu, SilentWatcher()).train()
    used = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    # The tiny LoRA's files are mostly their headers: 400 kB of names beside 200 kB of numbers.
    headers = sum(path.stat().st_size for path in (tmp_path / "a" / "checkpoints").iterdir()) - 4 * space.checkpoint
    assert 0 < used - headers < 2 * space.total


def test_half_the_precision_takes_half_the_room(pristine_model: BaseModel, dataset: StyleDataset) -> None:
    shapes = lora_shapes(pristine_model, RECIPE.lora)
    numbers = sum(torch.Size(shape).numel() for shape in shapes.values())
    half = dataclasses.replace(RECIPE, storage=StorageConfig(dtype="float16"))
    assert disk_space(RECIPE, dataset, shapes).checkpoint == 4 * numbers
    assert disk_space(half, dataset, shapes).checkpoint == 2 * numbers


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 kB, where root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = sys.platform == "linux" and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_that_is_too_small_is_found_first(
    pristine_model: BaseModel, dataset: StyleDataset, small_disk: Path
) -> None:
    plans = [plan(small_disk / "runs" / name, dataset) for name in ("a", "b")]
    with pytest.raises(RunError, match=r"The disk of .*runs has 0\.3 MB free, but training needs .* MB more: 3 LoRA"):
        check_runs(plans, lambda _: pristine_model)
    assert list(small_disk.iterdir()) == []


def test_what_a_run_has_written_is_not_needed_again(
    pristine_model: BaseModel, dataset: StyleDataset, small_disk: Path, tmp_path: Path
) -> None:
    space = disk_space(RECIPE, dataset, lora_shapes(pristine_model, RECIPE.lora))
    run = tmp_path / "run"
    run.mkdir()
    (run / "written").write_bytes(bytes(space.total))
    (small_disk / "run").symlink_to(run, target_is_directory=True)
    check_disk_space({small_disk / "run": space})
