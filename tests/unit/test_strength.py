"""The strength by measurement: the choice on made curves whose answer is known, the record, and a real measurement."""

from __future__ import annotations

import copy
import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from lora_core.config import (
    LoraConfig,
    OptimizerConfig,
    PreviewConfig,
    RunConfig,
    StorageConfig,
    TrainingConfig,
    ValidationConfig,
)
from lora_core.dataset.style import StyleDataset
from lora_core.errors import ConfigError, RunError
from lora_core.model.base import BaseModel
from lora_core.picking.strength import fit_strengths
from lora_core.picking.weights import Weights
from lora_core.progress import SilentWatcher
from lora_core.record.by_picture import losses_by_picture
from lora_core.record.canvas import to_array
from lora_core.record.checkpoints import checkpoint_path
from lora_core.record.entries import Measured
from lora_core.record.history import History
from lora_core.record.reader import read_view
from lora_core.record.strength_figure import draw_strengths
from lora_core.record.strengths import StrengthEntry, add_strengths, read_strengths
from lora_core.record.view import PickedCheckpoint
from lora_core.run_folder import STRENGTHS_FILE
from lora_core.training.strength import STRENGTHS, known_strengths, measure_strengths
from lora_core.training.trainer import Trainer

CPU = torch.device("cpu")


def bowl(lowest: float, depth: float = 0.1, pictures: int = 8, spread: float = 0.0) -> list[list[float]]:
    """Losses that fall to their lowest at a strength, exactly; pictures of very different losses, the same fall."""
    base_N = np.linspace(0.05, 0.3, pictures)
    tilt_N = np.linspace(-spread, spread, pictures)
    return [(base_N * (1 + depth * (s - lowest) ** 2) + tilt_N * (s - 1) * base_N.mean()).tolist() for s in STRENGTHS]


@pytest.mark.parametrize("lowest", [0.3, 0.8, 1.2])
def test_the_lowest_is_found_and_said(lowest: float) -> None:
    curve = fit_strengths(STRENGTHS, bowl(lowest))
    assert curve.lowest == lowest
    assert curve.reason.startswith(f"Strength {lowest:g} has the lowest validation loss: ")
    expected = -0.1 * (1 - lowest) ** 2 / (1 + 0.1 * (1 - lowest) ** 2)
    assert curve.difference[STRENGTHS.index(lowest)] == pytest.approx(expected)
    assert curve.difference[STRENGTHS.index(1.0)] == 0


def test_errors_are_those_of_paired_differences() -> None:
    """Pictures differ by a factor of six in their losses, and not at all in what a strength changes."""
    losses = [[loss + 0.01 * s for loss in (0.05, 0.1, 0.3)] for s in STRENGTHS]
    curve = fit_strengths(STRENGTHS, losses)
    assert curve.standard_error == pytest.approx([0] * 16, abs=1e-12)
    tilted = fit_strengths([0, 1], [[0.2, 0.1], [0.1, 0.1]])
    # Differences of 0.1 and 0, over a mean loss of 0.1: mean 0.5, standard error 1 / sqrt(2) / sqrt(2).
    assert tilted.difference == pytest.approx([0.5, 0])
    assert tilted.standard_error == pytest.approx([0.5, 0])


def test_a_difference_within_its_error_is_said_to_be_none() -> None:
    curve = fit_strengths(STRENGTHS, bowl(0.9, depth=0.001, spread=0.2))
    assert curve.lowest != 1
    assert "can't be told apart" in curve.reason
    assert "can't be told apart" not in fit_strengths(STRENGTHS, bowl(0.5)).reason


def test_of_equals_the_nearest_to_one_is_chosen() -> None:
    flat = [[0.1, 0.2]] * 16
    assert fit_strengths(STRENGTHS, flat).lowest == 1
    assert fit_strengths([0, 0.7, 1, 1.2], [[0.3], [0.1], [0.2], [0.1]]).lowest == 1.2


def test_ends_are_told() -> None:
    assert "no strength is better than no LoRA" in fit_strengths(STRENGTHS, bowl(-1)).reason
    assert "still falls at the strongest" in fit_strengths(STRENGTHS, bowl(3)).reason
    assert fit_strengths(STRENGTHS, bowl(1)).reason == (
        "Strength 1 has the lowest validation loss, of 16 from 0 to 1.5."
    )


