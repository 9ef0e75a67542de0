"""Twenty kills without warning, each followed by a resume: the LoRA is that of the uninterrupted run, bit for bit."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import killed_run
import pytest
import torch

from lora_core.picking.weights import Weights
from lora_core.record.checkpoints import checkpoint_path, load_lora

KILLS = 20
STAGES = ("caching", "validating", "preview", "saving")
"""A kill in each of these is certain; the other moments are random."""

LAST = killed_run.RECIPE.training.epochs


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def attempt(tiny_folder: Path, style_folder: Path, monkeypatch_module: pytest.MonkeyPatch):
    """Runs an attempt in a process forked from one that has torch loaded; its exit code."""
    context = multiprocessing.get_context("forkserver")
    monkeypatch_module.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # where the preloaded module is found
    context.set_forkserver_preload(["killed_run"])

    def start(home: Path, **end) -> int:
        home.mkdir(exist_ok=True)
        process = context.Process(target=killed_run.attempt, args=(home, tiny_folder, style_folder), kwargs=end)
        process.start()
        process.join(120)
        assert process.exitcode is not None, "the run hangs"
        return process.exitcode

    return start


def final_lora(home: Path) -> dict[str, torch.Tensor]:
    """Raw and averaged."""
    loras = {weights: load_lora(checkpoint_path(home / "run", LAST, weights))[0] for weights in Weights}
    return {f"{weights} {key}": value for weights, lora in loras.items() for key, value in lora.items()}


def steps_and_validations(home: Path) -> list[dict]:
    lines = (home / "run" / "history.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return [
        {key: value for key, value in entry.items() if key != "seconds"}
        for entry in entries
        if entry["kind"] in ("step", "validation", "averaged", "probe")
    ]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL and no fork")
def test_twenty_kills(attempt, tmp_path: Path) -> None:
    assert attempt(tmp_path / "whole") == 0
    expected = final_lora(tmp_path / "whole")
    numbers = random.Random(5)
    home = tmp_path / "killed"
    kills = 0
    for stage in STAGES:
        assert attempt(home, stage=stage) == -signal.SIGKILL
        kills += 1
    while kills < KILLS:
        # Files for moments within caching, saving and recording; seconds for those within the network.
        end = {"files": numbers.randint(1, 70)} if kills % 2 else {"seconds": numbers.uniform(0.02, 2.0)}
        code = attempt(home, **end)
        assert code in (0, -signal.SIGKILL)
        if code == 0:
            _check(home, tmp_path / "whole", expected)
            shutil.rmtree(home)
        else:
            kills += 1
    assert attempt(home) == 0
    _check(home, tmp_path / "whole", expected)


def _check(home: Path, whole: Path, expected: dict[str, torch.Tensor]) -> None:
    lora = final_lora(home)
    assert lora.keys() == expected.keys() and all(torch.equal(lora[key], expected[key]) for key in expected)
    assert steps_and_validations(home) == steps_and_validations(whole)
    assert not list((home / "run").rglob(".*.tmp")), "a half-written file was left behind"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no fork server")
def test_a_damaged_last_state_falls_back_to_the_one_before(attempt, tmp_path: Path) -> None:
    home = tmp_path / "damaged"
    assert attempt(home) == 0
    shutil.copytree(home, tmp_path / "whole")
    states = sorted((home / "run" / "state").glob("*.safetensors"))
    assert len(states) == 2
    content = bytearray(states[-1].read_bytes())
    content[-1] ^= 255
    states[-1].write_bytes(content)
    checkpoint_path(home / "run", LAST).unlink()
    assert attempt(home) == 0
    _check(home, tmp_path / "whole", final_lora(tmp_path / "whole"))
    assert "resumed" in (home / "run" / "history.jsonl").read_text(encoding="utf-8")
