"""Pictures given back: the equivalent point, and real runs on the tiny model with nothing held out."""

from __future__ import annotations

import copy
import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from lora_core.cli import main
from lora_core.config import LoraConfig, OptimizerConfig, PreviewConfig, RunConfig, TrainingConfig, ValidationConfig
from lora_core.dataset.style import StyleDataset
from lora_core.errors import ConfigError, RunError
from lora_core.model.base import BaseModel
from lora_core.picking.weights import Weights
from lora_core.progress import SilentWatcher
from lora_core.record.checkpoints import checkpoint_path, load_lora
from lora_core.record.export import export_lora
from lora_core.record.history import History
from lora_core.record.reader import read_view
from lora_core.record.run_file import Repeated, RunFile
from lora_core.record.view import PickedCheckpoint
from lora_core.training.all_pictures import equivalent_epochs, plan_on_all
from lora_core.training.preflight import PlannedRun, check_runs
from lora_core.training.trainer import Trainer

CPU = torch.device("cpu")
PICKED = PickedCheckpoint(2, Weights.RAW, "")


@pytest.mark.parametrize(
    ("way", "epoch", "epochs"),
    [
        ("epochs", 84, 84),
        ("steps", 84, 74),  # 84 * 14 steps, of which 16 make an epoch of 64 pictures
        ("continue", 84, 10),  # 84 * 8 of 64 pictures
        ("steps", 1, 1),
        ("continue", 1, 1),
    ],
)
def test_the_equivalent_of_an_epoch_on_56_of_64_pictures(way: str, epoch: int, epochs: int) -> None:
    assert equivalent_epochs(epoch, 56, 64, RunConfig.paper(), way) == epochs


# Real runs ----------------------------------------------------------------------------------------------------------


class Stop(BaseException):
    """As ComfyUI stops a training."""