def test_a_single_picture_has_no_error() -> None:
    curve = fit_strengths(STRENGTHS, bowl(0.8, pictures=1))
    assert curve.standard_error is None
    assert "±" not in curve.reason


def test_a_strength_that_exploded_is_left_out_but_one_is_needed() -> None:
    losses = bowl(0.8)
    losses[15] = [float("nan")] * 8
    curve = fit_strengths(STRENGTHS, losses)
    assert curve.strengths == list(STRENGTHS[:15])
    assert curve.lowest == 0.8
    losses[10] = [float("inf")] * 8
    with pytest.raises(ConfigError, match="strength 1"):
        fit_strengths(STRENGTHS, losses)


def entry(epoch: int, weights: Weights = Weights.RAW, lora: str = "a") -> StrengthEntry:
    return StrengthEntry(epoch, weights, lora, ["p", "q"], [0.0, 1.0], [[0.1, 0.2], [0.1, 0.1]])


def test_a_measurement_is_kept_beside_others_and_replaces_its_own(tmp_path: Path) -> None:
    assert read_strengths(tmp_path) == []
    for each in (entry(8), entry(4, Weights.AVERAGED), entry(8, lora="b")):
        add_strengths(tmp_path, each)
    assert read_strengths(tmp_path) == [entry(4, Weights.AVERAGED), entry(8, lora="b")]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"[1]",
        b"{}",
        b'{"format": 2, "measured": []}',
        b'{"format": 1, "measured": [{"epoch": 1}]}',
        b'{"format": 1, "measured": 7}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_counts_as_no_measurement(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / STRENGTHS_FILE).write_bytes(damage)
    assert read_strengths(tmp_path) == []


@pytest.mark.parametrize("key", ["strengths", "losses", "pictures"])
def test_numbers_that_do_not_fit_together_count_as_damage(tmp_path: Path, key: str) -> None:
    add_strengths(tmp_path, entry(3))
    data = json.loads((tmp_path / STRENGTHS_FILE).read_text())
    data["measured"][0][key].pop()
    (tmp_path / STRENGTHS_FILE).write_text(json.dumps(data))
    assert read_strengths(tmp_path) == []


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "1e300", '"1e999"', "null", "[]"])
def test_a_strength_that_no_lora_can_have_counts_as_damage(tmp_path: Path, number: str) -> None:
    add_strengths(tmp_path, dataclasses.replace(entry(3), strengths=[7.0, 1.0]))
    written = (tmp_path / STRENGTHS_FILE).read_text()
    (tmp_path / STRENGTHS_FILE).write_text(written.replace("7.0", number))
    assert read_strengths(tmp_path) == []


@pytest.mark.parametrize("number", ["1e999", "NaN", "1e300"])
def test_a_loss_that_is_none_leaves_its_strength_out(tmp_path: Path, number: str) -> None:
    strange = dataclasses.replace(entry(3), strengths=[0.5, 1.0], losses=[[7.0], [0.5]], pictures=["a"])
    add_strengths(tmp_path, strange)
    written = (tmp_path / STRENGTHS_FILE).read_text()
    (tmp_path / STRENGTHS_FILE).write_text(written.replace("7.0", number))
    (found,) = read_strengths(tmp_path)
    curve = fit_strengths(found.strengths, found.losses)
    assert curve.strengths == [1.0]
    json.dumps(dataclasses.asdict(curve), allow_nan=False)


# A real measurement -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(pristine_model: BaseModel, dataset: StyleDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs on the tiny model."""
    folder = tmp_path_factory.mktemp("work") / "runs" / "мій запуск"
    config = RunConfig(
        LoraConfig(rank=2, alpha=2),
        OptimizerConfig(learning_rate=0.02, warmup_steps=1),
        TrainingConfig(epochs=2, batch_size=2, average_decay=0.5),
        ValidationConfig(raw_every_epochs=1),
        preview=PreviewConfig(every_epochs=0),
        storage=StorageConfig(dtype="float32"),
    )
    cache = folder.parent.parent / "cache"
    Trainer(config, dataset, copy.deepcopy(pristine_model), folder, cache, CPU, SilentWatcher()).train()
    return folder


