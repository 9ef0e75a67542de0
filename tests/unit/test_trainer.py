"""Whole runs on the tiny model: what they record, and that they resume to the very same LoRA."""

from __future__ import annotations

import copy
import dataclasses
import gc
import json
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path
from threading import current_thread, main_thread

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard_files import read_events

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
from lora_core.errors import CaptionError, CheckpointError, RunError, TrainingError
from lora_core.model.base import BaseModel
from lora_core.model.lora_weights import LoraWeights
from lora_core.picking.weights import Weights
from lora_core.progress import Progress, SilentWatcher
from lora_core.record.checkpoints import checkpoint_path, epochs_on_disk, load_lora, load_state, save_state
from lora_core.record.reader import read_view
from lora_core.record.run_file import RunFile
from lora_core.record.writer import RunRecord
from lora_core.tensors import DTYPES
from lora_core.training.keeper import Keeper
from lora_core.training.saver import Saver
from lora_core.training.step import Optimization
from lora_core.training.trainer import Trainer

CPU = torch.device("cpu")


def recipe(epochs: int = 3, **training) -> RunConfig:
    return RunConfig(
        LoraConfig(rank=2),
        OptimizerConfig(learning_rate=1e-3, warmup_steps=4),
        TrainingConfig(epochs=epochs, batch_size=2, **training),
        ValidationConfig(raw_every_epochs=1),
        preview=PreviewConfig(every_epochs=2, steps=2),
    )


class Interrupt(BaseException):
    """As ComfyUI's own since 0.20: not an Exception."""


class Watcher(SilentWatcher):
    """Stops at the given call of check, if any, and remembers what it was shown."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.checks, self.stop_at = 0, stop_at
        self.stages: list[str] = []
        self.previews: list[Image.Image] = []

    def check(self) -> None:
        self.checks += 1
        if self.checks == self.stop_at:
            raise Interrupt

    def progress(self, progress: Progress) -> None:
        self.stages.append(progress.stage)

    def preview(self, image: Image.Image) -> None:
        self.previews.append(image)


@pytest.fixture(scope="session")
def train_in(pristine_model: BaseModel, dataset: StyleDataset):
    """Trains in a folder; runs in one parent folder share the cache of latents."""

    def run(folder: Path, config: RunConfig, watcher: Watcher | None = None, data: StyleDataset = dataset) -> Path:
        base = copy.deepcopy(pristine_model)
        if config.training.precision != "float32":
            for part in (base.unet, base.text_encoder):
                part.to(DTYPES[config.training.precision])
        Trainer(config, data, base, folder, folder.parent / "cache", CPU, watcher or Watcher()).train()
        return folder

    return run


@pytest.fixture
def train(train_in, tmp_path: Path):
    return lambda name, *arguments, **options: train_in(tmp_path / name, *arguments, **options)


@pytest.fixture(scope="module")
def whole(train_in, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Watcher]:
    """An uninterrupted run of three epochs, and its watcher."""
    watcher = Watcher()
    return train_in(tmp_path_factory.mktemp("whole") / "стиль 1", recipe(), watcher), watcher


def test_the_state_of_an_epoch_holds_the_very_copies_that_its_files_do(train, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copying 78 MB takes the training thread 20 ms."""
    shared = []
    save = Saver.save

    def noting(self: Saver, state, loras, released) -> None:
        arranged = state()
        for file in loras:
            lora = file.lora.tensors()
            (mine,) = (each for each in (arranged.lora, arranged.average) if same(each, lora))
            matrices = [key for key in lora if not key.endswith(".alpha")]
            shared.append(all(mine[key].data_ptr() == lora[key].data_ptr() for key in matrices))
        save(self, state, loras, released)

    monkeypatch.setattr(Saver, "save", noting)
    train("a", recipe(epochs=2))
    assert len(shared) == 4 and sum(shared) >= 2


