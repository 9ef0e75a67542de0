"""Two processes with half of each batch train the LoRA that one trains, also through a kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from devtools.places import ROOT
from lora_core.picking.weights import Weights
from lora_core.record.checkpoints import checkpoint_path, load_lora

EPOCHS = 3


def train(folder: Path, tiny_folder: Path, style_folder: Path, processes: int) -> list[subprocess.Popen]:
    """The command line in as many processes, as a launcher starts them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "lora_core", "train", "--name", "run", "--runs", folder / "runs"]
    command += ["--data", style_folder, "--model", tiny_folder, "--tokenizer", tiny_folder / "tokenizer"]
    command += ["--resolution", 64, "--validation-count", 3, "--epochs", EPOCHS, "--batch-size", 4]
    command += ["--rank", 2, "--preview-every-epochs", 0, "--device", "cpu", "--max-grad-norm", 1.0]
    place = {"WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return [
        subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=os.environ | place | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(processes)
    ]


def finish(started: list[subprocess.Popen]) -> None:
    for process in started:
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said


def final(folder: Path) -> dict[str, torch.Tensor]:
    loras = {weights: load_lora(checkpoint_path(folder / "runs" / "run", EPOCHS, weights))[0] for weights in Weights}
    return {f"{weights} {key}": value for weights, lora in loras.items() for key, value in lora.items()}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="gloo finds no address in Windows' test machines")
def test_two_processes_train_what_one_does(tmp_path: Path, tiny_folder: Path, style_folder: Path) -> None:
    finish(train(tmp_path / "one", tiny_folder, style_folder, 1))
    expected = final(tmp_path / "one")
    two = train(tmp_path / "two", tiny_folder, style_folder, 2)
    for line in two[0].stdout:
        if "epoch 2" in line or "2/" in line:
            break
    for process in two:
        process.send_signal(signal.SIGKILL)
        process.wait()
    finish(train(tmp_path / "two", tiny_folder, style_folder, 2))
    found = final(tmp_path / "two")
    assert found.keys() == expected.keys()
    assert max(float((found[key] - value).abs().max()) for key, value in expected.items()) < 1e-5
