"""Two processes with half of each batch train the LoRA that one trains, also through Ctrl+C and a kill."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from devtools.places import ROOT
from lora_core.cli import main
from lora_core.picking.weights import Weights
from lora_core.record.checkpoints import checkpoint_path, load_lora
from lora_core.training.state import RunState

EPOCHS = 6


def arguments(folder: Path, tiny_folder: Path, style_folder: Path) -> list[str]:
    """Of the command line."""
    given = ["train", "--name", "run", "--runs", folder / "runs", "--data", style_folder]
    given += ["--model", tiny_folder, "--tokenizer", tiny_folder / "tokenizer"]
    given += ["--resolution", 64, "--validation-count", 3, "--epochs", EPOCHS, "--batch-size", 4]
    given += ["--rank", 2, "--preview-every-epochs", 0, "--device", "cpu", "--max-grad-norm", 1.0]
    return [str(part) for part in given]


def train_in_two(folder: Path, tiny_folder: Path, style_folder: Path) -> list[subprocess.Popen]:
    """The command line in two processes, as a launcher starts them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return [
        subprocess.Popen(
            [sys.executable, "-m", "lora_core", *arguments(folder, tiny_folder, style_folder)],
            cwd=ROOT,
            env=os.environ | place | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]


def finish(started: list[subprocess.Popen]) -> None:
    for process in started:
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said


def wait_for_step(run: Path, step: int) -> None:
    """Returns when that step is on the record."""
    for _ in range(6000):
        with contextlib.suppress(FileNotFoundError):
            if any(entry["step"] >= step for entry in entries(run, "step")):
                return
        time.sleep(0.02)
    raise AssertionError(f"{run} has not come to step {step} in two minutes")


def entries(run: Path, kind: str) -> list[dict]:
    lines = (run / "history.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [json.loads(line) for line in lines if line.endswith("\n")]
    return [entry for entry in whole if entry["kind"] == kind]


def final(folder: Path) -> dict[str, torch.Tensor]:
    loras = {weights: load_lora(checkpoint_path(folder / "runs" / "run", EPOCHS, weights))[0] for weights in Weights}
    return {f"{weights} {key}": value for weights, lora in loras.items() for key, value in lora.items()}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="gloo finds no address in Windows' test machines")
def test_two_processes_train_what_one_does(tmp_path: Path, tiny_folder: Path, style_folder: Path) -> None:
    assert main(arguments(tmp_path / "one", tiny_folder, style_folder)) == 0
    expected = final(tmp_path / "one")
    run = tmp_path / "two" / "runs" / "run"
    two = train_in_two(tmp_path / "two", tiny_folder, style_folder)
    wait_for_step(run, 1)
    two[1].send_signal(signal.SIGINT)  # one of them is enough
    said = [process.communicate(timeout=120)[0] for process in two]
    assert [process.returncode for process in two] == [130, 130], said
    assert "Stopped. What was saved is intact" in said[0]
    state = RunState.load(run / "state")
    steps, events = entries(run, "step"), entries(run, "event")
    assert events[-1]["what"] == "cancelled"
    assert state is not None and 0 < state.step == steps[-1]["step"]
    assert (run / "checkpoints" / "last.safetensors").is_file()

    two = train_in_two(tmp_path / "two", tiny_folder, style_folder)
    wait_for_step(run, state.step + 1)
    for process in two:
        process.send_signal(signal.SIGKILL)
        process.wait()
    finish(train_in_two(tmp_path / "two", tiny_folder, style_folder))
    found = final(tmp_path / "two")
    assert found.keys() == expected.keys()
    assert max(float((found[key] - value).abs().max()) for key, value in expected.items()) < 1e-5
