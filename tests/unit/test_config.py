"""The recipe: the paper's values, checks on construction, JSON and what may change on resuming."""

from __future__ import annotations

import dataclasses
import json

import pytest

from lora_core.config import (
    LoraConfig,
    OptimizerConfig,
    PreviewConfig,
    RunConfig,
    StorageConfig,
    TrainingConfig,
    ValidationConfig,
    warmup_factor,
)
from lora_core.errors import ConfigError


def test_the_default_is_the_papers_recipe() -> None:
    paper = RunConfig.paper()
    assert paper == RunConfig()
    assert (paper.lora.rank, paper.lora.layers, paper.lora.train_text_encoder) == (16, "all", True)
    assert (paper.training.epochs, paper.training.batch_size) == (200, 4)
    optimizer = paper.optimizer
    assert (optimizer.learning_rate, optimizer.warmup_steps, optimizer.weight_decay) == (3e-4, 100, 0.01)
    assert (optimizer.beta1, optimizer.beta2, optimizer.epsilon) == (0.9, 0.999, 1e-8)
    assert (paper.preview.every_epochs, paper.preview.prompt) == (5, "building")
    assert paper.validation.every_epochs == 1


def test_what_the_paper_does_not_mention_is_off() -> None:
    paper = RunConfig.paper()
    assert paper.lora.dropout == paper.optimizer.max_grad_norm == 0
    training = paper.training
    assert training.min_snr_gamma == training.noise_offset == training.caption_dropout == 0
    assert not training.horizontal_flip
    assert training.gradient_accumulation == 1
    assert training.early_stopping_patience == 0


def test_json_and_back() -> None:
    config = RunConfig(LoraConfig(rank=4, layers="attention"), training=TrainingConfig(epochs=3, precision="bfloat16"))
    assert RunConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_a_missing_setting_takes_its_default() -> None:
    assert RunConfig.from_json({"lora": {"rank": 8}}) == RunConfig(LoraConfig(rank=8))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"lora": {"rnak": 8}}, "lora has no setting rnak"),
        ({"lorra": {}}, "has no setting lorra"),
        ({"lora": {"rank": "8"}}, "lora.rank must be of type int, got '8'"),
        ({"lora": {"rank": True}}, "lora.rank must be of type int, got True"),
        ({"lora": 8}, "lora must be a group of settings"),
        ({"training": {"horizontal_flip": 1}}, "training.horizontal_flip must be of type bool"),
    ],
)
def test_json_with_a_mistake_says_where(data: dict, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        RunConfig.from_json(data)


@pytest.mark.parametrize(
    ("section", "settings", "words"),
    [
        (LoraConfig, {"rank": 0}, "rank must be at least 1, got 0"),
        (LoraConfig, {"alpha": 0.0}, "alpha must be above 0"),
        (LoraConfig, {"alpha": float("nan")}, "alpha must be above 0"),
        (LoraConfig, {"dropout": 1.0}, "dropout must be from 0 to below 1"),
        (LoraConfig, {"layers": "some"}, "layers must be one of all, attention, attention\\+mlp, got 'some'"),
        (OptimizerConfig, {"learning_rate": -1.0}, "learning_rate must be above 0"),
        (OptimizerConfig, {"warmup_steps": -1}, "warmup_steps must be at least 0"),
        (OptimizerConfig, {"beta2": 1.0}, "beta2 must be"),
        (TrainingConfig, {"epochs": 0}, "epochs must be at least 1"),
        (TrainingConfig, {"batch_size": 0}, "batch_size must be at least 1"),
        (TrainingConfig, {"precision": "int8"}, "precision must be one of"),
        (TrainingConfig, {"caption_dropout": 1.5}, "caption_dropout must be from 0 to 1"),
        (TrainingConfig, {"average_decay": 1.0}, "average_decay must be from 0 to below 1"),
        (TrainingConfig, {"noise_offset": float("nan")}, "noise_offset must be at least 0"),
        (ValidationConfig, {"timesteps_per_picture": 0}, "timesteps_per_picture must be at least 1"),
        (ValidationConfig, {"probe_every_epochs": -1}, "probe_every_epochs must be at least 0"),
        (ValidationConfig, {"raw_every_epochs": 0}, "raw_every_epochs must be at least 1"),
        (PreviewConfig, {"guidance": 0.5}, "guidance must be at least 1"),
        (StorageConfig, {"checkpoint_budget": 2}, "checkpoint_budget must be at least 3"),
    ],
)
def test_a_value_out_of_range_is_refused_at_birth(section: type, settings: dict, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        section(**settings)


def test_what_must_not_change_on_resuming_is_named() -> None:
    other = RunConfig(LoraConfig(rank=8), training=TrainingConfig(seed=3))
    assert RunConfig().differences(other) == ["rank was 16 and is now 8", "seed was 0 and is now 3"]


def test_length_previews_and_storage_may_change_on_resuming() -> None:
    changed = dataclasses.replace(
        RunConfig(),
        training=TrainingConfig(epochs=300, gradient_checkpointing=True, early_stopping_patience=9),
        preview=PreviewConfig(every_epochs=0, prompt="tower"),
        storage=StorageConfig(checkpoint_budget=5),
    )
    assert RunConfig().differences(changed) == []


@pytest.mark.parametrize(("step", "factor"), [(1, 0.01), (2, 0.02), (50, 0.5), (99, 0.99), (100, 1.0), (2800, 1.0)])
def test_warmup_fractions(step: int, factor: float) -> None:
    assert warmup_factor(step, 100) == pytest.approx(factor)


def test_no_warmup() -> None:
    assert warmup_factor(1, 0) == 1.0