class StopsAfter(SilentWatcher):
    """Stops at a call of check."""

    def __init__(self, checks: int) -> None:
        self.left = checks

    def check(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Stop


@pytest.fixture
def carry_out(pristine_model: BaseModel):
    def trained(plan: PlannedRun, watcher: SilentWatcher | None = None) -> Path:
        base, cache = copy.deepcopy(pristine_model), plan.folder.parent / "cache"
        Trainer(
            plan.config,
            plan.dataset,
            base,
            plan.folder,
            cache,
            CPU,
            watcher or SilentWatcher(),
            start=plan.start,
            repeats=plan.repeats,
        ).train()
        return plan.folder

    return trained


@pytest.fixture
def run(carry_out, dataset: StyleDataset, tmp_path: Path) -> Path:
    """Of three epochs."""
    config = RunConfig(
        LoraConfig(rank=2),
        OptimizerConfig(learning_rate=1e-3, warmup_steps=2),
        TrainingConfig(epochs=3, batch_size=2, early_stopping_patience=2),
        ValidationConfig(raw_every_epochs=1, probe_every_epochs=1),
        preview=PreviewConfig(every_epochs=0),
    )
    return carry_out(PlannedRun(tmp_path / "мій", config, dataset))


@pytest.fixture
def another_model(tiny_folder: Path, tmp_path: Path) -> Path:
    """The tiny model with half of the weights of its UNet."""
    folder = tmp_path / "another model"
    shutil.copytree(tiny_folder, folder)
    unet = next((folder / "unet").glob("*.safetensors"))
    save_file({name: weight / 2 for name, weight in load_file(unet).items()}, unet)
    return folder


def test_it_trains_on_all_and_is_picked_and_exported_with_what_it_repeats(
    run: Path, carry_out, dataset: StyleDataset, tmp_path: Path
) -> None:
    plan = plan_on_all(run, PICKED, dataset)
    assert plan.folder == run.with_name("мій-all")
    folder = carry_out(plan)
    told = RunFile.read(folder)
    assert told.repeats == Repeated("мій", 2, Weights.RAW, "epochs")
    assert (told.dataset.count("training"), told.dataset.count("validation")) == (len(dataset.pictures), 0)
    history = History.read(folder / "history.jsonl")
    assert not any(history.losses.values()) and history.unreadable_lines == 0
    assert history.steps[-1].step == 2 * told.config.training.steps_per_epoch(len(dataset.pictures))
    view = read_view(folder)
    picked = view.picked()
    assert (picked.epoch, picked.weights) == (2, Weights.RAW)
    assert picked.reason == (
        f"Trained on all {len(dataset.pictures)} pictures for 2 epochs, so that each is seen as often as at epoch 2 of "
        "мій, raw weights."
    )
    assert view.summary == picked.reason  # there are no curves to say anything about
    unfinished = shutil.copytree(folder, tmp_path / "unfinished")
    known = json.loads((unfinished / "run.json").read_text(encoding="utf-8"))
    known["config"]["training"]["epochs"] = 3
    (unfinished / "run.json").write_text(json.dumps(known), encoding="utf-8")
    assert read_view(unfinished).picked().reason == "Epoch 2, the last one: nothing was held out to judge by."
    by_hand = read_view(folder, "epoch", 1).picked()
    assert (by_hand.epoch, by_hand.reason) == (1, "Epoch 1, chosen by hand: nothing was held out to judge by.")
    export_lora(folder, view, tmp_path / "мій.safetensors")
    metadata = load_lora(tmp_path / "мій.safetensors")[1]
    assert json.loads(metadata["lora_atelier.repeats"]) == {
        "run": "мій",
        "epoch": 2,
        "weights": "raw",
        "way": "epochs",
    }
    assert read_view(folder, weights="averaged").picked().weights is Weights.AVERAGED
    carry_out(plan_on_all(run, dataclasses.replace(PICKED, weights=Weights.AVERAGED), dataset))  # nothing is trained
    assert read_view(folder).picked().weights is Weights.AVERAGED
    assert History.read(folder / "history.jsonl").steps == history.steps
    for other, way in ((dataclasses.replace(PICKED, epoch=3), "epochs"), (PICKED, "steps")):
        with pytest.raises(RunError, match=r"repeats epoch 2 of мій already \(each picture as often\)"):
            plan_on_all(run, other, dataset, way)


def test_a_name_that_the_node_cannot_change_is_not_to_be_chosen(run: Path, carry_out, dataset: StyleDataset) -> None:
    plan = plan_on_all(run, PICKED, dataset)
    shutil.copytree(run, plan.folder)
    with pytest.raises(RunError, match=r"was not trained by repeating 'мій'.*Rename or delete its folder first"):
        plan_on_all(run, PICKED, dataset)
    others = dataclasses.replace(plan.config, lora=dataclasses.replace(plan.config.lora, rank=3))
    with pytest.raises(RunError, match=r"rank was 2 and is now 3.*delete its folder\."):
        carry_out(dataclasses.replace(plan, config=others))


def test_a_repetition_that_was_stopped_ends_in_the_same_lora(run: Path, carry_out, dataset: StyleDataset) -> None:
    plan = plan_on_all(run, PICKED, dataset)
    whole = load_lora(checkpoint_path(carry_out(plan), 2, Weights.RAW))[0]
    again = dataclasses.replace(plan, folder=plan.folder.with_name("again"))
    with pytest.raises(Stop):
        carry_out(again, StopsAfter(4))
    assert History.read(again.folder / "history.jsonl").status == "cancelled"
    resumed = load_lora(checkpoint_path(carry_out(dataclasses.replace(again, repeats=None)), 2, Weights.RAW))[0]
    assert all(torch.equal(resumed[key], whole[key]) for key in whole)
    assert RunFile.read(again.folder).repeats == plan.repeats  # kept, whoever resumes it


def test_as_many_steps_is_a_checkpoint_of_as_many_epochs(run: Path, carry_out, dataset: StyleDataset) -> None:
    """What the measurement of both ways relies on: no step depends on how many come after it."""
    plan = plan_on_all(run, dataclasses.replace(PICKED, weights=Weights.AVERAGED), dataset)
    shorter = dataclasses.replace(plan.config, training=dataclasses.replace(plan.config.training, epochs=1))
    long = carry_out(plan)
    short = carry_out(dataclasses.replace(plan, folder=plan.folder.with_name("short"), config=shorter))
    one, other = (load_lora(checkpoint_path(folder, 1, Weights.AVERAGED))[0] for folder in (long, short))
    assert one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_it_may_go_on_from_the_picked_lora(run: Path, carry_out, dataset: StyleDataset) -> None:
    plan = plan_on_all(run, PICKED, dataset, "continue")
    assert plan.config.training.epochs == 1
    folder = carry_out(plan)
    start, picked = load_lora(folder / "start.safetensors")[0], load_lora(checkpoint_path(run, 2, Weights.RAW))[0]
    assert all(torch.equal(start[key], picked[key].float()) for key in start)
    assert "for 1 epoch, going on from epoch 2 of мій" in read_view(folder).picked().reason


def test_other_pictures_and_runs_without_held_out_ones_are_refused(run: Path, carry_out, dataset: StyleDataset) -> None:
    other = dataclasses.replace(dataset, training=dataset.training[1:])
    with pytest.raises(RunError, match="split are others"):
        plan_on_all(run, PICKED, other)
    with pytest.raises(ConfigError, match="epochs, steps, continue"):
        plan_on_all(run, PICKED, dataset, "twice")
    plan = plan_on_all(run, PICKED, dataset, "continue")
    with pytest.raises(RunError, match="all of its pictures already"):
        plan_on_all(carry_out(plan), PICKED, plan.dataset)


def test_another_base_model_is_refused(run: Path, pristine_model: BaseModel, dataset: StyleDataset) -> None:
    plan = plan_on_all(run, PICKED, dataset)
    check_runs([plan], lambda _: pristine_model)
    identity = pristine_model.identity
    styled = dataclasses.replace(identity, unet=dataclasses.replace(identity.unet, digest="of the UNet with the LoRA"))
    with pytest.raises(RunError, match=r"'мій' can't be repeated .* another \(UNet\)\. Use the model that"):
        check_runs([plan], lambda _: dataclasses.replace(pristine_model, identity=styled))
    assert not plan.folder.exists()


def test_the_command_line_trains_exports_and_resumes_it(
    tiny_folder: Path,
    another_model: Path,
    style_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = ("--resolution", "64", "--validation-count", "3", "--epochs", "3", "--batch-size", "4", "--rank", "2")
    of = ("--data", str(style_folder), "--model", str(tiny_folder), "--runs", str(tmp_path), "--name", "мій")
    quick = ("--preview-every-epochs", "0", "--device", "cpu")
    assert main(["train", *of, *settings, *quick]) == 0
    again = ["all-pictures", str(tmp_path / "мій"), "--epoch", "2", "--weights", "averaged", "--device", "cpu"]
    assert main([*again, "--model", str(another_model)]) == 1
    assert "the base model is another (UNet). Use" in capsys.readouterr().err
    assert main(again) == 0
    said = "so that each is seen as often as at epoch 2 of мій, averaged weights."
    assert said in capsys.readouterr().out
    assert main(again) == 0  # nothing is left to do
    assert main(["resume", str(tmp_path / "мій-all"), "--epochs", "3", "--device", "cpu"]) == 0
    capsys.readouterr()
    assert main(["pick", str(tmp_path / "мій-all")]) == 0
    out = capsys.readouterr().out
    assert "for 3 epochs" in out and "epoch_0003_averaged.safetensors" in out
    assert main(["all-pictures", str(tmp_path / "мій-all"), "--device", "cpu"]) == 1
    assert "none to give back" in capsys.readouterr().err
