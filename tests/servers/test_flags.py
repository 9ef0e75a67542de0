"""One checkpoint under other options of ComfyUI, and on the command line: a run resumes, for it is the same model."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from comfyui.harness import ComfyServer
from comfyui.training import events, history, run_folder, training_graph, write_style
from devtools.comfyui import Checkout
from devtools.home import temporary_home
from devtools.places import ROOT, link_file
from devtools.standins import THIN, Standins
from lora_core.record.run_file import RunFile

FLAGS = ("--bf16-unet", "--fp32-text-enc")
"""Without them, on a CPU, the UNet is in float32, which holds the file's float16 exactly, the text encoder in it."""


@pytest.fixture(scope="module")
def thin_home(standins: Standins) -> Iterator[Path]:
    """A base directory with a small checkpoint for the stock loader, in float16, and a style."""
    with temporary_home() as home:
        link_file(standins.thin, home / "models" / "checkpoints" / THIN)
        write_style(home, "style", 4)
        yield home


@pytest.mark.slow
def test_a_run_resumes_under_other_flags_and_on_the_command_line(thin_home: Path, checkout: Checkout) -> None:
    run = run_folder(thin_home, "flags")
    for epochs, flags in ((1, ()), (2, FLAGS)):
        with ComfyServer(checkout, thin_home, offline=True, extra=flags) as comfy:
            training = training_graph(comfy.object_info(), "style", "flags", epochs=epochs)
            comfy.run(training.graph)
    model = ["--model", thin_home / "models" / "checkpoints" / THIN, "--tokenizer", checkout.folder, "--device", "cpu"]
    style = ["--data", thin_home / "datasets" / "style", "--resolution", 64, "--square", "--validation-count", 1]
    place = ["--runs", run.parent, "--name", run.name, "--recipe", run / "run.json", "--epochs", 3]
    command = [sys.executable, "-m", "lora_core", "train", *style, *model, *place]
    started = RunFile.read(run).fingerprints
    ran = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, ran.stderr
    assert RunFile.read(run).fingerprints == started
    assert events(run) == ["base_model", "resumed", "resumed", "finished"]
    assert [entry["epoch"] for entry in history(run, "averaged")] == [0, 1, 2, 3]
