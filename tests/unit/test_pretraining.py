"""The pocket model's pre-training, cut short: every stage, the file it ends in, and going on where a call stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import torch
from safetensors import safe_open

from devtools.comfyui import find_checkout
from devtools.places import ROOT
from lora_core.model.disk import load_base_model

SHORT = {"pictures": 6, "styled": 1, "held-out": 2, "autoencoder-steps": 2, "decoder-steps": 2, "unet-steps": 2}


def pretrain(folder: Path) -> None:
    """One call of the script."""
    options = [f"--{name}={value}" for name, value in SHORT.items()]
    command = [sys.executable, "-m", "pocket.pretraining", str(folder), "--comfyui", str(find_checkout().folder)]
    subprocess.run([*command, *options], cwd=ROOT, check=True)


def test_a_model_that_loads_and_a_log_of_how_it_came_about(tmp_path: Path) -> None:
    pretrain(tmp_path)
    base = load_base_model(tmp_path / "pocket_sd.safetensors", str(find_checkout().folder), torch.float32)
    context = base.encode_text(base.tokenize(["a house"]))
    assert torch.isfinite(base.unet(torch.zeros(1, 4, 16, 16), torch.tensor([500]), context)).all()
    with safe_open(tmp_path / "pocket_sd.safetensors", "np") as file:
        told = file.metadata()
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [entry["stage"] for entry in log] == ["autoencoder", "decoder", "restoring", "unet", "held_out"]
    assert json.loads(told["pocket.held_out"]) == log[-1]
    assert log[-1]["pictures"] == SHORT["held-out"]

    (tmp_path / "pocket_sd.safetensors").unlink()
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    pretrain(tmp_path)  # every stage is there already: only the file is written anew
    again = load_base_model(tmp_path / "pocket_sd.safetensors", str(find_checkout().folder), torch.float32)
    assert again.fingerprint == base.fingerprint
    (tmp_path / "pocket_sd.safetensors").unlink()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == made
