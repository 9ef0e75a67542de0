"""A second opinion on checkpoints: what is measured, in words, and pictures drawn with the tiny model."""

from __future__ import annotations

import copy
import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lora_core.config import LoraConfig, OptimizerConfig, PreviewConfig, RunConfig, TrainingConfig
from lora_core.dataset.style import StyleDataset
from lora_core.errors import RunError
from lora_core.model.base import BaseModel
from lora_core.picking.weights import Weights
from lora_core.progress import SilentWatcher
from lora_core.record.reader import read_view
from lora_core.record.run_file import Repeated, RunFile
from lora_core.record.view import RunView
from lora_core.resemblance.copied import find_copies
from lora_core.restyle.opinion import Row, Seen, report, see, see_real, variety
from lora_core.training.candidates import draw_candidates, find_candidates
from lora_core.training.same_inputs import check_same_inputs
from lora_core.training.trainer import Trainer
from pocket.drawing.facades import draw

CPU = torch.device("cpu")


def at(*degrees: float) -> torch.Tensor:
    """Unit vectors in a plane."""
    return torch.tensor([[math.cos(math.radians(each)), math.sin(math.radians(each))] for each in degrees])


def test_variety_is_the_mean_distance_of_all_pairs() -> None:
    assert variety(at(0, 90, 180)) == pytest.approx((1 + 1 + 2) / 3)
    assert variety(at(30, 30, 30)) == pytest.approx(0)
    assert variety(3 * at(0, 60)) == pytest.approx(0.5)  # lengths do not count
    assert variety(at(0)) is None


def test_a_real_picture_is_measured_by_the_others_alone() -> None:
    seen = see_real(at(0, 60, 60))
    assert seen is not None
    assert seen.distances == pytest.approx([0.5, 0.25, 0.25])
    assert see_real(at(0)) is None


def test_epochs_are_compared_with_the_pick_picture_by_picture() -> None:
    pick = Row("epoch 8 (picked)", 0.1234, Seen([0.30, 0.50, 0.40], 0.4), ["", "", ""])
    nearer = Row("epoch 9", 0.12, Seen([0.25, 0.44, 0.36], 0.2), ["", "7.png", "7.png"])
    alike = Row("epoch 10", -0.01, Seen([0.31, 0.48, 0.41], None), ["", "", ""])
    real = Row("held-out pictures", seen=Seen([0.2, 0.2, 0.2], 0.5))
    lines = report(real, [pick, nearer, alike], pick).splitlines()
    assert lines == [
        "held-out pictures: style distance 0.200, variety 0.500.",
        "epoch 8 (picked): validation 12.3 % better than no LoRA, style distance 0.400, variety 0.400, none like a "
        "training picture.",
        "epoch 9: validation 12.0 % better than no LoRA, style distance 0.350 (0.050 ± 0.006 nearer than the pick), "
        "variety 0.200, like training pictures: 7.png.",
        "epoch 10: validation 1.0 % worse than no LoRA, style distance 0.400 (can't be told apart from the pick), none "
        "like a training picture.",
    ]
    assert pick.label == "epoch 8 (picked)\nloss -12.3 %\nstyle 0.400\nvariety 0.400"
    assert nearer.notes == ["", "like 7.png", "like 7.png"]


def test_without_a_vision_model_copies_are_told_all_the_same() -> None:
    pick = Row("epoch 8 (picked)", 0.1, copies=["", "7.png"])
    said = report(Row("held-out pictures"), [pick], pick)
    assert said == "epoch 8 (picked): validation 10.0 % better than no LoRA, like training pictures: 7.png."
    assert pick.label == "epoch 8 (picked)\nloss -10.0 %"
    assert Row("epoch 2", improvement=0.0001).label == "epoch 2\nloss +0.0 %", "no zero below zero"


def test_features_of_the_style_are_near() -> None:
    seen = see(at(60, 0), at(0, 0))
    assert seen.distances == pytest.approx([0.5, 0])
    assert seen.distance == pytest.approx(0.25)