def measure(run: Path, base: BaseModel, dataset: StyleDataset, strengths: list[float], epoch: int = 2) -> StrengthEntry:
    picked = PickedCheckpoint(epoch, Weights.RAW, "")
    cache = run.parent.parent / "cache"
    return measure_strengths(run, picked, base, dataset, cache, CPU, lambda *_: None, lambda: None, strengths)


def test_the_grid_is_the_runs_own(run: Path, base_model: BaseModel, dataset: StyleDataset) -> None:
    """Strength 0 measures what the run recorded of no LoRA, strength 1 what it recorded of this epoch."""
    found = measure(run, base_model, dataset, [0, 0.5, 1])
    recorded = losses_by_picture(History.read(run / "history.jsonl"), Measured.VALIDATION)
    assert found.losses[0] == pytest.approx(recorded[0], rel=1e-6)
    assert found.losses[2] == pytest.approx(recorded[2], rel=1e-6)
    assert max(abs(np.subtract(recorded[2], recorded[0])) / recorded[0]) > 1e-3  # they could be told apart
    assert len({tuple(losses_N) for losses_N in found.losses}) == 3


def test_what_was_measured_is_in_the_view_of_that_checkpoint_alone(
    run: Path, base_model: BaseModel, dataset: StyleDataset
) -> None:
    measure(run, base_model, dataset, list(STRENGTHS))
    picked = PickedCheckpoint(2, Weights.RAW, "")
    known = known_strengths(run, picked)
    assert known is not None
    curve = read_view(run, "epoch", 2, "raw").strength
    assert curve == fit_strengths(known.strengths, known.losses)
    assert read_view(run, "epoch", 1, "raw").strength is None
    assert read_view(run, "epoch", 2, "averaged").strength is None


def test_a_checkpoint_that_was_made_anew_is_measured_anew(
    run: Path, base_model: BaseModel, dataset: StyleDataset, tmp_path: Path
) -> None:
    copied = tmp_path / "runs" / "copy"
    shutil.copytree(run, copied)
    picked = PickedCheckpoint(1, Weights.RAW, "")
    assert known_strengths(copied, picked) is None
    measure(copied, base_model, dataset, list(STRENGTHS), epoch=1)
    assert known_strengths(copied, picked) is not None
    shutil.copy(checkpoint_path(copied, 2), checkpoint_path(copied, 1))
    assert known_strengths(copied, picked) is None


def test_another_model_or_other_pictures_are_refused(run: Path, base_model: BaseModel, dataset: StyleDataset) -> None:
    captions = {dataset.training[0].path: "another caption"}
    with pytest.raises(RunError, match=r"can't be measured here: the pictures, their captions or their split"):
        measure(run, base_model, dataset.with_captions(captions), [1])
    other = dataclasses.replace(base_model.identity.unet, digest="0" * 32)
    base_model.identity = dataclasses.replace(base_model.identity, unet=other)
    with pytest.raises(RunError, match=r"the base model is another \(UNet\)"):
        measure(run, base_model, dataset, [1])


def test_it_can_be_cancelled(run: Path, base_model: BaseModel, dataset: StyleDataset, tmp_path: Path) -> None:
    copied = tmp_path / "copy"
    shutil.copytree(run, copied, ignore=shutil.ignore_patterns(STRENGTHS_FILE))

    def cancel() -> None:
        raise KeyboardInterrupt

    cache, picked = run.parent.parent / "cache", PickedCheckpoint(2, Weights.RAW, "")
    with pytest.raises(KeyboardInterrupt):
        measure_strengths(copied, picked, base_model, dataset, cache, CPU, lambda *_: None, cancel)
    assert read_strengths(copied) == []


def test_the_figure_has_its_size() -> None:
    for pictures in (1, 8):
        curve = fit_strengths(STRENGTHS, bowl(0.8, pictures=pictures))
        drawn = to_array(draw_strengths(curve, r"a run called $\x$", 800, 450))
        assert drawn.shape == (450, 800, 3)
        assert drawn.std() > 0.01
