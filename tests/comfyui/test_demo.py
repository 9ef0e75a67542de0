"""The demo itself, in the server of these tests: what `python dev.py demo` does once ComfyUI runs."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from comfyui.harness import THIN_MODELS, ComfyServer
from devtools import demo_settings
from devtools.console import Failure
from devtools.demo import Demo
from devtools.demo_pictures import STYLE, write_photo, write_style
from devtools.standins import CHECKPOINT, Standins


@pytest.fixture(scope="module")
def pictures(home: Path) -> Path:
    write_photo(home / "input")
    folder = write_style(home / "datasets")
    for picture in sorted(folder.glob("*.jpg"))[3:] + sorted(folder.glob("*.png"))[3:]:  # BLIP captions three
        picture.with_suffix(".txt").write_text("a palace", encoding="utf-8")
    return folder


def test_the_demo_on_the_pocket_model_ends_with_the_style_beside_pictures_without_it(
    comfy: ComfyServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = {"epochs": 3, "learning_rate": 0.05, "layers": "attention", "preview_every": 0}
    shorter = {"KSampler": {"steps": 2}}
    learning = {**shorter, "LoRATrainer": trainer}
    demo = Demo(comfy, home, shorter={"learn_without_a_gpu": learning, "restyle_without_a_gpu": shorter})
    demo.pocket("renaissance")
    said = capsys.readouterr().out
    run = home / "output" / "lora_atelier" / "runs" / "demo-renaissance-1"
    assert f"All of the run:\n  {run}" in said
    assert "epoch 3 of 3" in said
    named = [Path(line.strip()) for line in said.splitlines() if line.endswith((".png", ".safetensors"))]
    assert {path.name.split("_0")[0] for path in named} >= {"pocket_validation_loss", "pocket_with_style"}
    assert all(path.is_file() for path in named)
    assert len(list((home / "datasets" / "drawn_renaissance_64").glob("*.png"))) == 64
    side_by_side, five_styles = named[-2:]
    assert f"One building in five styles:\n  {five_styles}" in said
    assert five_styles.parent == side_by_side.parent
    sheet = Image.open(side_by_side)
    assert sheet.size == (4 * 268 + 12, 3 * 308)
    rows = [np.asarray(sheet.crop((12, top + 40, 1072, top + 296)), np.float32) for top in (0, 308, 616)]
    assert all(np.abs(one - other).mean() > 1 for one, other in combinations(rows, 2))
    written = (run / "history.jsonl").stat().st_mtime_ns
    comfy.free()
    demo.pocket("renaissance")
    assert "demo-renaissance-1 is finished and used again" in capsys.readouterr().out
    assert (run / "history.jsonl").stat().st_mtime_ns == written


@pytest.mark.slow
def test_the_demo_on_a_stock_checkpoint_ends_with_a_lora_a_plot_and_pictures(
    comfy: ComfyServer,
    home: Path,
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(demo_settings, "EPOCHS", 3)
    for earlier in (home / "user" / "default" / "workflows").glob("demo_*.json"):
        earlier.unlink()
    thin = {"CheckpointLoaderSimple": THIN_MODELS["CheckpointLoaderSimple"]}
    Demo(comfy, home, shorter={"train_a_style": thin, "restyle_a_building": THIN_MODELS}).full_size(CHECKPOINT)
    said = capsys.readouterr().out
    run = home / "output" / "lora_atelier" / "runs" / "demo-1"
    assert f"All of the run:\n  {run}" in said
    assert re.search(r"epoch 3 of 3: training loss \d\.\d+, validation loss \d\.\d+", said)
    named = [Path(line.strip()) for line in said.splitlines() if line.endswith((".png", ".safetensors"))]
    assert len(named) == 5
    assert all(path.is_file() for path in named)
    restyled = next(path for path in named if path.name.startswith("restyled"))
    assert Image.open(restyled).size == (176, 112)
    assert len(list(pictures.glob("*.txt"))) == 16
    assert {path.name for path in (home / "user" / "default" / "workflows").glob("demo_*.json")} == {
        "demo_train_a_style.json",
        "demo_restyle_a_building.json",
    }


def test_a_failing_node_is_shown_as_its_message(
    comfy: ComfyServer, home: Path, pictures: Path, standins: Standins
) -> None:
    assert pictures.name == STYLE
    other = standins.install_other_model(home)
    with pytest.raises(Failure) as failed:
        Demo(comfy, home).full_size(other)
    text = str(failed.value)
    assert "LoRATrainer: The base model must be Stable Diffusion 1.5" in text
    assert "Traceback" not in text
    assert str(comfy.log) in text


def test_what_comfyui_refuses_is_named(comfy: ComfyServer, home: Path, pictures: Path) -> None:
    with pytest.raises(Failure, match=r"CheckpointLoaderSimple .*nothing\.safetensors"):
        Demo(comfy, home).full_size("nothing.safetensors")
