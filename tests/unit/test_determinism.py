"""Deterministic runs: torch is told so while a run trains, and is afterwards as it was."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import torch

from lora_core.config import LoraConfig, PreviewConfig, RunConfig, TrainingConfig
from lora_core.dataset.style import StyleDataset
from lora_core.errors import ConfigError
from lora_core.model.base import BaseModel
from lora_core.picking.weights import Weights
from lora_core.progress import Progress, SilentWatcher
from lora_core.record.checkpoints import checkpoint_path, load_lora
from lora_core.training import determinism
from lora_core.training.determinism import deterministic
from lora_core.training.trainer import Trainer

CPU = torch.device("cpu")


class Watcher(SilentWatcher):
    """Notes whether torch was deterministic, and stops a run before its step `stop_at`."""

    def __init__(self, stop_at: int = -1) -> None:
        self.found: set[bool] = set()
        self.stop_at, self.step = stop_at, 0

    def check(self) -> None:
        if self.step == self.stop_at:
            raise KeyboardInterrupt

    def progress(self, progress: Progress) -> None:
        self.step = progress.done if progress.stage == "training" else self.step
        self.found.add(torch.are_deterministic_algorithms_enabled())


@pytest.fixture
def train(pristine_model: BaseModel, dataset: StyleDataset, tmp_path: Path):
    def run(name: str, watcher: Watcher, **training) -> dict[str, torch.Tensor]:
        recipe = RunConfig(
            LoraConfig(rank=2), training=TrainingConfig(epochs=1, **training), preview=PreviewConfig(every_epochs=0)
        )
        folder = tmp_path / name
        Trainer(recipe, dataset, copy.deepcopy(pristine_model), folder, tmp_path / "cache", CPU, watcher).train()
        return load_lora(checkpoint_path(folder, 1, Weights.RAW))[0]

    return run


def test_torch_is_deterministic_for_as_long_as_the_run_trains(train) -> None:
    wanted, plain = Watcher(), Watcher()
    with_it, without = train("with", wanted, deterministic=True), train("without", plain)
    assert (wanted.found, plain.found) == ({True}, {False})
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.utils.deterministic.fill_uninitialized_memory
    assert all(torch.equal(with_it[key], without[key]) for key in without)


def test_a_stopped_run_leaves_torch_as_it_was(train) -> None:
    with pytest.raises(KeyboardInterrupt):
        train("stopped", Watcher(stop_at=1), deterministic=True)
    assert not torch.are_deterministic_algorithms_enabled()


def test_what_was_set_before_is_set_again() -> None:
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        with deterministic(CPU):
            assert not torch.is_deterministic_algorithms_warn_only_enabled()
        assert torch.is_deterministic_algorithms_warn_only_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


def test_a_run_that_knew_no_such_setting_resumes(train, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train("old", Watcher(stop_at=1))
    record = tmp_path / "old" / "run.json"
    saved = json.loads(record.read_text(encoding="utf-8"))
    del saved["config"]["training"]["deterministic"]
    record.write_text(json.dumps(saved), encoding="utf-8")
    resumed, whole = train("old", Watcher()), train("whole", Watcher())
    assert all(torch.equal(resumed[key], whole[key]) for key in whole)


def test_it_is_not_switched_within_a_run() -> None:
    other = RunConfig(training=TrainingConfig(deterministic=True))
    assert RunConfig().differences(other) == ["deterministic was off and is now on"]


def test_cublas_is_prepared_unless_the_user_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    determinism.prepare_cublas()
    with deterministic(torch.device("cuda")):  # on a machine without CUDA nothing of it is started
        assert torch.are_deterministic_algorithms_enabled()
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":0:0")
    with (
        pytest.raises(ConfigError, match=r"CUBLAS_WORKSPACE_CONFIG=:4096:8 before CUDA"),
        deterministic(torch.device("cuda")),
    ):
        pass
