"""A run resumes on the model that it was started on, in whatever number format, and on no other."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from lora_core.config import LoraConfig, PreviewConfig, RunConfig, TrainingConfig
from lora_core.dataset.style import StyleDataset
from lora_core.errors import RunError
from lora_core.model.base import BaseModel
from lora_core.progress import SilentWatcher
from lora_core.record.history import History
from lora_core.record.run_file import RunFile
from lora_core.training.trainer import Trainer

Change = Callable[[BaseModel], object]
Train = Callable[[int, Change], RunFile]


def as_it_is(_base: BaseModel) -> None:
    """No change."""


def bf16_unet(base: BaseModel) -> None:
    base.unet.to(torch.bfloat16)


def fp16_text_encoder(base: BaseModel) -> None:
    base.text_encoder.half()


def another_text_encoder(base: BaseModel) -> None:
    for weight in base.text_encoder.parameters():
        weight.mul_(1.02)


def another_vae(base: BaseModel) -> None:
    next(base.vae.decoder.parameters()).add_(0.1)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "стиль"


@pytest.fixture
def train(pristine_model: BaseModel, dataset: StyleDataset, run: Path) -> Train:
    """Trains for a number of epochs on a changed model."""

    def trained(epochs: int, change: Change) -> RunFile:
        base = copy.deepcopy(pristine_model)
        with torch.no_grad():
            change(base)
        base = BaseModel.of(base.unet, base.vae, base.text_encoder, base.tokenize, torch.float32)
        config = RunConfig(
            LoraConfig(rank=1), training=TrainingConfig(epochs=epochs), preview=PreviewConfig(every_epochs=0)
        )
        Trainer(config, dataset, base, run, run.parent / "cache", torch.device("cpu"), SilentWatcher()).train()
        return RunFile.read(run)

    return trained


def events(run: Path) -> list[str]:
    """Without what came after the last saved state, such as an earlier "finished", which resuming drops."""
    return [event.what for event in History.read(run / "history.jsonl").events]


def test_the_same_model_needs_no_remark(train: Train, run: Path) -> None:
    assert train(1, as_it_is).fingerprints == train(2, as_it_is).fingerprints
    assert events(run) == ["resumed", "finished"]


@pytest.mark.parametrize("change", [bf16_unet, fp16_text_encoder])
def test_another_number_format_is_remarked(train: Train, run: Path, change: Change) -> None:
    """The record keeps what the run was started on, so that roundings do not add up."""
    assert train(1, as_it_is).fingerprints == train(2, change).fingerprints == train(3, as_it_is).fingerprints
    assert events(run) == ["base_model", "resumed", "resumed", "finished"]


@pytest.mark.parametrize(("change", "network"), [(another_text_encoder, "text encoder"), (another_vae, "VAE")])
def test_another_model_is_refused_and_named(train: Train, run: Path, change: Change, network: str) -> None:
    before = train(1, as_it_is), (run / "history.jsonl").read_bytes()
    with pytest.raises(RunError, match=rf"made differently: the base model changed \({network}\)\. To resume it"):
        train(2, change)
    assert (RunFile.read(run), (run / "history.jsonl").read_bytes()) == before


def test_a_run_of_version_0_1_is_resumed(train: Train, run: Path) -> None:
    fingerprints = train(1, as_it_is).fingerprints
    data = json.loads((run / "run.json").read_text(encoding="utf-8"))
    data["fingerprints"] = {"dataset": fingerprints.dataset, "base_model": "0123456789abcdef" * 2}
    (run / "run.json").write_text(json.dumps(data), encoding="utf-8")
    assert RunFile.read(run).fingerprints.networks is None
    assert train(2, as_it_is).fingerprints == fingerprints
    assert events(run) == ["base_model", "resumed", "finished"]


@pytest.mark.parametrize("networks", [3, [], {}, {"unet": None}])
def test_a_damaged_record_of_the_model_is_named(train: Train, run: Path, networks: object) -> None:
    train(1, as_it_is)
    data = json.loads((run / "run.json").read_text(encoding="utf-8"))
    data["fingerprints"]["networks"] = networks
    (run / "run.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(RunError, match=r"run\.json of the run .* is damaged"):
        RunFile.read(run)