def test_a_copy_of_a_training_picture_is_found_though_it_is_mirrored_or_cropped() -> None:
    training = [draw("bauhaus", seed, size=(128, 128)).image for seed in range(4)]
    others = [draw("bauhaus", seed, size=(128, 128)).image for seed in range(10, 12)]
    noise = np.random.default_rng(0).normal(0, 6, (128, 128, 3))
    noisy = Image.fromarray((np.asarray(training[2].convert("RGB")) + noise).clip(0, 255).astype(np.uint8))
    mirrored = training[0].transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert find_copies([noisy, others[0], mirrored, training[3].crop((10, 10, 118, 118)), others[1]], training) == [
        [2],
        [],
        [0],
        [3],
        [],
    ]
    assert find_copies([others[0], others[0]], training) == [[], []]  # like one another, which does not count
    assert find_copies([], training) == []


# Real runs ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(pristine_model: BaseModel, dataset: StyleDataset, tmp_path: Path) -> Path:
    """Of three epochs, with a high rate so that each epoch draws other pictures."""
    config = RunConfig(
        LoraConfig(rank=2),
        OptimizerConfig(learning_rate=0.05, warmup_steps=1),
        TrainingConfig(epochs=3, batch_size=2),
        preview=PreviewConfig(every_epochs=0, steps=2, guidance=2.0),
    )
    base, folder = copy.deepcopy(pristine_model), tmp_path / "run"
    Trainer(config, dataset, base, folder, tmp_path / "cache", CPU, SilentWatcher()).train()
    return folder


def view_with(view: RunView, alike: list[int], kept: list[int]) -> RunView:
    """The same view with other epochs."""
    assert view.selection is not None
    selection = dataclasses.replace(view.selection, indistinguishable=alike)
    return dataclasses.replace(view, selection=selection, averaged_checkpoints=kept, checkpoints=kept)


def test_candidates_are_a_few_kept_epochs_that_cannot_be_told_apart(run: Path) -> None:
    view = read_view(run, "epoch", 2, "averaged")
    found = find_candidates(view_with(view, list(range(1, 41)), [*range(2, 40, 2), 60]))
    assert [each.epoch for each in found if each.picked] == [2]
    assert len(found) == 5 and found[-1].epoch == 38
    (alone,) = find_candidates(view_with(view, [], [2, 3]))
    assert (alone.epoch, alone.weights, alone.name) == (2, Weights.AVERAGED, "epoch 2 (picked)")
    assert view.averaged is not None
    losses = dict(zip(view.averaged.epoch, view.averaged.smooth, strict=True))
    assert losses[0] is not None and losses[2] is not None
    assert alone.improvement == pytest.approx(1 - losses[2] / losses[0])


def test_each_candidate_draws_the_same_prompts_with_the_same_noise(
    run: Path, pristine_model: BaseModel, dataset: StyleDataset
) -> None:
    told: list[tuple[int, int]] = []
    checks: list[None] = []
    candidates = find_candidates(view_with(read_view(run), [1, 2, 3], [1, 2, 3]))
    drawn = draw_candidates(
        run,
        [candidates[0], candidates[0], candidates[-1]],
        copy.deepcopy(pristine_model),
        dataset,
        ["a house", "a house"],
        7,
        CPU,
        lambda done, total: told.append((done, total)),
        lambda: checks.append(None),
    )
    pixels = [[np.asarray(each) for each in row] for row in drawn]
    nothing, one, again, last = pixels
    assert all(np.array_equal(*pair) for pair in zip(one, again, strict=True))
    assert not np.array_equal(nothing[0], one[0]) and not np.array_equal(one[0], last[0])
    assert not np.array_equal(nothing[0], nothing[1])  # the next seed
    assert told == [(done, 8) for done in range(9)]
    assert len(checks) == 8 * 2


def test_a_run_on_all_pictures_has_nothing_to_be_measured_on(
    run: Path, pristine_model: BaseModel, dataset: StyleDataset
) -> None:
    whole = dataclasses.replace(RunFile.read(run), repeats=Repeated("weimar", 2, Weights.RAW, "epochs"))
    with pytest.raises(RunError, match=r"holds none out.*that it was made from, 'weimar'"):
        check_same_inputs(whole, pristine_model, dataset, "The strengths")


def test_pictures_of_another_run_are_refused(run: Path, pristine_model: BaseModel, dataset: StyleDataset) -> None:
    other = dataclasses.replace(dataset, training=dataset.training[1:])
    candidates = find_candidates(read_view(run))
    nothing = (lambda *_: None), (lambda: None)
    with pytest.raises(RunError, match="The candidates of the run 'run' can't be measured here: the pictures"):
        draw_candidates(run, candidates, copy.deepcopy(pristine_model), other, ["a house"], 0, CPU, *nothing)
