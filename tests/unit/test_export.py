"""Exporting overwrites nothing that could not be exported again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import safetensors.torch
import torch

from lora_core.errors import CheckpointError
from lora_core.picking.weights import Weights
from lora_core.record.checkpoints import checkpoint_path, load_lora, save_lora
from lora_core.record.export import PICK_KEY, export_lora
from lora_core.record.view import PickedCheckpoint, RunView, TrainCurve, ValidationCurve

NOTHING = ValidationCurve([], [], [], [])
VIEW = RunView(
    run="a",
    status="finished",
    epoch=1,
    epochs=1,
    step=1,
    steps=1,
    train=TrainCurve([], [], [], [], []),
    validation=NOTHING,
    averaged=None,
    probe=None,
    selection=None,
    pick=PickedCheckpoint(1, Weights.RAW, "chosen by hand"),
    checkpoints=[1],
    averaged_checkpoints=[],
    previews=[],
    notes=[],
)


def run_with_a_checkpoint(folder: Path, value: float, born: str) -> Path:
    metadata = {"modelspec.title": folder.name, "modelspec.date": born}
    save_lora(checkpoint_path(folder, 1), {"lora_unet_x.lora_up.weight": torch.full((2, 2), value)}, metadata)
    return folder


def value_of(path: Path) -> float:
    return float(load_lora(path)[0]["lora_unet_x.lora_up.weight"][0, 0])


def test_a_lora_of_the_same_run_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "loras" / "style.safetensors"
    run = run_with_a_checkpoint(tmp_path / "run", 1.0, "2026")
    export_lora(run, VIEW, target)
    run_with_a_checkpoint(run, 2.0, "2026")
    export_lora(run, VIEW, target)
    assert value_of(target) == 2.0
    assert [path.name for path in target.parent.iterdir()] == ["style.safetensors"]


def test_a_lora_of_another_run_is_kept_beside(tmp_path: Path) -> None:
    target = tmp_path / "loras" / "style.safetensors"
    for number in (1, 2, 3):
        run = run_with_a_checkpoint(tmp_path / f"{number}" / "run", float(number), f"born in {number}")
        export_lora(run, VIEW, target)
    assert value_of(target) == 3.0
    assert value_of(target.with_name("style (before 1).safetensors")) == 1.0
    assert value_of(target.with_name("style (before 2).safetensors")) == 2.0
    assert len(list(target.parent.iterdir())) == 3


@pytest.mark.parametrize("content", [b"", b"not a LoRA", safetensors.torch.save({"x": torch.ones(1)})])
def test_a_file_of_another_program_stays(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "style.safetensors"
    target.write_bytes(content)
    run = run_with_a_checkpoint(tmp_path / "run", 1.0, "2026")
    with pytest.raises(CheckpointError, match="was not written by LoRA Atelier"):
        export_lora(run, VIEW, target)
    assert target.read_bytes() == content


def test_an_exported_file_says_that_it_is_ours(tmp_path: Path) -> None:
    export_lora(run_with_a_checkpoint(tmp_path / "run", 1.0, "2026"), VIEW, tmp_path / "a.safetensors")
    assert PICK_KEY in load_lora(tmp_path / "a.safetensors")[1]


def test_a_file_that_holds_it_already_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "style.safetensors"
    run = run_with_a_checkpoint(tmp_path / "run", 1.0, "2026")
    export_lora(run, VIEW, target)
    os.utime(target, (1, 1))
    export_lora(run, VIEW, target)
    assert target.stat().st_mtime == 1
    export_lora(run, VIEW, target, "float16")
    assert target.stat().st_mtime != 1
    assert load_lora(target)[0]["lora_unet_x.lora_up.weight"].dtype == torch.float16