def test_while_training_waits_for_an_epochs_end_copies_are_made_and_not_arranged(
    train, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A LoRA has a thousand windows. Whatever writes them makes them, in its own thread."""
    arranging: list[str] = []
    matrices, keep, save = LoraWeights.matrices, Keeper.keep, Keeper.save
    keeping = False

    def noting(self: LoraWeights, vector: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        arranging.append("waiting" if keeping and current_thread() is main_thread() else "meanwhile")
        return matrices(self, vector)

    def waited(work: Callable[..., None]) -> Callable[..., None]:
        def work_that_waits(*arguments: object) -> None:
            nonlocal keeping
            keeping = True
            work(*arguments)
            keeping = False

        return work_that_waits

    monkeypatch.setattr(LoraWeights, "matrices", noting)
    monkeypatch.setattr(Keeper, "keep", waited(keep))
    monkeypatch.setattr(Keeper, "save", waited(save))
    train("a", recipe(epochs=2))
    assert "meanwhile" in arranging
    assert "waiting" not in arranging


def lora(run: Path, epoch: int, weights: str = "raw") -> dict[str, torch.Tensor]:
    return load_lora(checkpoint_path(run, epoch, Weights(weights)))[0]


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def history(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "history.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_run_is_recorded(whole) -> None:
    run, watcher = whole
    entries = history(run)
    steps = [entry for entry in entries if entry["kind"] == "step"]
    assert [entry["step"] for entry in steps] == list(range(1, 13))  # 7 pictures, 2 per step, are 4 steps per epoch
    assert [entry["epoch"] for entry in steps] == [1] * 4 + [2] * 4 + [3] * 4
    assert [round(entry["learning_rate"] / 1e-3, 6) for entry in steps[:5]] == [0.25, 0.5, 0.75, 1.0, 1.0]
    validations = [entry for entry in entries if entry["kind"] == "validation"]
    assert [entry["epoch"] for entry in validations] == [0, 1, 2, 3]
    assert all(len(entry["losses"]) == 3 and len(entry["losses"][0]) == 2 for entry in validations)
    assert entries[0]["kind"] == "grid" and entries[0]["of"] == "validation"
    weighted = np.asarray(entries[0]["weights"]) * validations[1]["losses"]
    assert validations[1]["loss"] == pytest.approx(weighted.mean(), rel=1e-6)
    assert validations[0]["loss"] != validations[3]["loss"]
    averaged = [entry for entry in entries if entry["kind"] == "averaged"]
    assert [entry["epoch"] for entry in averaged] == [0, 1, 2, 3]
    assert averaged[0]["losses"] == validations[0]["losses"]  # before the first step both are no LoRA
    assert averaged[3]["losses"] != validations[3]["losses"]
    assert entries[-1]["what"] == "finished"
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == [
        f"epoch_{epoch:04d}{ending}.safetensors" for epoch in (1, 2, 3) for ending in ("", "_averaged")
    ]
    assert sorted(path.name for path in (run / "previews").iterdir()) == [
        f"epoch_{epoch:04d}.png" for epoch in (0, 2, 3)
    ]
    assert [image.size for image in watcher.previews] == [(64, 64)] * 3
    assert {"caching", "training", "validating", "saving", "preview"} == set(watcher.stages)
    record = RunFile.read(run)
    assert record.config == recipe()
    assert {"torch", "transformers", "safetensors"} <= record.versions.keys()
    metadata = load_lora(checkpoint_path(run, 3))[1]
    assert metadata["ss_network_dim"] == "2"
    assert metadata["ss_num_train_images"] == "7"
    assert metadata["modelspec.architecture"] == "stable-diffusion-v1/lora"
    assert metadata["lora_atelier.weights"] == "raw"
    assert load_lora(checkpoint_path(run, 3, Weights.AVERAGED))[1]["lora_atelier.weights"] == "averaged"


def test_tensorboard_shows_what_the_history_tells(whole) -> None:
    run, _ = whole
    (path,) = (run / "tensorboard").iterdir()
    points: dict[str, list[tuple[int, float]]] = {}
    pictures = []
    for event in read_events(path):
        for value in event.summary.value:
            if value.HasField("image"):
                pictures.append((event.step, value.tag, value.image.width, value.image.height))
            else:
                points.setdefault(value.tag, []).append((event.step, value.simple_value))
    assert pictures == [(step, "preview", 64, 64) for step in (0, 8, 12)]
    entries = history(run)
    for tag, kind, key in (
        ("loss/train", "step", "loss"),
        ("learning_rate", "step", "learning_rate"),
        ("loss/validation", "validation", "loss"),
    ):
        told = [(entry["step"], pytest.approx(entry[key], rel=1e-6)) for entry in entries if entry["kind"] == kind]
        assert points[tag] == told


def test_two_runs_with_one_seed_are_bit_identical_and_another_seed_differs(train, whole) -> None:
    assert same(lora(whole[0], 3), lora(train("again", recipe()), 3))
    assert not same(lora(whole[0], 1), lora(train("other", recipe(epochs=1, seed=1)), 1))


def test_training_lowers_the_loss_on_what_it_sees(train) -> None:
    entries = history(train("a", recipe(epochs=15)))
    losses = [entry["loss"] for entry in entries if entry["kind"] == "step"]
    assert sum(losses[-16:]) < sum(losses[:16])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.4, 0.5, 0.7, 0.85, 1.0])
def test_cancel_leaves_a_lora_and_resumes_to_the_same_weights(train, whole, share: float) -> None:
    """The watcher stops while caching, before a step, within a validation or a preview, wherever that call falls."""
    uninterrupted, watcher = whole
    with pytest.raises(Interrupt):
        train("stopped", recipe(), Watcher(1 + round(share * (watcher.checks - 1))))
    run = train("stopped", recipe())
    for weights in ("raw", "averaged"):
        assert same(lora(run, 3, weights), lora(uninterrupted, 3, weights))
    measured = ("step", "validation", "averaged", "probe")
    kept = ("kind", "step", "epoch", "loss", "losses", "learning_rate")
    numbers = [
        [{key: entry.get(key) for key in kept} for entry in history(each) if entry["kind"] in measured]
        for each in (run, uninterrupted)
    ]
    assert numbers[0] == numbers[1]


def test_the_probe_measures_as_many_training_pictures_less_often(train, dataset: StyleDataset) -> None:
    config = dataclasses.replace(recipe(), validation=ValidationConfig(probe_every_epochs=2))
    entries = history(train("probed", config))
    probes = [entry for entry in entries if entry["kind"] == "probe"]
    assert [entry["epoch"] for entry in probes] == [0, 2, 3]
    grids = {entry["of"]: entry for entry in entries if entry["kind"] == "grid"}
    assert np.shape(probes[1]["losses"]) == np.shape(grids["probe"]["weights"]) == (3, 2)
    assert probes[1]["loss"] == pytest.approx(np.mean(np.asarray(grids["probe"]["weights"]) * probes[1]["losses"]))
    assert set(grids["probe"]["pictures"]) <= {picture.content_hash for picture in dataset.training}
    assert set(grids["validation"]["pictures"]) == {picture.content_hash for picture in dataset.validation}
    assert grids["probe"]["timesteps"] != grids["validation"]["timesteps"]


def test_the_probe_is_measured_with_the_average_and_alters_nothing(train, whole) -> None:
    """With an average without memory, which is the raw LoRA, the losses are those of the raw LoRA."""

    def probes(run: Path) -> np.ndarray:
        return np.asarray([entry["losses"] for entry in history(run) if entry["kind"] == "probe"])

    raw = train("raw", recipe(average_decay=0.0))
    forgetful = train("forgetful", recipe(average_decay=1e-9))
    assert probes(forgetful) == pytest.approx(probes(raw), rel=1e-5)
    assert np.abs(probes(whole[0])[-1] - probes(raw)[-1]).max() > 1e-5
    unprobed = train("unprobed", dataclasses.replace(recipe(), validation=ValidationConfig(probe_every_epochs=0)))
    assert not len(probes(unprobed))
    assert same(lora(unprobed, 3), lora(whole[0], 3))


@pytest.mark.parametrize(
    ("every", "decay", "epochs"),
    [(2, 0.99, [0, 2, 3]), (5, 0.99, [0, 3]), (2, 0.0, [0, 1, 2, 3])],
    ids=["every second epoch and the last", "the last alone", "every epoch without an average"],
)
def test_raw_weights_are_validated_less_often_beside_an_average(
    train, whole, every: int, decay: float, epochs: list[int]
) -> None:
    """And where they are, as they would be after every epoch."""
    config = dataclasses.replace(recipe(average_decay=decay), validation=ValidationConfig(raw_every_epochs=every))
    run = train("seldom", config)
    losses, always = (
        {entry["epoch"]: entry["losses"] for entry in history(each) if entry["kind"] == "validation"}
        for each in (run, whole[0])
    )
    assert losses == {epoch: always[epoch] for epoch in epochs}
    averaged = [entry["epoch"] for entry in history(run) if entry["kind"] == "averaged"]
    assert averaged == ([0, 1, 2, 3] if decay else [])
    assert all(same(lora(run, epoch), lora(whole[0], epoch)) for epoch in (1, 2, 3))


def test_the_average_alters_nothing_but_adds(train, whole) -> None:
    """Without it: the same raw weights and validations, bit for bit, and nothing averaged."""
    run = train("plain", recipe(average_decay=0.0))
    assert all(same(lora(run, epoch), lora(whole[0], epoch)) for epoch in (1, 2, 3))
    losses = [[e["losses"] for e in history(each) if e["kind"] == "validation"] for each in (run, whole[0])]
    assert losses[0] == losses[1]
    assert not [entry for entry in history(run) if entry["kind"] == "averaged"]
    assert not list((run / "checkpoints").glob("*averaged*"))


def test_an_average_without_memory_is_the_last_step(train) -> None:
    """So every step counts in the average, and after it was made."""
    run = train("forgetful", recipe(average_decay=1e-9))
    for epoch in (1, 2, 3):
        averaged = lora(run, epoch, "averaged")
        for key, value in lora(run, epoch).items():
            torch.testing.assert_close(averaged[key], value, rtol=1e-6, atol=1e-9)


def test_a_state_without_an_average_starts_one(train, whole, tmp_path: Path) -> None:
    train("older", recipe(epochs=2))
    states = tmp_path / "older" / "state"
    tensors, values = load_state(states)
    shutil.rmtree(states)
    save_state(states, values["step"], {k: v for k, v in tensors.items() if not k.startswith("average.")}, values)
    run = train("older", recipe())
    assert same(lora(run, 3), lora(whole[0], 3))
    assert not same(lora(run, 3, "averaged"), lora(whole[0], 3, "averaged"))
    assert [entry["text"] for entry in history(run) if entry.get("what") == "average"] == [
        "The saved state has no average: it starts from the weights of step 8."
    ]


def test_raw_and_averaged_share_the_budget(train) -> None:
    config = recipe(epochs=7)
    run = train("budget", dataclasses.replace(config, storage=StorageConfig(checkpoint_budget=5)))
    kept = {weights: epochs_on_disk(run, weights) for weights in Weights}
    assert (len(kept["raw"]), len(kept["averaged"])) == (2, 3)
    assert kept["raw"][-1] == kept["averaged"][-1] == 7
    for weights, epochs in kept.items():
        told = [entry for entry in history(run) if entry.get("weights") == weights]
        released = [epoch for entry in told if entry["kind"] == "released" for epoch in entry["epochs"]]
        assert sorted(released + epochs) == [entry["epoch"] for entry in told if entry["kind"] == "checkpoint"]


def test_cancel_in_the_first_epoch_leaves_a_loadable_lora(train, tmp_path: Path) -> None:
    class StopAfterTwoSteps(Watcher):
        def check(self) -> None:
            if self.stages.count("training") == 2:
                raise Interrupt

    with pytest.raises(Interrupt):
        train("stopped", recipe(), StopAfterTwoSteps())
    tensors, _ = load_lora(tmp_path / "stopped" / "checkpoints" / "last.safetensors")
    assert max(value.abs().max() for key, value in tensors.items() if key.endswith("lora_up.weight")) > 0
    assert [entry["what"] for entry in history(tmp_path / "stopped") if entry["kind"] == "event"][-1] == "cancelled"


def test_a_finished_run_is_not_trained_again_and_can_be_prolonged(train, whole) -> None:
    run = train("a", recipe(epochs=2))
    before = history(run)
    train("a", recipe(epochs=2))
    assert history(run) == before
    train("a", recipe(epochs=3))
    assert same(lora(run, 3), lora(whole[0], 3))


def test_what_is_let_go_is_recorded(train) -> None:
    config = dataclasses.replace(recipe(epochs=7), storage=StorageConfig(checkpoint_budget=3))
    run = train("a", config)
    kept = {weights: epochs_on_disk(run, weights) for weights in Weights}
    assert {weights: len(epochs) for weights, epochs in kept.items()} == {"raw": 1, "averaged": 2}
    entries = [entry for entry in history(run) if entry["kind"] == "released"]
    for weights, epochs in kept.items():
        released = [epoch for entry in entries if entry["weights"] == weights for epoch in entry["epochs"]]
        assert sorted([*released, *epochs]) == [1, 2, 3, 4, 5, 6, 7]


def test_a_run_without_a_sound_state_is_left_as_it_is(train) -> None:
    run = train("a", recipe(epochs=1))
    before = (run / "history.jsonl").read_bytes()
    for state in (run / "state").iterdir():
        state.write_bytes(state.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="all damaged"):
        train("a", recipe(epochs=2))
    assert (run / "history.jsonl").read_bytes() == before
    assert epochs_on_disk(run) == [1]


def everything_in(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_a_finished_run_stays_finished_without_its_state(train) -> None:
    """Three hundred megabytes of state are the first thing that people delete to save disk."""
    run = train("a", recipe(epochs=2))
    shutil.rmtree(run / "state")
    before = everything_in(run)
    train("a", recipe(epochs=2))
    assert everything_in(run) == before


def test_loras_without_state_and_history_are_not_trained_over(train) -> None:
    run = train("a", recipe(epochs=1))
    shutil.rmtree(run / "state")
    (run / "history.jsonl").unlink()
    before = everything_in(run)
    with pytest.raises(RunError, match="trained to epoch 1, but its state is gone"):
        train("a", recipe(epochs=2))
    assert everything_in(run) == before


def test_a_run_that_was_killed_before_it_said_so_is_finished(train) -> None:
    run = train("a", recipe(epochs=1))
    lines = (run / "history.jsonl").read_bytes().splitlines(keepends=True)
    assert b"finished" in lines[-1]
    (run / "history.jsonl").write_bytes(b"".join(lines[:-1]))
    assert read_view(run).status == "training"
    train("a", recipe(epochs=1))
    assert read_view(run).status == "finished"


@pytest.mark.parametrize("epochs", [2, 3])
def test_an_unfinished_run_without_its_state_is_refused_and_keeps_all_it_has(
    train, tmp_path: Path, epochs: int
) -> None:
    class StopInTheSecondEpoch(Watcher):
        def check(self) -> None:
            if self.stages.count("training") == 6:
                raise Interrupt

    if epochs == 2:
        with pytest.raises(Interrupt):
            train("a", recipe(epochs=2), StopInTheSecondEpoch())
    else:
        train("a", recipe(epochs=2))
    run = tmp_path / "a"
    shutil.rmtree(run / "state")
    before = everything_in(run)
    with pytest.raises(RunError, match=r"trained to epoch \d, but its state is gone.*another run name"):
        train("a", recipe(epochs=epochs))
    assert everything_in(run) == before


def test_a_history_that_lost_lines_is_gone_on_with(train) -> None:
    """As after a power cut, when the state reached the disk and the last lines did not."""
    run = train("a", recipe(epochs=1))
    lines = (run / "history.jsonl").read_bytes().splitlines(keepends=True)
    (run / "history.jsonl").write_bytes(b"".join(lines[:-4]))
    train("a", recipe(epochs=2))
    assert b"\0" not in (run / "history.jsonl").read_bytes()
    assert [entry["step"] for entry in history(run) if entry["kind"] == "step"][-4:] == [5, 6, 7, 8]


def test_a_run_folder_that_cannot_be_written_is_named(train, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a file")
    with pytest.raises(RunError, match=r"Cannot write .*a: "):
        train("a", recipe(epochs=1))


def test_other_inputs_under_the_same_name_are_refused(train, dataset: StyleDataset) -> None:
    train("a", recipe(epochs=1))
    with pytest.raises(RunError, match=r"seed was 0 and is now 1.*such as 'a-2'"):
        train("a", recipe(epochs=1, seed=1))
    recaptioned = dataset.with_captions({dataset.training[0].path: "another caption"})
    with pytest.raises(RunError, match="the pictures, their captions or their split changed"):
        train("a", recipe(epochs=1), data=recaptioned)


def test_a_run_of_format_1_is_not_gone_on_with(train, tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parent / "old_runs" / "format_1", tmp_path / "old")
    with pytest.raises(RunError, match=r"older LoRA Atelier.*plotted and picked from"):
        train("old", recipe())
    assert RunFile.read(tmp_path / "old").format == 1


def test_a_second_run_in_the_same_folder_is_refused(
    train, dataset: StyleDataset, pristine_model: BaseModel, tmp_path: Path
) -> None:
    held = RunRecord(tmp_path / "a", recipe(), dataset, pristine_model.identity, None)
    try:
        with pytest.raises(RunError, match="being trained by another process"):
            train("a", recipe())
    finally:
        held.close()


def test_a_picture_without_caption_is_named(train, dataset: StyleDataset) -> None:
    bare = dataset.with_captions({dataset.training[0].path: ""})
    with pytest.raises(CaptionError, match=dataset.training[0].path.name):
        train("a", recipe(), data=bare)


def test_a_batch_in_portions_gives_the_gradients_of_the_whole(train, whole, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Optimization.__init__

    def small(self, *args) -> None:
        original(self, *args)
        self.micro_batch = 1

    monkeypatch.setattr(Optimization, "__init__", small)
    portions = lora(train("b", recipe(epochs=1)), 1)
    expected = lora(whole[0], 1)
    # Over all weights: AdamW blows up rounding where a gradient is next to zero.
    off = sum(float((portions[key] - value).square().sum()) for key, value in expected.items())
    assert off <= 0.02**2 * sum(float(value.square().sum()) for key, value in expected.items() if "lora_up" in key)


def test_out_of_memory_halves_the_micro_batch(train, monkeypatch: pytest.MonkeyPatch) -> None:
    """The allocation failure is injected where it would happen: in the UNet's forward pass of two pictures."""
    import lora_core.training.step as optimization

    genuine = optimization.diffusion_loss

    def cramped(unet, latents_BCHW, *rest):
        if len(latents_BCHW) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return genuine(unet, latents_BCHW, *rest)

    monkeypatch.setattr(optimization, "diffusion_loss", cramped)
    entries = history(train("a", recipe(epochs=1)))
    notes = [entry["text"] for entry in entries if entry.get("what") == "micro_batch"]
    assert notes == ["Out of memory at step 1: 1 at a time, same effective batch."]
    assert [entry["step"] for entry in entries if entry["kind"] == "step"] == [1, 2, 3, 4]


def test_out_of_memory_with_one_picture_says_what_to_do(train, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_arguments):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr("lora_core.training.step.diffusion_loss", no_memory)
    with pytest.raises(TrainingError, match="gradient checkpointing"):
        train("a", recipe(epochs=1))


def test_a_non_finite_loss_stops_before_the_step_and_names_the_pictures(
    train, whole, tmp_path: Path, monkeypatch
) -> None:
    import lora_core.training.step as optimization

    genuine, calls = optimization.diffusion_loss, []

    def poisoned(*arguments):
        calls.append(1)
        return genuine(*arguments) * (float("nan") if len(calls) > 7 else 1.0)

    monkeypatch.setattr(optimization, "diffusion_loss", poisoned)
    with pytest.raises(TrainingError, match=r"at step \d+ \(pictures: дім"):
        train("a", recipe())
    assert all(torch.isfinite(value).all() for value in lora(tmp_path / "a", 1).values())
    monkeypatch.setattr(optimization, "diffusion_loss", genuine)
    assert same(lora(train("a", recipe()), 3), lora(whole[0], 3))


@pytest.mark.parametrize(
    "training",
    [
        {"gradient_accumulation": 2},
        {"min_snr_gamma": 5.0},
        {"noise_offset": 0.1},
        {"caption_dropout": 1.0},
        {"horizontal_flip": True},
        {"precision": "bfloat16"},
        {"precision": "float16"},
    ],
    ids=lambda training: next(iter(training)) + str(next(iter(training.values()))),
)
def test_options_train_and_change_the_result(train, whole, training: dict) -> None:
    changed = lora(train("option", recipe(epochs=1, **training)), 1)
    assert not same(lora(whole[0], 1), changed)
    assert all(torch.isfinite(value).all() for value in changed.values())


def test_gradient_checkpointing_changes_nothing_but_memory(train, whole) -> None:
    assert same(lora(whole[0], 1), lora(train("checkpointed", recipe(epochs=1, gradient_checkpointing=True)), 1))


def test_early_stopping_ends_a_run_that_only_gets_worse(pristine_model, dataset, tmp_path: Path) -> None:
    config = RunConfig(
        LoraConfig(rank=2),
        OptimizerConfig(learning_rate=0.2, warmup_steps=0),
        TrainingConfig(epochs=25, batch_size=4, early_stopping_patience=4),
        preview=PreviewConfig(every_epochs=0),
    )
    base = copy.deepcopy(pristine_model)
    Trainer(config, dataset, base, tmp_path / "a", tmp_path / "cache", CPU, Watcher()).train()
    validations = [entry for entry in history(tmp_path / "a") if entry["kind"] == "validation"]
    assert len(validations) < 26
    assert history(tmp_path / "a")[-1]["what"] == "finished"


def test_training_works_inside_inference_mode(pristine_model: BaseModel, dataset, whole, tmp_path: Path) -> None:
    """ComfyUI runs its nodes in it."""
    base = copy.deepcopy(pristine_model)
    trainer = Trainer(recipe(epochs=1), dataset, base, tmp_path / "inside", tmp_path / "cache", CPU, Watcher())
    with torch.inference_mode():
        trainer.train()
    assert same(lora(whole[0], 1), lora(tmp_path / "inside", 1))


def test_the_model_is_gone_when_training_returns(
    pristine_model: BaseModel, dataset: StyleDataset, tmp_path: Path
) -> None:
    """Several styles train in one graph, one after another: without the garbage collector's help, memory is freed."""
    base = copy.deepcopy(pristine_model)
    parts = [weakref.ref(part) for part in (base.unet, base.vae, base.text_encoder)]
    gc.collect()
    gc.disable()
    try:
        Trainer(recipe(epochs=1), dataset, base, tmp_path / "a", tmp_path / "cache", CPU, Watcher()).train()
        del base
        assert [part() for part in parts] == [None, None, None]
    finally:
        gc.enable()
