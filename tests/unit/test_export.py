"""Exporting overwrites nothing that could not be exported again."""

from __future__ import annotations

import hashlib
import json
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


@pytest.mark.parametrize("edited", [False, True])
@pytest.mark.parametrize("name", ["стиль", "x" * 241])
def test_what_stands_beside_an_earlier_lora_moves_with_it(tmp_path: Path, name: str, edited: bool) -> None:
    target = tmp_path / "loras" / f"{name}.safetensors"
    first = run_with_a_checkpoint(tmp_path / "1" / "run", 1.0, "born in 1")
    export_lora(first, VIEW, target)
    about = {"sha256": hashlib.sha256(target.read_bytes()).hexdigest(), "file_name": name, "model_name": "a, epoch 1"}
    about |= {"file_path": target.as_posix(), "preview_url": (target.parent / f"{name}.preview.png").as_posix()}
    (target.parent / f"{name}.metadata.json").write_text(json.dumps(about | ({"favorite": True} if edited else {})))
    (target.parent / f"{name}.preview.png").write_bytes(b"the first run's")
    (target.parent / f"{name}.txt").write_bytes(b"notes")
    export_lora(run_with_a_checkpoint(tmp_path / "2" / "run", 2.0, "born in 2"), VIEW, target)
    (earlier,) = target.parent.glob("* (before 1).safetensors")
    assert value_of(earlier) == 1.0
    assert not (target.parent / f"{name}.metadata.json").exists()
    moved = json.loads((target.parent / f"{earlier.stem}.metadata.json").read_text(encoding="utf-8"))
    picture = target.parent / f"{earlier.stem}.preview.png"
    assert picture.read_bytes() == b"the first run's"
    assert moved["sha256"] == hashlib.sha256(earlier.read_bytes()).hexdigest()
    assert (moved["file_name"], moved["model_name"]) == (earlier.stem, "a, epoch 1")
    assert (moved["file_path"], moved["preview_url"]) == (earlier.as_posix(), picture.as_posix())
    assert moved.get("favorite", False) is edited
    assert (target.parent / f"{name}.txt").read_bytes() == b"notes"


def test_an_earlier_lora_takes_no_name_beside_which_something_stands(tmp_path: Path) -> None:
    target = tmp_path / "style.safetensors"
    (tmp_path / "style (before 1).png").write_bytes(b"mine")
    (tmp_path / "style.png").write_bytes(b"the first run's")
    for number in (1, 2):
        export_lora(
            run_with_a_checkpoint(tmp_path / f"{number}" / "run", float(number), f"born in {number}"), VIEW, target
        )
    assert value_of(tmp_path / "style (before 2).safetensors") == 1.0
    assert (tmp_path / "style (before 1).png").read_bytes() == b"mine"
    assert (tmp_path / "style (before 2).png").read_bytes() == b"the first run's"


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
